"""Libraries of other people as Peers: what does no I/O in them is spoken to in memory and echoes.

Each adapter is what a small application on top of that library would be, and nothing more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import websockets.client
import websockets.server
import wsproto
import wsproto.events as heard
from autobahn.asyncio.websocket import (
    WebSocketClientFactory,
    WebSocketClientProtocol,
    WebSocketServerFactory,
    WebSocketServerProtocol,
)
from txaio import aio
from websockets.exceptions import InvalidHandshake
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.uri import parse_uri
from ws_conformance.mutants.base import MakePeer
from ws_conformance.peer import Chunk, Role, Signal
from wsproto.connection import ConnectionState
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

HOST = "wsspec.example"


class WsprotoPeer:
    """An echo on wsproto."""

    def __init__(self, role: Role) -> None:
        self._role = role
        kind = wsproto.ConnectionType.SERVER if role is Role.SERVER else wsproto.ConnectionType.CLIENT
        self._connection = wsproto.WSConnection(kind)
        self._out: list[Chunk] = []
        self._parts: list[Any] = []  # those of one message, all str or all bytes
        self._over = False
        if role is Role.CLIENT:
            self._send(heard.Request(host=HOST, target="/"))

    def receive(self, chunk: Chunk, now: float) -> None:
        if self._over:
            return
        try:
            self._connection.receive_data(chunk if isinstance(chunk, bytes) else None)
            for event in self._connection.events():
                self._react(event)
        except RemoteProtocolError as error:
            if error.event_hint is not None and self._role is Role.SERVER:
                self._send(error.event_hint)
            self._end()
        except (LocalProtocolError, UnicodeDecodeError):  # the latter for bytes beyond ASCII in Connection
            self._end()

    def _react(self, event: heard.Event) -> None:
        match event:
            case heard.Request():
                self._send(heard.AcceptConnection())
            case heard.TextMessage() | heard.BytesMessage():
                self._parts.append(event.data)
                if event.message_finished:
                    joint: Any = "" if isinstance(event, heard.TextMessage) else b""
                    self._send(heard.Message(data=joint.join(self._parts)))
                    self._parts.clear()
            case heard.Ping():
                self._send(event.response())
            case heard.CloseConnection():
                if self._connection.state is not ConnectionState.CLOSED:
                    self._send(event.response())
                if self._role is Role.SERVER or event.code == 1006:
                    self._end()
            case heard.RejectConnection():
                self._end()

    def _send(self, event: heard.Event) -> None:
        data = self._connection.send(event)
        if data:
            self._out.append(data)

    def _end(self) -> None:
        self._over = True
        self._out.append(Signal.END)

    def transmit(self, now: float) -> list[Chunk]:
        said, self._out = self._out, []
        return said

    def next_deadline(self) -> float | None:
        return None


class WebsocketsPeer:
    """An echo on the Sans-I/O layer of websockets."""

    def __init__(self, role: Role) -> None:
        self._ended = False
        self._opcode = Opcode.TEXT
        self._parts: list[bytes] = []
        self._protocol: websockets.server.ServerProtocol | websockets.client.ClientProtocol
        if role is Role.SERVER:
            self._protocol = websockets.server.ServerProtocol()
        else:
            self._protocol = websockets.client.ClientProtocol(parse_uri(f"ws://{HOST}/"))
            self._protocol.send_request(self._protocol.connect())

    def receive(self, chunk: Chunk, now: float) -> None:
        if isinstance(chunk, bytes):
            self._protocol.receive_data(chunk)
        elif not self._ended:
            self._protocol.receive_eof()
        for event in self._protocol.events_received():
            match event:
                case Request():
                    self._answer(event)
                case Frame():
                    self._take(event)
                case Response() | InvalidHandshake():
                    pass

    def _answer(self, request: Request) -> None:
        """Open, or refuse, unless faulty frames that came with the request have ended it already."""
        assert isinstance(self._protocol, websockets.server.ServerProtocol)
        if not self._protocol.eof_sent:
            self._protocol.send_response(self._protocol.accept(request))

    def _take(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._opcode, self._parts = frame.opcode, []
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._parts.append(bytes(frame.data))
            if frame.fin and self._protocol.state is State.OPEN:
                self._echo(b"".join(self._parts))

    def _echo(self, payload: bytes) -> None:
        if self._opcode is Opcode.BINARY:
            self._protocol.send_binary(payload)
            return
        try:
            payload.decode()
        except UnicodeDecodeError as error:
            self._protocol.fail(1007, f"{error.reason} at position {error.start}")
        else:
            self._protocol.send_text(payload)

    def transmit(self, now: float) -> list[Chunk]:
        if self._ended:
            return []
        said: list[Chunk] = []
        for data in self._protocol.data_to_send():
            self._ended = self._ended or not data
            said.append(data or Signal.END)
        return said

    def next_deadline(self) -> float | None:
        return None


class _Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.said: list[Chunk] = []
        self.over = False

    def write(self, data: bytes | bytearray | memoryview[int]) -> None:
        if not self.over:
            self.said.append(bytes(data))

    def close(self) -> None:
        self._end(Signal.END)

    def abort(self) -> None:
        self._end(Signal.RESET)

    def _end(self, how: Signal) -> None:
        if not self.over:
            self.over = True
            self.said.append(how)

    def is_closing(self) -> bool:
        return self.over


class _EchoServer(WebSocketServerProtocol):
    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803  # the name that autobahn calls
        self.sendMessage(payload, isBinary)


class _EchoClient(WebSocketClientProtocol):
    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803  # the name that autobahn calls
        self.sendMessage(payload, isBinary)


STEPS = 20
"""How often the loop of autobahn is turned at most, until it has nothing more to say."""

_LOOP: list[asyncio.AbstractEventLoop] = []


def _loop() -> asyncio.AbstractEventLoop:
    """Return the one loop on which the callbacks of autobahn run; nothing else does, and no time passes there."""
    if not _LOOP:
        _LOOP.append(asyncio.new_event_loop())
        aio.config.loop = _LOOP[0]  # type: ignore[assignment]  # None is only its first value
        aio.set_global_log_level("critical")
    return _LOOP[0]


class AutobahnPeer:
    """An echo on autobahn, given a transport that is none, and a loop that is turned by hand."""

    def __init__(self, role: Role) -> None:
        factory: Any
        if role is Role.SERVER:
            factory = WebSocketServerFactory(f"ws://{HOST}", loop=_loop())
            factory.protocol = _EchoServer
        else:
            factory = WebSocketClientFactory(f"ws://{HOST}/", loop=_loop())
            factory.protocol = _EchoClient
        factory.setProtocolOptions(openHandshakeTimeout=0, closeHandshakeTimeout=0)
        self._wire = _Wire()
        self._protocol = factory()
        self._protocol.connection_made(self._wire)
        self._turn()

    def receive(self, chunk: Chunk, now: float) -> None:
        if self._wire.over:
            return
        if isinstance(chunk, bytes):
            self._protocol.data_received(chunk)
        else:
            self._wire.close()
        self._turn()

    def _turn(self) -> None:
        loop = _loop()
        for _ in range(STEPS):
            loop.call_soon(loop.stop)
            loop.run_forever()

    def transmit(self, now: float) -> list[Chunk]:
        said, self._wire.said = self._wire.said, []
        return said

    def next_deadline(self) -> float | None:
        return None


LIBRARIES: Mapping[str, MakePeer] = {
    "wsproto": WsprotoPeer,
    "websockets": WebsocketsPeer,
    "autobahn": AutobahnPeer,
}
"""What can be spoken to in memory, besides the reference."""
