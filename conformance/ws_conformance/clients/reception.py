"""Peers that answer before any case is played: they read a request, and hand over, say one thing, or turn away.

They serve whoever asks which cases there are, and are no examiners: what they hear is judged by nobody.
"""

from __future__ import annotations

from collections.abc import Callable

from ..examiner import Examiner
from ..head import HeadReader, RequestHead, read_request_head
from ..model import Result
from ..observer import accept_for
from ..peer import Chunk, Peer, Signal
from ..wire import CLOSE, TEXT, FrameReader, WireFrame, serialize

HEAD_SECONDS = 10.0
"""How long a request may take to arrive."""

PARTING_SECONDS = 3.0
"""How long a client may take to answer our Close."""

POLL_SECONDS = 0.05
"""How often it is asked whether there is something to say."""

HEARD_BYTES = 65_536
"""How long a frame may be that says nothing to us."""

Route = Callable[[RequestHead], Peer]
Words = Callable[[], str | None]
"""What to say: None for "not yet", and nothing at all if empty."""


class Receptionist:
    """Reads a request, and hands over to the peer that ``route`` names, which then hears everything from the start."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._head = HeadReader()
        self._heard = b""
        self._peer: Peer | None = None
        self._deadline: float | None = None
        self._over = False

    def receive(self, chunk: Chunk, now: float) -> None:
        if self._peer is not None:
            self._peer.receive(chunk, now)
        elif not isinstance(chunk, bytes):
            self._over = True
        else:
            self._heard += chunk
            whole = self._head.feed(chunk)
            self._over = self._head.too_long
            if whole is not None:
                self._peer = self._route(read_request_head(whole[0]))
                self._peer.receive(self._heard, now)

    def transmit(self, now: float) -> list[Chunk]:
        if self._peer is not None:
            return self._peer.transmit(now)
        if self._deadline is None:
            self._deadline = now + HEAD_SECONDS
        return [Signal.END] if self._over or now >= self._deadline else []

    def next_deadline(self) -> float | None:
        if self._peer is not None:
            return self._peer.next_deadline()
        return None if self._over else self._deadline


class Teller:
    """Opens a WebSocket connection, says one thing as soon as there is something to say, and closes it."""

    def __init__(self, head: RequestHead, words: Words) -> None:
        self._words = words
        self._answer = _opening(head)
        self._heard_head = HeadReader()
        self._frames: FrameReader | None = None
        self._deadline: float | None = None
        self._has_said = False
        self._over = False

    def receive(self, chunk: Chunk, now: float) -> None:
        if not isinstance(chunk, bytes):
            self._over = True
            return
        if self._frames is None:
            whole = self._heard_head.feed(chunk)
            if whole is None:
                return
            self._frames, chunk = FrameReader(HEARD_BYTES), whole[1]
        closes = any(frame.opcode == CLOSE for frame in self._frames.feed(chunk))
        self._over = self._over or closes or self._frames.too_long is not None

    def transmit(self, now: float) -> list[Chunk]:
        said: list[Chunk] = [self._answer] if self._answer else []
        self._answer = b""
        words = None if self._has_said else self._words()
        if words is not None:
            self._has_said = True
            self._deadline = now + PARTING_SECONDS
            said += [_frame(TEXT, words.encode())] if words else []
            said.append(_frame(CLOSE, b"\x03\xe8"))
        elif not self._has_said:
            self._deadline = now + POLL_SECONDS
        if self._over or (self._has_said and self._deadline is not None and now >= self._deadline):
            self._over = True
            said.append(Signal.END)
        return said

    def next_deadline(self) -> float | None:
        return None if self._over else self._deadline


class HttpAnswer:
    """Answers a request over HTTP, and ends TCP."""

    def __init__(self, status: str, body: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
            "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        )
        self._said: list[Chunk] = [head.encode() + body, Signal.END]

    def receive(self, chunk: Chunk, now: float) -> None:
        """Listen to nothing."""

    def transmit(self, now: float) -> list[Chunk]:
        said, self._said = self._said, []
        return said

    def next_deadline(self) -> float | None:
        return None


class Watched:
    """An examiner who tells, once, that the case is over."""

    def __init__(self, examiner: Examiner, on_over: Callable[[Result], None]) -> None:
        self._examiner = examiner
        self._on_over = on_over
        self._has_told = False

    def receive(self, chunk: Chunk, now: float) -> None:
        self._examiner.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        said = self._examiner.transmit(now)
        if self._examiner.finding is not None and not self._has_told:
            self._has_told = True
            self._on_over(self._examiner.result())
        return said

    def next_deadline(self) -> float | None:
        return self._examiner.next_deadline()


def _opening(head: RequestHead) -> bytes:
    """Return the answer that opens a connection (RFC 6455 §4.2.2)."""
    key = next(iter(head.values("Sec-WebSocket-Key")), "")
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_for(key)}\r\n\r\n"
    ).encode()


def _frame(opcode: int, payload: bytes) -> bytes:
    return serialize(WireFrame(opcode, payload), masked=False, masking_key=b"")
