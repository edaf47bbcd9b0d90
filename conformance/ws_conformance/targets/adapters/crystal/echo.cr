# HTTP::WebSocket of Crystal's own library, echoing. Arguments: server PORT | client URL.
require "http/server"
require "http/web_socket"

VISITS = 10_000 # a client comes back for the next case

def echo(connection)
  connection.on_message { |text| connection.send(text) }
  connection.on_binary { |bytes| connection.send(bytes) }
end

def server(port)
  handler = HTTP::WebSocketHandler.new { |connection, _context| echo(connection) }
  listening = HTTP::Server.new([handler])
  listening.bind_tcp("127.0.0.1", port.to_i)
  listening.listen
end

def client(url)
  VISITS.times do
    begin
      connection = HTTP::WebSocket.new(URI.parse(url))
      echo(connection)
      connection.run
    rescue
      next
    end
  end
end

ARGV[0] == "server" ? server(ARGV[1]) : client(ARGV[1])
