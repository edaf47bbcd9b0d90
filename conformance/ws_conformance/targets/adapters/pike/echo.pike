// Pike's Protocols.WebSocket, echoing: it hands out frames. Arguments: server PORT | client URL.

void echo(Protocols.WebSocket.Connection connection)
{
  Protocols.WebSocket.FRAME opcode;
  String.Buffer message = String.Buffer();
  int(0..1) is_under_way;
  connection->onmessage = lambda(Protocols.WebSocket.Frame frame, mixed nothing) {
    if (frame->opcode > Protocols.WebSocket.FRAME_BINARY)
      return;
    int(0..1) is_continuation = frame->opcode == Protocols.WebSocket.FRAME_CONTINUATION;
    if (is_continuation != is_under_way) {
      connection->close(Protocols.WebSocket.CLOSE_ERROR);
      return;
    }
    if (!is_continuation)
      opcode = frame->opcode;
    is_under_way = !frame->fin;
    message->add(frame->data);
    if (frame->fin) {
      Protocols.WebSocket.Frame answer = Protocols.WebSocket.Frame(opcode);
      answer->data = message->get();
      connection->send(answer);
    }
  };
}

int server(int port)
{
  Protocols.WebSocket.Port(
    lambda(Protocols.WebSocket.Request request) { request->response_and_finish(([ "error": 404, "data": "" ])); },
    lambda(array(string) protocols, Protocols.WebSocket.Request request) { echo(request->websocket_accept(0)); },
    port, "127.0.0.1");
  return -1;
}

int client(string url)
{
  Protocols.WebSocket.Connection connection = Protocols.WebSocket.Connection();
  echo(connection);
  connection->onclose = lambda(mixed ... nothing) { exit(0); };
  connection->connect(Standards.URI(url));
  return -1;
}

int main(int argc, array(string) argv)
{
  return argv[1] == "server" ? server((int)argv[2]) : client(argv[2]);
}
