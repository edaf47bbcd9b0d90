"""Peers that do as they are told at one moment: what two opinions on the same script are asked about.

A puppet is the reference until it has heard so much; then, for once, it says something else. With enough of them, two
cases that say the same can be compared by what they permit, and not by how it is written.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from ws_conformance.head import HeadReader, read_request_head
from ws_conformance.peer import Chunk, Peer, Role, Signal
from ws_conformance.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, FrameReader, WireFrame, serialize

_FRAME_LIMIT = 1 << 22


class Ear:
    """What a puppet has heard: the request, if it is a server, and the last frames of each kind."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.chunks = 0
        self.key = ""
        self.message = WireFrame(TEXT, b"nothing was heard")
        self.ping = WireFrame(PING, b"nothing was heard")
        self.close = WireFrame(CLOSE)
        self._head: HeadReader | None = HeadReader()
        self._frames = FrameReader(_FRAME_LIMIT)
        self._parts: list[WireFrame] = []

    def hear(self, chunk: Chunk) -> None:
        self.chunks += 1
        if not isinstance(chunk, bytes):
            return
        if self._head is not None:
            whole = self._head.feed(chunk)
            if whole is None:
                return
            self._head = None
            head, chunk = whole
            self.key = next(iter(read_request_head(head).values("Sec-WebSocket-Key")), "")
        for frame in self._frames.feed(chunk):
            self._note(frame)

    def _note(self, frame: WireFrame) -> None:
        if frame.opcode == PING:
            self.ping = frame
        elif frame.opcode == CLOSE:
            self.close = frame
        elif frame.opcode in (CONTINUATION, TEXT, BINARY):
            self._parts = [frame] if frame.opcode != CONTINUATION else [*self._parts, frame]
            payload = b"".join(part.payload for part in self._parts)
            self.message = WireFrame(self._parts[0].opcode or TEXT, payload)

    def write(self, *frames: WireFrame) -> bytes:
        masked = self.role is Role.CLIENT
        return b"".join(serialize(frame, masked=masked, masking_key=b"\x12\x34\x56\x78") for frame in frames)

    def accept(self) -> str:
        digest = hashlib.sha1((self.key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode("latin-1")).digest()
        return base64.b64encode(digest).decode()


@dataclass(frozen=True, slots=True)
class Act:
    """What a puppet says once: given what it heard, and what the reference would have said."""

    name: str
    say: Callable[[Ear, list[Chunk]], list[Chunk]]


class Puppet:
    """Does ``act`` when it has heard so many chunks, and else what ``inner`` does."""

    def __init__(self, inner: Peer, role: Role, *, moment: int, act: Act) -> None:
        self._inner = inner
        self._ear = Ear(role)
        self._moment = moment
        self._act: Act | None = act
        self._over = False

    def receive(self, chunk: Chunk, now: float) -> None:
        if self._over:
            return
        self._ear.hear(chunk)
        self._inner.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        if self._over:
            return []
        said = self._inner.transmit(now)
        if self._act is not None and self._ear.chunks >= self._moment:
            said, self._act = self._act.say(self._ear, said), None
        self._over = any(isinstance(chunk, Signal) for chunk in said)
        return said

    def next_deadline(self) -> float | None:
        return None if self._over else self._inner.next_deadline()


# --- acts on an open connection ---------------------------------------------------------------------------------------


def _close_body(code: int | None) -> bytes:
    return b"" if code is None else code.to_bytes(2, "big")


def _closing(ear: Ear, said: list[Chunk], *, code: int | None, ends: tuple[Signal, ...]) -> list[Chunk]:
    return [ear.write(WireFrame(CLOSE, _close_body(code))), *ends]


def _echoing(ear: Ear, said: list[Chunk], *, times: int) -> list[Chunk]:
    return [ear.write(*(ear.message,) * times)]


def _repeating_the_close(ear: Ear, said: list[Chunk]) -> list[Chunk]:
    return [ear.write(WireFrame(CLOSE, ear.close.payload)), Signal.END]


def _as_usual_and(ear: Ear, said: list[Chunk], *, more: Callable[[Ear], list[Chunk]]) -> list[Chunk]:
    return [*(chunk for chunk in said if isinstance(chunk, bytes)), *more(ear)]


def _only_signals(ear: Ear, said: list[Chunk], *, signal: Signal) -> list[Chunk]:
    return [signal]


def _pong(ear: Ear) -> list[Chunk]:
    return [ear.write(WireFrame(PONG, ear.ping.payload))]


def _echo(ear: Ear) -> list[Chunk]:
    return [ear.write(ear.message)]


ENDS: tuple[tuple[str, tuple[Signal, ...]], ...] = (("and ends", (Signal.END,)), ("and stays", ()))
CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 3000, None)

