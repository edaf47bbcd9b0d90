"""What is measured: bytes in to events out, messages out to bytes, and opening handshakes; no sockets.

A workload is a value. It has all that is put into a peer, and knows what must come out of it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from ws_reference import (
    BinaryReceived,
    Connection,
    Frame,
    Parameters,
    PerMessageDeflate,
    Role,
    TextReceived,
    serialize,
)
from ws_reference.frames import BINARY, CONTINUATION, PING, TEXT
from ws_reference.headers import accept_for

if TYPE_CHECKING:
    from .peers import Peer

Message = str | bytes
Job = Callable[[], object]
"""One round of a workload, from the first byte to the last."""

KEY = bytes.fromhex("37fa213d")
KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload(ABC):
    """Something to do, for the end of a connection that has ``role``."""

    name: str
    role: Role

    @property
    def label(self) -> str:
        return f"{self.name}, {self.role.value}"

    @abstractmethod
    def job(self, peer: Peer) -> Job | None:
        """Return what ``peer`` does with this, or None if it cannot."""

    @abstractmethod
    def is_done_by(self, outcome: object) -> bool:
        """Return whether what a job returned is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving(Workload):
    """``chunks`` come in, ``messages`` are delivered. The frames carry ``payloads``, compressed if ``deflates``."""

    chunks: Sequence[bytes]
    payloads: Sequence[bytes]
    messages: Sequence[Message]
    deflates: bool = False

    def job(self, peer: Peer) -> Job | None:
        receive = peer.receiver(self.role, deflates=self.deflates)
        return None if receive is None else lambda: receive(self.chunks)

    def is_done_by(self, outcome: object) -> bool:
        return outcome == self.messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending(Workload):
    """``messages`` go out, each by itself; what is to be written is asked for behind each."""

    messages: Sequence[Message]
    deflates: bool = False

    def job(self, peer: Peer) -> Job | None:
        send = peer.sender(self.role, deflates=self.deflates)
        return None if send is None else lambda: send(self.messages)

    def is_done_by(self, outcome: object) -> bool:
        assert isinstance(outcome, list)
        return received_by(other(self.role), outcome, deflates=self.deflates) == self.messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering(Workload):
    """``chunks`` of Pings come in, and Pongs go out for ``payloads``."""

    chunks: Sequence[bytes]
    payloads: Sequence[bytes]

    def job(self, peer: Peer) -> Job | None:
        answer = peer.answerer(self.role)
        return None if answer is None else lambda: answer(self.chunks)

    def is_done_by(self, outcome: object) -> bool:
        assert isinstance(outcome, list)
        pongs = Connection(other(self.role), new_masking_key=lambda: KEY).receive(b"".join(outcome))
        return [getattr(pong, "payload", None) for pong in pongs] == self.payloads


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening(Workload):
    """A server reads a browser's request and answers it; a client says a request and reads the answer."""

    heard: bytes

    def job(self, peer: Peer) -> Job | None:
        opening = peer.opener(self.role)
        return None if opening is None else lambda: opening(self.heard)

    def is_done_by(self, outcome: object) -> bool:
        said = bytes(outcome) if isinstance(outcome, bytes | bytearray) else b""
        sign = accept_for(NONCE_IN_BASE64) if self.role is Role.SERVER else NONCE_IN_BASE64
        return sign.encode() in said


# What is said


