"""Who is measured, and how each is made to do a workload: the shortest way that ends with the whole message.

What an adapter adds is what an application of that peer would add: to join the parts of a message that the peer
delivers in parts, to decode what it leaves as bytes, to answer a Ping that it does not answer itself.
"""

from __future__ import annotations

import os
from abc import ABC
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from ws_reference import (
    ClientHandshake,
    Connection,
    Mask,
    Parameters,
    PerMessageDeflate,
    Request,
    Response,
    Role,
    ServerHandshake,
    TextReceived,
    mask,
    masking_keys,
)

from .workloads import NONCE, NONCE_IN_BASE64, Message

Receive = Callable[[Sequence[bytes]], list[Message]]
Send = Callable[[Sequence[Message]], list[bytes]]
Answer = Callable[[Sequence[bytes]], list[bytes]]
Open = Callable[[bytes], bytes]


class Peer(ABC):
    """An implementation. Each method returns a function for one connection, already open, or None for "cannot"."""

    name: str

    def receiver(self, role: Role, *, deflates: bool) -> Receive | None:
        """Return what takes chunks and returns the messages in them."""
        return None

    def sender(self, role: Role, *, deflates: bool) -> Send | None:
        """Return what takes messages, all text or all binary, and returns the bytes to write: for each by itself."""
        return None

    def answerer(self, role: Role) -> Answer | None:
        """Return what takes chunks of Pings and returns the bytes to write, asked for behind each chunk."""
        return None

    def opener(self, role: Role) -> Open | None:
        """Return what shakes hands on a new connection, given what the other end says, and returns what it says."""
        return None


class Reference(Peer):
    """The reference, with its own ``mask`` or another."""

    def __init__(self, name: str, mask: Mask = mask) -> None:
        self.name = name
        self._mask = mask

    def _connection(self, role: Role, *, deflates: bool = False) -> Connection:
        compression = PerMessageDeflate(role, Parameters()) if deflates else None
        keys = masking_keys(os.urandom)
        return Connection(role, new_masking_key=keys, compression=compression, mask=self._mask)

    def receiver(self, role: Role, *, deflates: bool) -> Receive:
        connection = self._connection(role, deflates=deflates)

        def receive(chunks: Sequence[bytes]) -> list[Message]:
            messages: list[Message] = []
            for chunk in chunks:
                events: Any = connection.receive(chunk)  # nothing but messages comes
                messages += [event.text if isinstance(event, TextReceived) else event.payload for event in events]
            return messages

        return receive

    def sender(self, role: Role, *, deflates: bool) -> Send:
        connection = self._connection(role, deflates=deflates)

        def send(messages: Sequence[Message]) -> list[bytes]:
            said: list[bytes] = []
            for message in messages:
                if isinstance(message, str):
                    connection.send_text(message)
                else:
                    connection.send_binary(message)
                said += connection.chunks_to_send()
            return said

        return send

    def answerer(self, role: Role) -> Answer:
        connection = self._connection(role)

        def answer(chunks: Sequence[bytes]) -> list[bytes]:
            said: list[bytes] = []
            for chunk in chunks:
                connection.receive(chunk)
                said += connection.chunks_to_send()
            return said

        return answer

    def opener(self, role: Role) -> Open:
        def serve(request: bytes) -> bytes:
            handshake = ServerHandshake()
            heard = handshake.receive(request)
            assert isinstance(heard, Request)
            return handshake.accept(heard)

        def ask(answer: bytes) -> bytes:
            handshake = ClientHandshake(host="server.example.com", new_nonce=lambda: NONCE)
            request = handshake.request()
            assert isinstance(handshake.receive(answer), Response)
            return request

        return serve if role is Role.SERVER else ask