FRAME_ACTS: tuple[Act, ...] = (
    Act("says nothing", lambda ear, said: []),
    Act("ends TCP", partial(_only_signals, signal=Signal.END)),
    Act("resets TCP", partial(_only_signals, signal=Signal.RESET)),
    *(
        Act(f"says Close {code} {words}", partial(_closing, code=code, ends=ends))
        for code in CODES
        for words, ends in ENDS
    ),
    Act("repeats the Close and ends", _repeating_the_close),
    Act("answers the last Ping", lambda ear, said: _pong(ear)),
    Act("echoes the last message", partial(_echoing, times=1)),
    Act("echoes the last message twice", partial(_echoing, times=2)),
    Act("does as usual", lambda ear, said: said),
    Act("does as usual, and answers the last Ping", partial(_as_usual_and, more=_pong)),
    Act("does as usual, and echoes the last message", partial(_as_usual_and, more=_echo)),
    Act("does as usual, and ends", partial(_as_usual_and, more=lambda ear: [Signal.END])),
    Act("does as usual, and resets", partial(_as_usual_and, more=lambda ear: [Signal.RESET])),
    Act("does as usual, and stays", partial(_as_usual_and, more=lambda ear: [])),
    Act("answers the Ping, then the message", lambda ear, said: [*_pong(ear), *_echo(ear)]),
    Act("answers the message, then the Ping", lambda ear, said: [*_echo(ear), *_pong(ear)]),
    Act("sends a message of its own", lambda ear, said: [ear.write(WireFrame(TEXT, b"of its own"))]),
)


# --- acts of a server that is asked to open ---------------------------------------------------------------------------


def _answer(status: str, *fields: str, end: bool = True) -> Callable[[Ear, list[Chunk]], list[Chunk]]:
    lines = (f"HTTP/1.1 {status}", *fields, "", "")
    ends: tuple[Signal, ...] = (Signal.END,) if end else ()
    return lambda ear, said: ["\r\n".join(lines).encode(), *ends]


def _opening(ear: Ear, said: list[Chunk], *, fields: tuple[str, ...], ends: tuple[Signal, ...] = ()) -> list[Chunk]:
    lines = (
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {ear.accept()}",
        *fields,
        "",
        "",
    )
    return ["\r\n".join(lines).encode("latin-1"), *ends]


def _refusal_fields() -> Iterator[tuple[str, tuple[str, ...], bool]]:
    empty, close = "Content-Length: 0", "Connection: close"
    yield "and ends", (empty, close), True
    yield "and stays", (empty,), False


CLOSE_1000 = b"\x88\x02\x03\xe8"
STATUSES = (
    "200 OK",
    "301 Moved Permanently",
    "302 Found",
    "400 Bad Request",
    "403 Forbidden",
    "404 Not Found",
    "405 Method Not Allowed",
    "414 URI Too Long",
    "426 Upgrade Required",
    "431 Request Header Fields Too Large",
    "500 Internal Server Error",
    "501 Not Implemented",
    "505 HTTP Version Not Supported",
)

OPENING_ACTS: tuple[Act, ...] = (
    Act("opens", partial(_opening, fields=())),
    Act("opens with compression", partial(_opening, fields=("Sec-WebSocket-Extensions: permessage-deflate",))),
    Act("opens with a subprotocol", partial(_opening, fields=("Sec-WebSocket-Protocol: chat",))),
    Act("opens and ends", partial(_opening, fields=(), ends=(Signal.END,))),
    Act("opens and closes", lambda ear, said: [*_opening(ear, said, fields=()), CLOSE_1000, Signal.END]),
    Act("says nothing", lambda ear, said: []),
    Act("ends TCP", partial(_only_signals, signal=Signal.END)),
    *(
        Act(f"answers {status} {words}", _answer(status, *fields, end=end))
        for status in STATUSES
        for words, fields, end in _refusal_fields()
    ),
    Act(
        "answers 426 and says what it wants",
        _answer(
            "426 Upgrade Required",
            "Upgrade: websocket",
            "Connection: Upgrade, close",
            "Sec-WebSocket-Version: 13",
            "Content-Length: 0",
        ),
    ),
    Act(
        "answers 400 and names version 13",
        _answer("400 Bad Request", "Sec-WebSocket-Version: 13", "Connection: close", "Content-Length: 0"),
    ),
    Act(
        "answers 405 and lists methods",
        _answer("405 Method Not Allowed", "Allow: GET", "Connection: close", "Content-Length: 0"),
    ),
    Act("asks for the body", lambda ear, said: [b"HTTP/1.1 100 Continue\r\n\r\n"]),
    Act("does as usual", lambda ear, said: said),
)
