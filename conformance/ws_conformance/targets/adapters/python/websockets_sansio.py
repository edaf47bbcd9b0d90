"""The sans-I/O core of websockets on blocking sockets, echoing. Arguments: server PORT | client URL.

The core leaves to its user what TCP needs, the joining of fragments, and whether text is UTF-8.
"""

import contextlib
import socket
import socketserver
import sys
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN, Protocol
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

VISITS = 10_000  # a client comes back for the next case
READ_BYTES = 1 << 16


def pump(sock: socket.socket, protocol: Protocol) -> None:
    """Carry bytes both ways until TCP ends, and echo each message."""
    fragments: list[Frame] = []
    write(sock, protocol)
    while received := sock.recv(READ_BYTES):
        protocol.receive_data(received)
        for event in protocol.events_received():
            if isinstance(event, Request):
                protocol.send_response(protocol.accept(event))
            elif isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                fragments.append(event)
                if event.fin:
                    echo(protocol, fragments)
                    fragments.clear()
        write(sock, protocol)
    protocol.receive_eof()


def echo(protocol: Protocol, fragments: list[Frame]) -> None:
    message = b"".join(bytes(fragment.data) for fragment in fragments)
    if protocol.state is not OPEN:
        return
    if fragments[0].opcode is Opcode.BINARY:
        protocol.send_binary(message)
        return
    try:
        message.decode()
    except UnicodeDecodeError:
        protocol.fail(CloseCode.INVALID_DATA)
    else:
        protocol.send_text(message)


def write(sock: socket.socket, protocol: Protocol) -> None:
    for chunk in protocol.data_to_send():
        if chunk:
            sock.sendall(chunk)
        else:
            sock.shutdown(socket.SHUT_WR)


class Connection(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError):
            pump(self.request, ServerProtocol(extensions=[ServerPerMessageDeflateFactory()], max_size=None))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def server(port: str) -> None:
    Server(("127.0.0.1", int(port)), Connection).serve_forever()


def client(url: str) -> None:
    place = urlsplit(url)
    for _ in range(VISITS):
        protocol = ClientProtocol(parse_uri(url), extensions=[ClientPerMessageDeflateFactory()], max_size=None)
        protocol.send_request(protocol.connect())
        with contextlib.suppress(Exception), socket.create_connection((place.hostname, place.port)) as sock:
            pump(sock, protocol)


{"server": server, "client": client}[sys.argv[1]](sys.argv[2])
