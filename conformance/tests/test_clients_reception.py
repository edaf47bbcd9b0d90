"""The peers that answer before any case is played, in memory."""

from __future__ import annotations

from collections.abc import Iterable

from ws_conformance.clients.reception import (
    HEAD_SECONDS,
    PARTING_SECONDS,
    POLL_SECONDS,
    HttpAnswer,
    Receptionist,
    Teller,
)
from ws_conformance.head import HEAD_LIMIT, HeadReader, RequestHead, read_request_head, read_response_head
from ws_conformance.observer import accept_for
from ws_conformance.peer import Chunk, Peer, Signal
from ws_conformance.wire import CLOSE, TEXT, FrameReader, WireFrame, serialize

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HEAD = (
    "GET /getCaseCount HTTP/1.1\r\nHost: wsspec.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13"
)
REQUEST = f"{HEAD}\r\n\r\n".encode()
MASKED_CLOSE = serialize(WireFrame(CLOSE, b"\x03\xe8"), masked=True, masking_key=b"mask")


class Recorder:
    """A peer that keeps what it hears, and says one byte for each chunk of it."""

    def __init__(self) -> None:
        self.heard: list[Chunk] = []
        self._said = 0

    def receive(self, chunk: Chunk, now: float) -> None:
        self.heard.append(chunk)

    def transmit(self, now: float) -> list[Chunk]:
        new = len(self.heard) - self._said
        self._said += new
        return [b"."] * new

    def next_deadline(self) -> float | None:
        return 7.0


def read(chunks: Iterable[Chunk]) -> tuple[int, list[WireFrame], list[Signal]]:
    """Return the status, the frames and the signals that a peer said."""
    chunks = list(chunks)
    whole = HeadReader().feed(b"".join(chunk for chunk in chunks if isinstance(chunk, bytes)))
    assert whole is not None
    head, behind = whole
    return read_response_head(head).status, FrameReader(1000).feed(behind), [c for c in chunks if isinstance(c, Signal)]


def test_a_receptionist_hands_over_everything_that_came_with_the_head_and_behind_it() -> None:
    for cut in range(1, len(REQUEST)):
        recorder = Recorder()
        routed: list[str] = []

        def route(head: RequestHead, recorder: Peer = recorder, routed: list[str] = routed) -> Peer:
            routed.append(head.target)
            return recorder

        receptionist = Receptionist(route)
        for part in (REQUEST[:cut], REQUEST[cut:] + b"behind", b"later", Signal.END):
            receptionist.receive(part, 0.0)

        assert routed == ["/getCaseCount"]
        assert recorder.heard == [REQUEST + b"behind", b"later", Signal.END]
        assert receptionist.transmit(0.0) == [b"."] * 3
        assert receptionist.next_deadline() == 7.0


def test_who_never_finishes_a_request_is_sent_away() -> None:
    receptionist = Receptionist(lambda head: Recorder())
    receptionist.receive(b"GET / HTTP/1.1\r\n", 1.0)

    assert receptionist.transmit(1.0) == []
    assert receptionist.next_deadline() == 1.0 + HEAD_SECONDS
    assert receptionist.transmit(1.0 + HEAD_SECONDS) == [Signal.END]


def test_who_sends_a_head_without_end_or_leaves_is_sent_away() -> None:
    for chunk in (b"x" * (HEAD_LIMIT + 1), Signal.END, Signal.RESET):
        receptionist = Receptionist(lambda head: Recorder())

        receptionist.receive(chunk, 0.0)

        assert receptionist.transmit(0.0) == [Signal.END]
        assert receptionist.next_deadline() is None


def test_a_teller_opens_says_one_thing_and_closes() -> None:
    teller = Teller(read_request_head(HEAD.encode()), lambda: "517")
    teller.receive(REQUEST, 0.0)

    said = teller.transmit(0.0)

    status, frames, signals = read(said)
    assert status == 101
    assert accept_for(KEY).encode() in b"".join(chunk for chunk in said if isinstance(chunk, bytes))
    assert [(frame.opcode, frame.payload, frame.masked) for frame in frames] == [
        (TEXT, b"517", False),
        (CLOSE, b"\x03\xe8", False),
    ]
    assert signals == []
    teller.receive(MASKED_CLOSE, 0.1)
    assert teller.transmit(0.1) == [Signal.END]
    assert teller.next_deadline() is None


def test_a_teller_with_nothing_to_say_only_closes() -> None:
    teller = Teller(read_request_head(HEAD.encode()), str)
    teller.receive(REQUEST + MASKED_CLOSE, 0.0)

    _, frames, signals = read(teller.transmit(0.0))

    assert [frame.opcode for frame in frames] == [CLOSE]
    assert signals == [Signal.END]


def test_a_teller_waits_until_there_is_something_to_say() -> None:
    words: list[str] = []
    teller = Teller(read_request_head(HEAD.encode()), lambda: words[0] if words else None)
    teller.receive(REQUEST, 0.0)

    assert read(teller.transmit(0.0))[1:] == ([], [])
    assert teller.next_deadline() == POLL_SECONDS
    words.append("done")
    frames = FrameReader(100).feed(b"".join(chunk for chunk in teller.transmit(1.0) if isinstance(chunk, bytes)))
    assert [frame.payload for frame in frames] == [b"done", b"\x03\xe8"]


def test_a_teller_does_not_wait_for_ever_for_the_answer_to_its_close() -> None:
    teller = Teller(read_request_head(HEAD.encode()), lambda: "517")
    teller.receive(REQUEST, 0.0)
    teller.transmit(0.0)

    assert teller.next_deadline() == PARTING_SECONDS
    assert teller.transmit(PARTING_SECONDS) == [Signal.END]


def test_an_http_answer_says_how_long_it_is_and_ends() -> None:
    answer = HttpAnswer("404 Not Found", b"nothing here\n")

    head, end = answer.transmit(0.0)

    assert isinstance(head, bytes)
    assert b"Content-Length: 13\r\n" in head
    assert head.endswith(b"\r\n\r\nnothing here\n")
    assert end is Signal.END
    assert answer.transmit(0.0) == []
