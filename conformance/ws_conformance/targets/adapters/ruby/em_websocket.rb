# em-websocket, echoing. Argument: the port.
require "em-websocket"

EM::WebSocket.max_frame_size = 1 << 28

EM.run do
  EM::WebSocket.run(host: "127.0.0.1", port: Integer(ARGV[0])) do |connection|
    connection.onmessage { |text| connection.send_text(text) }
    connection.onbinary { |bytes| connection.send_binary(bytes) }
  end
end