class Wsproto(Peer):
    name = "wsproto"

    def __init__(self) -> None:
        self._wsproto: Any = import_module("wsproto")
        self._connections: Any = import_module("wsproto.connection")
        self._events: Any = import_module("wsproto.events")
        self._deflate: Any = import_module("wsproto.extensions").PerMessageDeflate
        handshake: Any = import_module("wsproto.handshake")
        handshake.generate_nonce = lambda: NONCE_IN_BASE64.encode()

    def _connection(self, role: Role, *, deflates: bool = False) -> Any:
        extensions = []
        if deflates:
            extensions.append(self._deflate())
            extensions[0].finalize("permessage-deflate")
        return self._connections.Connection(self._connections.ConnectionType[role.name], extensions)

    def receiver(self, role: Role, *, deflates: bool) -> Receive:
        connection = self._connection(role, deflates=deflates)
        text_message = self._events.TextMessage

        def receive(chunks: Sequence[bytes]) -> list[Message]:
            messages: list[Message] = []
            parts: list[Any] = []
            for chunk in chunks:
                connection.receive_data(chunk)
                for event in connection.events():
                    if event.message_finished and not parts:
                        messages.append(event.data)
                        continue
                    parts.append(event.data)
                    if event.message_finished:
                        messages.append("".join(parts) if isinstance(event, text_message) else b"".join(parts))
                        parts.clear()
            return messages

        return receive

    def sender(self, role: Role, *, deflates: bool) -> Send:
        connection = self._connection(role, deflates=deflates)
        event = self._events.Message

        def send(messages: Sequence[Message]) -> list[bytes]:
            return [connection.send(event(message)) for message in messages]

        return send

    def answerer(self, role: Role) -> Answer:
        connection = self._connection(role)

        def answer(chunks: Sequence[bytes]) -> list[bytes]:
            said = []
            for chunk in chunks:
                connection.receive_data(chunk)
                said.append(b"".join([connection.send(event.response()) for event in connection.events()]))
            return said

        return answer

    def opener(self, role: Role) -> Open:
        wsproto, events = self._wsproto, self._events

        def serve(request: bytes) -> bytes:
            connection = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
            connection.receive_data(request)
            next(connection.events())
            answer: bytes = connection.send(events.AcceptConnection())
            return answer

        def ask(answer: bytes) -> bytes:
            connection = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
            request: bytes = connection.send(events.Request(host="server.example.com", target="/"))
            connection.receive_data(answer)
            assert isinstance(next(connection.events()), events.AcceptConnection)
            return request

        return serve if role is Role.SERVER else ask


class Websockets(Peer):
    """The Sans-I/O core with its extension in C. It delivers frames, and leaves text as bytes."""

    name = "websockets"

    def __init__(self) -> None:
        import_module("websockets.speedups")
        self._protocol: Any = import_module("websockets.protocol")
        self._deflate: Any = import_module("websockets.extensions.permessage_deflate").PerMessageDeflate
        self._opcodes: Any = import_module("websockets.frames").Opcode
        self._server: Any = import_module("websockets.server")
        self._client: Any = import_module("websockets.client")
        setattr(self._client, "generate_key", lambda: NONCE_IN_BASE64)  # noqa: B010  # it is declared nowhere
        self._uri = import_module("websockets.uri").parse_uri("ws://server.example.com/")

    def _connection(self, role: Role, *, deflates: bool = False) -> Any:
        connection = self._protocol.Protocol(self._protocol.Side[role.name], max_size=None)
        if deflates:
            connection.extensions = [self._deflate(False, False, 15, 15)]
        return connection

    def receiver(self, role: Role, *, deflates: bool) -> Receive:
        connection = self._connection(role, deflates=deflates)
        continuation, text = self._opcodes.CONT, self._opcodes.TEXT

        def receive(chunks: Sequence[bytes]) -> list[Message]:
            messages: list[Message] = []
            parts: list[bytes] = []
            opcode = text
            for chunk in chunks:
                connection.receive_data(chunk)
                for frame in connection.events_received():
                    if frame.opcode is not continuation:
                        opcode = frame.opcode
                    if not frame.fin or parts:
                        parts.append(frame.data)
                    if frame.fin:
                        payload = b"".join(parts) if parts else frame.data
                        parts.clear()
                        messages.append(payload.decode() if opcode is text else payload)
            return messages

        return receive

    def sender(self, role: Role, *, deflates: bool) -> Send:
        connection = self._connection(role, deflates=deflates)

        def send(messages: Sequence[Message]) -> list[bytes]:
            said: list[bytes] = []
            for message in messages:
                if isinstance(message, str):
                    connection.send_text(message.encode())
                else:
                    connection.send_binary(message)
                said += connection.data_to_send()
            return said

        return send

    def answerer(self, role: Role) -> Answer:
        connection = self._connection(role)

        def answer(chunks: Sequence[bytes]) -> list[bytes]:
            said: list[bytes] = []
            for chunk in chunks:
                connection.receive_data(chunk)
                connection.events_received()
                said += connection.data_to_send()
            return said

        return answer

    def opener(self, role: Role) -> Open:
        def serve(request: bytes) -> bytes:
            connection = self._server.ServerProtocol()
            connection.receive_data(request)
            (event,) = connection.events_received()
            connection.send_response(connection.accept(event))
            return b"".join(connection.data_to_send())

        def ask(answer: bytes) -> bytes:
            connection = self._client.ClientProtocol(self._uri)
            connection.send_request(connection.connect())
            request = b"".join(connection.data_to_send())
            connection.receive_data(answer)
            assert connection.handshake_exc is None
            assert connection.state is self._protocol.State.OPEN
            return request

        return serve if role is Role.SERVER else ask
