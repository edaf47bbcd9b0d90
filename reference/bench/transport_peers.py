"""The peers that are made for asyncio: they get a transport that keeps what is written, and no socket.

What they would spend on real I/O, and on waiting for messages, is left out, to their advantage.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from ws_reference import Role
from ws_reference.headers import accept_for

from .peers import Answer, Open, Peer, Receive, Send
from .workloads import REQUEST, Message


class Transport:
    """Keeps what is written to it; stands in for its own socket, too."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        raise ConnectionError("the peer gave up")

    abort = close

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self if name == "socket" else ("127.0.0.1", 9) if name in ("peername", "sockname") else default

    def fileno(self) -> int:
        return -1

    def setsockopt(self, *arguments: object) -> None:
        pass

    def getsockopt(self, *arguments: object) -> int:
        return 0

    def get_write_buffer_size(self) -> int:
        return 0


class Aiohttp(Peer):
    """Its reader, in Cython, and its writer. Its opening handshake is part of its HTTP server and not measured."""

    name = "aiohttp"

    def __init__(self) -> None:
        self._reader: Any = import_module("aiohttp._websocket.reader")
        self._writer: Any = import_module("aiohttp._websocket.writer")
        self._protocol: Any = import_module("aiohttp.base_protocol").BaseProtocol
        self._loop = asyncio.new_event_loop()

    def _make_reader(self, *, deflates: bool) -> tuple[Any, Any]:
        queue = self._reader.WebSocketDataQueue(self._protocol(self._loop), 2**30, loop=self._loop)
        return self._reader.WebSocketReader(queue, 0, deflates, True), queue

    def _make_writer(self, role: Role, *, deflates: bool = False) -> tuple[Any, Transport]:
        transport = Transport()
        settings = {"use_mask": role is Role.CLIENT, "compress": 15 if deflates else 0}
        return self._writer.WebSocketWriter(self._protocol(self._loop), transport, **settings), transport

    def receiver(self, role: Role, *, deflates: bool) -> Receive:
        reader, queue = self._make_reader(deflates=deflates)

        def receive(chunks: Sequence[bytes]) -> list[Message]:
            messages: list[Message] = []
            for chunk in chunks:
                reader.feed_data(chunk)
                messages += [message.data for message, _ in queue._buffer]
                queue._buffer.clear()
            return messages

        return receive

    def sender(self, role: Role, *, deflates: bool) -> Send:
        writer, transport = self._make_writer(role, deflates=deflates)

        async def send(messages: Sequence[Message]) -> list[bytes]:
            for message in messages:
                if isinstance(message, str):
                    await writer.send_frame(message.encode(), 1)
                else:
                    await writer.send_frame(message, 2)
            said, transport.written = transport.written, []
            return said

        return lambda messages: self._loop.run_until_complete(send(messages))

    def answerer(self, role: Role) -> Answer:
        reader, queue = self._make_reader(deflates=False)
        writer, transport = self._make_writer(role)

        async def answer(chunks: Sequence[bytes]) -> list[bytes]:
            for chunk in chunks:
                reader.feed_data(chunk)
                for message, _ in queue._buffer:
                    await writer.send_frame(message.data, 10)
                queue._buffer.clear()
            said, transport.written = transport.written, []
            return said

        return lambda chunks: self._loop.run_until_complete(answer(chunks))


