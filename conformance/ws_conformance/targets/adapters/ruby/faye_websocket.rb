# faye-websocket, below thin as a server, echoing. Arguments: server PORT | client URL.
require "faye/websocket"
require "eventmachine"

VISITS = 10_000 # a client comes back for the next case
OPTIONS = { max_length: 1 << 28 }

def echo(connection)
  connection.on(:message) { |event| connection.send(event.data) }
end

def answer(environment)
  return [404, { "Content-Length" => "0" }, []] unless Faye::WebSocket.websocket?(environment)

  connection = Faye::WebSocket.new(environment, [], OPTIONS)
  echo(connection)
  connection.rack_response
end

def server(port)
  require "thin"
  Faye::WebSocket.load_adapter("thin")
  Thin::Logging.silent = true
  EM.run { Thin::Server.start("127.0.0.1", Integer(port), method(:answer), signals: false) }
end

def client(url)
  VISITS.times do
    EM.run do
      connection = Faye::WebSocket::Client.new(url, [], OPTIONS)
      echo(connection)
      connection.on(:close) { EM.stop }
    end
  end
end

send(*ARGV)
