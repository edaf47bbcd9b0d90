"""The reference as a server that pushes: a feed's subscribers, each with a connection of its own.

What a publisher made is framed and compressed once for all who get the same, and goes past the connection's own
``send``: that is lawful as long as no message is under way. A compressed message refers to those before it in its
batch at most: not everybody got what was before that. All else is the reference's: handshake, Pings, Closes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cache

from ws_reference import (
    BinaryReceived,
    CloseReceived,
    Connection,
    ConnectionFailed,
    DeflateNegotiation,
    Limits,
    Opcode,
    Parameters,
    PerMessageDeflate,
    PingReceived,
    PongReceived,
    Refusal,
    Request,
    ServerHandshake,
    State,
    TextReceived,
    Violation,
)
from ws_reference import Role as ReferenceRole
from ws_reference.deflate import TAIL
from ws_reference.frames import RSV1, serialize_onto
from ws_reference.masking import mask

from ws_conformance.peer import Chunk, Signal
from ws_conformance.streams.feeding.publishing import Act, Publisher

REQUEST_LIMITS = Limits(frame_length=16 * 1024, message_length=16 * 1024, fragments=100)
"""What a subscriber may send: requests are short."""

REQUESTS = 1_000
"""How many requests a subscriber may have sent within REQUEST_SECONDS."""
REQUEST_SECONDS = 1.0

UNREAD_REQUESTS = 100
"""How many requests are answered of a subscriber that does not take the answers."""

CLOSE_SECONDS = 2.0
"""How long a subscriber may take to answer a Close before TCP is ended."""

HANDSHAKE_SECONDS = 10.0
"""How long a subscriber may take to say its opening handshake."""

TRICKLE_BYTES = 8
TRICKLE_SECONDS = 0.01
"""How much is sent at a time, and how far apart, where only a few bytes are."""

WINDOW_BITS = 12
"""The window that messages are compressed by: they are short, and a small one is quick to set up."""

COMPRESSION_LEVEL = 1
MEMORY_LEVEL = 5

TEXT = 0x80 | Opcode.TEXT
COMPRESSED_TEXT = TEXT | RSV1 << 4
"""The first octet of a frame that is a whole message."""

REFUSALS: dict[str, Refusal] = {
    "redirect": Refusal(Violation("", "the stream is elsewhere"), 302, (("Location", "/elsewhere"),)),
    "status-429": Refusal(Violation("", "too many connections"), 429, (("Retry-After", "1"),)),
    "status-503": Refusal(Violation("", "not now"), 503, (("Retry-After", "1"),)),
}
FULL = Refusal(Violation("", "no room for another subscriber"), 503, (("Retry-After", "5"),))


@dataclass(frozen=True, slots=True)
class Compressed:
    """How messages are compressed: by a window of so many ``bits``; each may refer to others unless it ``is_alone``."""

    bits: int
    is_alone: bool = False


def encode(payloads: Sequence[bytes], form: Hashable) -> bytes:
    """Return the frames of text messages that go out one behind the other, Compressed if ``form`` says so."""
    parts: list[bytes] = []
    if not isinstance(form, Compressed):
        for payload in payloads:
            serialize_onto(parts, TEXT, payload, None, mask)
        return b"".join(parts)
    compressor = _compressor(form.bits)
    last = len(payloads) - 1
    for index, payload in enumerate(payloads):
        forgets = form.is_alone or index == last
        data = compressor.compress(payload) + compressor.flush(zlib.Z_FULL_FLUSH if forgets else zlib.Z_SYNC_FLUSH)
        serialize_onto(parts, COMPRESSED_TEXT, data.removesuffix(TAIL), None, mask)
    return b"".join(parts)


@cache
def _compressor(bits: int) -> zlib._Compress:
    """Return the compressor for all messages with this window: behind a full flush it remembers nothing of them."""
    return zlib.compressobj(COMPRESSION_LEVEL, zlib.DEFLATED, -bits, MEMORY_LEVEL)


@dataclass(slots=True)
class Facts:
    """What a feed knows of one subscriber, times on the clock of whoever serves it.

    ``ping_due`` is when the Ping was sent that is not answered, ``subscribed`` when each topic was, ``close_said`` when
    the feed sent a Close and ``close_code`` that of the subscriber's, of which 1005 is none.
    """

    came: float
    opened: float | None = None
    requests: int = 0
    pings: int = 0
    pongs: int = 0
    ping_due: float | None = None
    slowest_pong: float = 0.0
    snapshots: list[float] = field(default_factory=list)
    subscribed: dict[str, float] = field(default_factory=dict)
    close_said: float | None = None
    close_code: int | None = None
    is_shed: bool = False


class _Connection(Connection):
    """A connection that can be told to answer no Ping until some time."""

    mute = False

    def answer_ping(self, payload: bytes) -> None:
        if not self.mute:
            super().answer_ping(payload)


class FeedSession:
    """One subscriber to what ``publisher`` publishes, as a Peer.

    ``room`` is how many subscribers there may be. With ``ping_seconds`` it is sent a Ping that often, and with
    ``hold_seconds`` its handshake is answered that late. ``is_paused`` is for whoever writes to the socket to set: as
    long as it is, nothing more is pulled. ``on_request`` is told each message that it sends.
    """

    def __init__(
        self,
        publisher: Publisher,
        *,
        room: int,
        deflate: bool = True,
        ping_seconds: float | None = None,
        hold_seconds: float = 0.0,
        on_request: Callable[[bytes, float], None] = lambda request, now: None,
        now: float = 0.0,
    ) -> None:
        self.facts = Facts(now)
        self.is_paused = False
        self.topics: frozenset[str] = frozenset()
        self._publisher = publisher
        self._room = room
        self._on_request = on_request
        wishes = Parameters(server_max_window_bits=WINDOW_BITS)
        self._handshake = ServerHandshake(
            deflate=DeflateNegotiation(wishes=wishes) if deflate else None, limits=REQUEST_LIMITS
        )
        self._connection: _Connection | None = None
        self._form: Compressed | None = None
        self._position = 0
        self._out: list[bytes] = []
        self._trickling: bytearray | None = None
        self._trickles_until = 0.0
        self._next_trickle = 0.0
        self._mute_until = 0.0
        self._counts = False
        self._ended = False
        self._end_at: float | None = now + HANDSHAKE_SECONDS
        self._hold_seconds = hold_seconds
        self._answer_at: float | None = None
        self._ping_seconds = ping_seconds
        self._next_ping = 0.0
        self._recent = 0
        self._unread = 0
        self._recent_until = 0.0

    # --- what comes ---

    def receive(self, chunk: Chunk, now: float) -> None:
        if not isinstance(chunk, bytes):
            if self._connection is not None:
                self._connection.receive_end()
            self._leave()
            self._end_at = now
            return
        if self._connection is None:
            self._shake_hands(chunk, now)
            chunk = self._handshake.leftover if self._connection is not None else b""
        if self._connection is not None and chunk:
            self._hear(self._connection, chunk, now)

    def _shake_hands(self, data: bytes, now: float) -> None:
        if self._end_at is not None and self._end_at <= now:
            return
        answer = self._handshake.receive(data)
        if isinstance(answer, Request):
            refused = self._publisher.schedule.refusal()
            if refused is not None:
                answer = REFUSALS[refused]
            elif self._publisher.subscribers >= self._room:
                answer = FULL
        match answer:
            case Refusal():
                self._out.append(self._handshake.refuse(answer))
                self._end_at = now
            case Request():
                self._accept(answer, now)

    def _accept(self, request: Request, now: float) -> None:
        self._out.append(self._handshake.accept(request))
        agreed = self._handshake.agreed
        compression = None
        if agreed is not None:
            compression = PerMessageDeflate(ReferenceRole.SERVER, agreed, limits=REQUEST_LIMITS)
            bits = max(9, agreed.server_max_window_bits or WINDOW_BITS)
            self._form = Compressed(bits, is_alone=agreed.server_no_context_takeover)
        self._connection = _Connection(ReferenceRole.SERVER, limits=REQUEST_LIMITS, compression=compression)
        self.facts.opened = now
        self._end_at = None
        if self._hold_seconds:
            self._answer_at = now + self._hold_seconds
        if self._ping_seconds is not None:
            self._next_ping = now + self._ping_seconds
        self._counts = True
        self._publisher.subscribers += 1
        self._position = self._publisher.end

    def _hear(self, connection: _Connection, data: bytes, now: float) -> None:
        # §5.5.3: of several Pings only the last has to be answered; whoever reads nothing gets no answers to keep.
        connection.mute = now < self._mute_until or self.is_paused
        for event in connection.receive(data):
            match event:
                case TextReceived(text):
                    self._asked(connection, text.encode(), now)
                case BinaryReceived(payload):
                    self._asked(connection, payload, now)
                case PongReceived():
                    self.facts.pongs += 1
                    if self.facts.ping_due is not None:
                        self.facts.slowest_pong = max(self.facts.slowest_pong, now - self.facts.ping_due)
                        self.facts.ping_due = None
                case CloseReceived(code, _):
                    self.facts.close_code = code
                case ConnectionFailed() | PingReceived():
                    pass
        if connection.state is State.CLOSED:
            self._leave()
            self._end_at = now

    def _asked(self, connection: _Connection, request: bytes, now: float) -> None:
        if now > self._recent_until:
            self._recent, self._recent_until = 0, now + REQUEST_SECONDS
        self._recent += 1
        self._unread = self._unread + 1 if self.is_paused else 0
        if self._recent > REQUESTS or self._unread > UNREAD_REQUESTS:
            self._close(connection, 1008, "too many requests", now)
        if connection.state is not State.OPEN:
            return
        self.facts.requests += 1
        self._on_request(request, now)
        self._publisher.advance(now)
        self._pull(connection, now)
        answer = self._publisher.source.answer(request, now)
        self._out.append(self._publisher.encode(answer.replies, self._form))
        if answer.is_snapshot and len(self.facts.snapshots) < REQUESTS:
            self.facts.snapshots.append(now)
        for topic in answer.adds:
            self.facts.subscribed.setdefault(topic, now)
        self._listen((self.topics | answer.adds) - answer.drops, now)

    def _listen(self, topics: frozenset[str], now: float) -> None:
        """Listen to ``topics`` from now on."""
        if topics and not self.topics:
            self._publisher.subscribed(now)
            self._position = self._publisher.end
        elif self.topics and not topics:
            self._publisher.unsubscribed()
        self.topics = topics

    # --- what is said ---

    def transmit(self, now: float) -> list[Chunk]:
        if self._ended:
            return []
        connection = self._connection
        if self._answer_at is not None:
            if now < self._answer_at and not self._is_over(now):
                return []
            self._answer_at = None
        if connection is not None and connection.state is State.OPEN:
            self._publisher.advance(now)
            self._pull(connection, now)
            if self._ping_seconds is not None and now >= self._next_ping and connection.state is State.OPEN:
                self._next_ping = now + self._ping_seconds
                self.facts.pings += 1
                if self.facts.ping_due is None:
                    self.facts.ping_due = now
                connection.ping(b"%d" % self.facts.pings)
        chunks: list[Chunk] = list(self._said(connection, now))
        if self._is_over(now):
            self._ended = True
            self._leave()
            chunks.append(Signal.END)
        return chunks

    def _is_over(self, now: float) -> bool:
        return self._end_at is not None and now >= self._end_at and not self._trickling

    def _said(self, connection: _Connection | None, now: float) -> list[bytes]:
        data = b"".join(self._out) + (connection.bytes_to_send() if connection is not None else b"")
        self._out.clear()
        if self._trickling is not None:
            self._trickling += data
            is_free = now >= self._trickles_until
            if now < self._next_trickle and not is_free:
                return []
            self._next_trickle = now + TRICKLE_SECONDS
            part = bytes(self._trickling if is_free else self._trickling[:TRICKLE_BYTES])
            del self._trickling[: len(part)]
            if is_free:
                self._trickling = None
            return [part] if part else []
        return [data] if data else []

    def _pull(self, connection: _Connection, now: float) -> None:
        """Take what was published since, or find out that it is forgotten already.

        Nothing comes to whoever has not subscribed, and nothing befalls it.
        """
        publisher = self._publisher
        if not self.topics:
            self._position = publisher.end
            return
        if self.is_paused or self._trickling:
            return
        if self._position < publisher.first:
            self.facts.is_shed = True
            self._close(connection, 1013, "too slow", now)
            return
        while self._position < publisher.end and connection.state is State.OPEN:
            batch = publisher.batch(self._position)
            self._position += 1
            if batch.made:
                data = batch.encoded(self.topics, self._form, publisher.encode)
                if data:
                    self._out.append(data)
            for act in batch.acts:
                self._suffer(connection, act, now)

    def _suffer(self, connection: _Connection, act: Act, now: float) -> None:
        match act.name:
            case "no-pong":
                self._mute_until = act.until
            case "trickle":
                self._trickling, self._trickles_until = self._trickling or bytearray(), act.until
            case "drop":
                self._leave()
                self._end_at = now
                connection.receive_end()
            case "half-message":
                whole = self._publisher.encode([b'{"type":"half of a message that never ends"}'], None)
                self._out.append(whole[: len(whole) // 2])
                self._leave()
                self._end_at = now
                connection.receive_end()
            case "disconnect":
                self._close(connection, 1001, "a connection lasts no longer", now)
            case name:
                self._close(connection, int(name.removeprefix("close-")), "", now)

    def _close(self, connection: _Connection, code: int, reason: str, now: float) -> None:
        if connection.state is State.OPEN:
            connection.close(code, reason)
            self.facts.close_said = now
            self._leave()
            self._end_at = now + CLOSE_SECONDS

    def _leave(self) -> None:
        """Be a subscriber no longer."""
        self._listen(frozenset(), 0.0)
        if self._counts:
            self._counts = False
            self._publisher.subscribers -= 1

    @property
    def behind(self) -> int:
        """How many batches there are that it has not been given."""
        return self._publisher.end - self._position

    def next_deadline(self) -> float | None:
        if self._ended:
            return None
        moments = [at for at in (self._end_at, self._answer_at) if at is not None]
        if self._connection is not None and self._connection.state is State.OPEN:
            if self._ping_seconds is not None:
                moments.append(self._next_ping)
            if self._trickling:
                moments.append(self._next_trickle)
            elif self.topics and not self.is_paused:
                moments.append(self._publisher.next_tick)
        return min(moments, default=None)