def ascii_text(length: int) -> str:
    """Return ``length`` characters of plain text."""
    sentence = "The quick brown fox jumps over the lazy dog; "
    return (sentence * (length // len(sentence) + 1))[:length]


def noise(length: int) -> bytes:
    """Return ``length`` bytes that look random and are the same each time."""
    return Random(length).randbytes(length)


def many_scripts(length: int) -> str:
    """Return text of about ``length`` bytes, of which most characters have two, three or four."""
    sentence = "Zwölf Boxkämpfer jagen Viktor. Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία. 色は匂へど散りぬるを 🦊🐶. "
    return sentence * (length // len(sentence.encode()))


def ticks(how_many: int) -> list[str]:
    """Return messages of about 200 bytes, as an exchange sends them all day."""
    random = Random(200)
    return [
        json.dumps(
            {
                "type": "ticker",
                "sequence": 37_475_248_783 + i,
                "product_id": random.choice(("ETH-USD", "BTC-USD", "LTC-EUR")),
                "price": f"{random.uniform(1000, 1400):.2f}",
                "best_bid": f"{random.uniform(1000, 1400):.2f}",
                "best_ask": f"{random.uniform(1000, 1400):.2f}",
                "side": random.choice(("buy", "sell")),
                "last_size": f"{random.random():.8f}",
            }
        )
        for i in range(how_many)
    ]


def document(length: int) -> str:
    """Return a JSON document of about ``length`` bytes."""
    random = Random(length)
    rows = [
        {"id": random.getrandbits(32), "name": random.choice(("ash", "elm", "oak")), "height": random.uniform(1, 40)}
        for _ in range(length // 64)
    ]
    return json.dumps(rows)


# What becomes of it on the wire


def other(role: Role) -> Role:
    return Role.CLIENT if role is Role.SERVER else Role.SERVER


def received_by(role: Role, chunks: Sequence[bytes], *, deflates: bool) -> list[Message]:
    """Return the messages that the reference, with ``role``, reads in ``chunks``."""
    compression = PerMessageDeflate(role, Parameters()) if deflates else None
    connection = Connection(role, new_masking_key=lambda: KEY, compression=compression)
    return [
        event.text if isinstance(event, TextReceived) else event.payload
        for event in connection.receive(b"".join(chunks))
        if isinstance(event, TextReceived | BinaryReceived)
    ]


def frame_of(message: Message) -> Frame:
    return Frame(TEXT, message.encode()) if isinstance(message, str) else Frame(BINARY, message)


def cut(data: bytes, length: int) -> list[bytes]:
    """Return ``data`` in pieces of ``length`` bytes, as a socket hands them over."""
    return [data[start : start + length] for start in range(0, len(data), length)]


def receiving(
    name: str, role: Role, messages: Sequence[Message], frames: Sequence[Frame], reads: int = 64 * KIB, **more: bool
) -> Receiving:
    """Return the workload of ``role`` that is sent ``messages`` in ``frames`` and reads so many bytes at a time."""
    key = KEY if role is Role.SERVER else None
    stream = b"".join([serialize(frame, key) for frame in frames])
    payloads = [frame.payload for frame in frames]
    return Receiving(name=name, role=role, chunks=cut(stream, reads), payloads=payloads, messages=messages, **more)


def fragments(text: str, length: int) -> list[Frame]:
    """Return ``text`` in fragments of ``length`` bytes, wherever that cuts it."""
    parts = cut(text.encode(), length)
    return [Frame(CONTINUATION if i else TEXT, part, fin=i == len(parts) - 1) for i, part in enumerate(parts)]


def deflated(messages: Sequence[Message]) -> list[Frame]:
    """Return ``messages`` compressed as zlib does by default, each with what went before in its window."""
    compression = PerMessageDeflate(Role.SERVER, Parameters())
    return [compression.encode(frame_of(message)) for message in messages]


# The opening handshake

NONCE = b"the sample nonce"
NONCE_IN_BASE64 = b64encode(NONCE).decode()

REQUEST = (
    "GET /chat?room=1 HTTP/1.1\r\n"
    "Host: server.example.com\r\n"
    "Connection: Upgrade\r\n"
    "Pragma: no-cache\r\n"
    "Cache-Control: no-cache\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0\r\n"
    "Upgrade: websocket\r\n"
    "Origin: https://server.example.com\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef\r\n"
    f"Sec-WebSocket-Key: {NONCE_IN_BASE64}\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    "\r\n"
).encode()

ANSWER = (
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
    "Server: example\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    f"Sec-WebSocket-Accept: {accept_for(NONCE_IN_BASE64)}\r\n"
    "\r\n"
).encode()


# All of them

SMALL = {"16 B": 16, "125 B": 125, "1 KiB": KIB}
LARGE = {"64 KiB": 64 * KIB, "1 MiB": MIB, "16 MiB": 16 * MIB}
READS = {"64 KiB": 64 * KIB, "1,400 B": 1400}
HOW_MANY = {16: 2000, 125: 1000, KIB: 300, 64 * KIB: 16, MIB: 2, 16 * MIB: 1}
"""How many messages of each length make a job: some tenths of a millisecond at least, for the fastest of peers."""


def workloads() -> Iterator[Workload]:
    """Yield all workloads. Those of one name and both roles stand next to each other."""
    for words, length in (SMALL | LARGE).items():
        message: Message = ascii_text(length) if words in SMALL else noise(length)
        messages = [message] * HOW_MANY[length]
        frames = [frame_of(message)] * HOW_MANY[length]
        for read_words, read_length in READS.items():
            for role in Role:
                yield receiving(f"receive {words}, {read_words} reads", role, messages, frames, read_length)
        for role in Role:
            yield Sending(name=f"send {words}", role=role, messages=messages)
    payloads = [noise(8)] * 1000
    for role in Role:
        pings = receiving("", role, [], [Frame(PING, payload) for payload in payloads])
        yield Answering(name="answer Pings", role=role, chunks=pings.chunks, payloads=payloads)
    text = many_scripts(MIB // 4)
    for length in (4093, 125):
        for role in Role:
            yield receiving(f"receive text in fragments of {length} B", role, [text], fragments(text, length))
    documents: tuple[tuple[str, Sequence[Message]], ...] = (
        ("ticks of 200 B", ticks(300)),
        ("64 KiB of JSON", [document(64 * KIB)] * 4),
    )
    for words, told in documents:
        for role in Role:
            yield receiving(f"inflate {words}", role, told, deflated(told), deflates=True)
        for role in Role:
            yield Sending(name=f"deflate {words}", role=role, messages=told, deflates=True)
    yield Opening(name="opening handshake", role=Role.SERVER, heard=REQUEST)
    yield Opening(name="opening handshake", role=Role.CLIENT, heard=ANSWER)
