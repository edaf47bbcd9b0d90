# The gem websocket, which does no I/O, on threads, echoing. Arguments: server PORT | client URL.
require "socket"
require "websocket"

VISITS = 10_000 # a client comes back for the next case
READ_BYTES = 1 << 16

WebSocket.max_frame_size = 1 << 28
WebSocket.should_raise = true
Thread.report_on_exception = false

def shake_hands(socket, handshake)
  handshake << socket.readpartial(READ_BYTES) until handshake.finished?
end

def pump(socket, handshake, incoming, outgoing)
  write = ->(frame) { socket.write(outgoing.new(version: handshake.version, **frame).to_s) }
  frames = incoming.new(version: handshake.version)
  frames << handshake.leftovers.to_s
  loop do
    while (frame = frames.next)
      case frame.type
      when :text, :binary then write.(type: frame.type, data: frame.data)
      when :ping then write.(type: :pong, data: frame.data)
      when :close then return write.(type: :close, data: frame.data, code: frame.code)
      end
    end
    frames << socket.readpartial(READ_BYTES)
  end
end

def serve(socket)
  socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
  handshake = WebSocket::Handshake::Server.new
  shake_hands(socket, handshake)
  socket.write(handshake.to_s)
  pump(socket, handshake, WebSocket::Frame::Incoming::Server, WebSocket::Frame::Outgoing::Server)
rescue WebSocket::Error::Handshake
  socket.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
ensure
  socket.close
end

def server(port)
  listener = TCPServer.new("127.0.0.1", Integer(port))
  loop { Thread.new(listener.accept) { |socket| serve(socket) } }
end

def visit(url)
  handshake = WebSocket::Handshake::Client.new(url: url)
  Socket.tcp(handshake.host, handshake.port) do |socket|
    socket.write(handshake.to_s)
    shake_hands(socket, handshake)
    pump(socket, handshake, WebSocket::Frame::Incoming::Client, WebSocket::Frame::Outgoing::Client) if handshake.valid?
  end
end

def client(url)
  VISITS.times do
    visit(url)
  rescue StandardError
    next
  end
end

send(*ARGV)