class Autobahn(Peer):
    """With its native parts. What comes in goes to the part that all its networking backends share."""

    name = "autobahn"

    def __init__(self) -> None:
        self._autobahn: Any = import_module("autobahn.asyncio.websocket")
        self._compress: Any = import_module("autobahn.websocket.compress")
        self._loop = asyncio.new_event_loop()
        txaio: Any = import_module("txaio")
        txaio.config.loop = self._loop
        self._factories = {
            (role, deflates): self._factory(role, deflates=deflates) for role in Role for deflates in (False, True)
        }

    def _factory(self, role: Role, *, deflates: bool) -> Any:
        class Keeping:
            def onOpen(self) -> None:  # noqa: N802  # the names that autobahn calls
                self.messages: list[Message] = []

            def onMessage(self, payload: bytes, is_binary: bool) -> None:  # noqa: N802
                self.messages.append(payload if is_binary else payload.decode())

        if role is Role.SERVER:
            factory = self._autobahn.WebSocketServerFactory(loop=self._loop)
            base = self._autobahn.WebSocketServerProtocol
            options: dict[str, object] = {"perMessageCompressionAccept": self._accept_offer}
        else:
            factory = self._autobahn.WebSocketClientFactory("ws://server.example.com/", loop=self._loop)
            base = self._autobahn.WebSocketClientProtocol
            options = {
                "perMessageCompressionAccept": self._compress.PerMessageDeflateResponseAccept,
                "perMessageCompressionOffers": [self._compress.PerMessageDeflateOffer()],
            }
        factory.protocol = type("Protocol", (Keeping, base), {})
        factory.setProtocolOptions(autoPingInterval=0, openHandshakeTimeout=0, **(options if deflates else {}))
        return factory

    def _accept_offer(self, offers: Sequence[object]) -> object:
        return self._compress.PerMessageDeflateOfferAccept(offers[0])

    def _open(self, role: Role, *, deflates: bool = False) -> tuple[Any, Transport]:
        protocol, transport = self._factories[role, deflates](), Transport()
        protocol.connection_made(transport)
        self._turn()
        if role is Role.SERVER:
            protocol._dataReceived(REQUEST)
        else:
            protocol._dataReceived(_answer(b"".join(transport.written), deflates=deflates))
        self._turn()
        return protocol, transport

    def _turn(self) -> None:
        self._loop.call_soon(self._loop.stop)
        self._loop.run_forever()

    def receiver(self, role: Role, *, deflates: bool) -> Receive:
        protocol, _ = self._open(role, deflates=deflates)

        def receive(chunks: Sequence[bytes]) -> list[Message]:
            messages: list[Message] = []
            protocol.messages = messages
            for chunk in chunks:
                protocol._dataReceived(chunk)
            return messages

        return receive

    def sender(self, role: Role, *, deflates: bool) -> Send:
        protocol, transport = self._open(role, deflates=deflates)

        def send(messages: Sequence[Message]) -> list[bytes]:
            transport.written = []
            for message in messages:
                if isinstance(message, str):
                    protocol.sendMessage(message.encode(), False)
                else:
                    protocol.sendMessage(message, True)
            return transport.written

        return send

    def answerer(self, role: Role) -> Answer:
        protocol, transport = self._open(role)

        def answer(chunks: Sequence[bytes]) -> list[bytes]:
            transport.written = []
            for chunk in chunks:
                protocol._dataReceived(chunk)
            return transport.written

        return answer

    def opener(self, role: Role) -> Open | None:
        def serve(request: bytes) -> bytes:
            _, transport = self._open(role)
            return b"".join(transport.written)

        return serve if role is Role.SERVER else None


class Picows(Peer):
    """Its parser, which is C from end to end, joins no fragments and knows no compression."""

    name = "picows"

    def __init__(self) -> None:
        self._picows: Any = import_module("picows")
        self._protocol: Any = import_module("picows.picows").WSProtocol
        self._loop = asyncio.new_event_loop()
        self._logger = logging.getLogger("bench")

    def receiver(self, role: Role, *, deflates: bool) -> Receive | None:
        if deflates:
            return None
        messages: list[Message] = []
        protocol = self._loop.run_until_complete(self._open(role, messages))

        def receive(chunks: Sequence[bytes]) -> list[Message]:
            messages.clear()
            for chunk in chunks:
                _feed(protocol, chunk)
            return messages

        return receive

    def _make_listener(self, messages: list[Message]) -> Any:
        text = self._picows.WSMsgType.TEXT
        parts: list[bytes] = []

        def on_ws_frame(listener: object, transport: object, frame: Any) -> None:
            if frame.fin and not parts:
                is_text = frame.msg_type == text
                messages.append(frame.get_payload_as_utf8_text() if is_text else frame.get_payload_as_bytes())
                return
            parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                messages.append(b"".join(parts).decode())
                parts.clear()

        return type("Listener", (self._picows.WSListener,), {"on_ws_frame": on_ws_frame})()

    async def _open(self, role: Role, messages: list[Message]) -> Any:
        listener = self._make_listener(messages)
        protocol = self._protocol(
            "server.example.com",
            "/",
            is_client_side=role is Role.CLIENT,
            ws_listener_factory=(lambda: listener) if role is Role.CLIENT else (lambda request: listener),
            logger=self._logger,
            disconnect_on_exception=True,
            websocket_handshake_timeout=None,
            enable_auto_ping=False,
            auto_ping_idle_timeout=None,
            auto_ping_reply_timeout=None,
            auto_ping_strategy=self._picows.WSAutoPingStrategy.PING_WHEN_IDLE,
            enable_auto_pong=True,
            max_frame_size=1 << 30,
            extra_headers=None,
            read_buffer_init_size=64 * 1024,
        )
        transport = Transport()
        protocol.connection_made(transport)
        _feed(protocol, REQUEST if role is Role.SERVER else _answer(b"".join(transport.written), deflates=False))
        return protocol


def _feed(protocol: Any, data: bytes) -> None:
    """Put ``data`` where picows wants it, as an event loop does that reads into its buffer."""
    while data:
        buffer = protocol.get_buffer(-1)
        length = min(len(data), len(buffer))
        buffer[:length] = data[:length]
        protocol.buffer_updated(length)
        data = data[length:]


def _answer(request: bytes, *, deflates: bool) -> bytes:
    """Return the answer to an opening handshake."""
    key = re.search(rb"(?i)sec-websocket-key: *([\w+/=]+)", request)
    assert key is not None
    fields = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept_for(key[1].decode())}"]
    if deflates:
        fields.append("Sec-WebSocket-Extensions: permessage-deflate")
    return "\r\n".join(["HTTP/1.1 101 Switching Protocols", *fields, "", ""]).encode()
