"""How to judge a server, and the part of a library that does no I/O, in one's own tests. Here both are websockets'."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.sync.server import ServerConnection, serve
from ws_conformance.pytest_fixtures import WsspecCase, WsspecSansIO


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    with serve(echo, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        server.shutdown()
        thread.join()


@pytest.mark.wsspec("control", "closing/handshake")
def test_the_server_conforms(wsspec_case: WsspecCase, url: str) -> None:
    wsspec_case.run(url)


class Echo:
    """A server's connection without I/O, and an application behind it that echoes each frame."""

    def __init__(self) -> None:
        self._protocol = ServerProtocol()
        self.ended = False

    def feed(self, data: bytes) -> bytes:
        if data:
            self._protocol.receive_data(data)
        return self._answers()

    def feed_end(self) -> bytes:
        self._protocol.receive_eof()
        return self._answers()

    def _answers(self) -> bytes:
        for event in self._protocol.events_received():
            match event:
                case Request():
                    self._protocol.send_response(self._protocol.accept(event))
                case Frame(Opcode.TEXT):
                    self._protocol.send_text(event.data, event.fin)
                case Frame(Opcode.BINARY):
                    self._protocol.send_binary(event.data, event.fin)
                case Frame(Opcode.CONT):
                    self._protocol.send_continuation(event.data, event.fin)
        chunks = self._protocol.data_to_send()
        self.ended = self.ended or b"" in chunks  # that is how it says that TCP is to be ended
        return b"".join(chunks)


@pytest.mark.wsspec("framing", "fragmentation")
def test_the_protocol_conforms_however_it_is_cut(wsspec_sansio: WsspecSansIO) -> None:
    wsspec_sansio.drive(Echo, segmentation="bytes")
