"""Frames that come byte by byte with pauses between, and a Close that is never answered (RFC 6455 §5.2, §7.1.7)."""

from __future__ import annotations

from collections.abc import Iterator

from ws_conformance.model import (
    BOTH,
    SERVERS,
    ByRole,
    Case,
    CloseIs,
    Ends,
    Need,
    Pause,
    PongIs,
    Quiet,
    Reaction,
    SendBytes,
    Step,
)
from ws_conformance.vocabulary import (
    CLOSE_COMES_FIRST,
    answers_close,
    close_frame,
    echoes,
    expect,
    frame,
    opened,
    send,
)
from ws_conformance.wire import BINARY, PING, RESERVED_OPCODES, TEXT, WireFrame, apply_mask, serialize

from .strain import LIMITS, block, within_limits

PAUSE_SECONDS = 0.05
"""Between two bytes: longer than any buffer waits, and for some twenty bytes not too long."""

STALL_SECONDS = 1.0
"""How long the Close of a failing server is left unanswered, before it is looked whether TCP has ended."""

SERVER_INITIATES = "6455/7.1.1/server-initiates-the-tcp-close"
ENDS_WITH_ITS_LENGTH = ("6455/5.2/length-ends-the-frame", "6455/6.2/incoming-data-is-parsed-as-frames")

_PONG = frozenset({Need.PONG})
_KEY = bytes.fromhex("37fa213d")


def slowly(what: WireFrame, then: bytes = b"") -> ByRole:
    """Send ``what`` byte by byte, and ``then`` at once, as the rest of its payload."""

    def steps(*, masked: bool) -> Iterator[Step]:
        data = serialize(what, masked=masked, masking_key=_KEY)
        for i in range(len(data)):
            yield SendBytes(data[i : i + 1], note=f"byte {i + 1} of {len(data)}")
            yield Pause(PAUSE_SECONDS)
        if then:
            yield SendBytes(apply_mask(then, _KEY) if masked else then, note="the rest")

    return ByRole(server=tuple(steps(masked=True)), client=tuple(steps(masked=False)))


BECAUSE = "§5.2, §6.2: a frame is what its length says, however long its bytes take to come."

CASES: tuple[Case, ...] = (
    Case(
        id="limits/slow/ping",
        roles=BOTH,
        verifies=(*ENDS_WITH_ITS_LENGTH, "6455/5.5.2/ping-is-answered"),
        steps=(
            *opened(),
            slowly(frame(PING, "slowly")),
            expect(Reaction("answers the Ping", (PongIs(b"slowly"),)), needs=_PONG),
        ),
        because=BECAUSE,
        tags=LIMITS,
    ),
    Case(
        id="limits/slow/text",
        roles=BOTH,
        verifies=ENDS_WITH_ITS_LENGTH,
        steps=(*opened(), slowly(frame(TEXT, "slowly")), echoes(TEXT, "slowly")),
        because=BECAUSE,
        tags=LIMITS,
    ),
    *(
        Case(
            id=f"limits/slow/header-with-{bits}-bits-of-length",
            roles=BOTH,
            verifies=(*ENDS_WITH_ITS_LENGTH, f"6455/5.2/length-{bits}-bits-is-read"),
            steps=(
                *opened(),
                slowly(frame(BINARY, fin=False, declared_length=length), then=block(length)),
                send(frame(PING, "behind it")),
                within_limits(
                    Reaction("answers the Ping behind it", (PongIs(b"behind it"),)), length=length, needs=_PONG
                ),
            ),
            because=BECAUSE,
            tags=LIMITS,
        )
        for bits, length in ((16, 126), (64, 65_536))
    ),
    Case(
        id="limits/slow/close",
        roles=BOTH,
        verifies=(*ENDS_WITH_ITS_LENGTH, "6455/5.5.1/close-is-answered"),
        steps=(*opened(), slowly(close_frame()), *answers_close(1000)),
        because=BECAUSE,
        tags=LIMITS,
    ),
    Case(
        id="limits/slow/close-without-an-answer",
        roles=SERVERS,
        verifies=("6455/7.1.7/failing-ends-the-connection",),
        steps=(
            *opened(),
            send(frame(RESERVED_OPCODES[0], "of no known type")),
            expect(
                Reaction("sends a Close", (CloseIs(frozenset(), negated=True),)),
                Reaction("ends TCP without a Close", (Ends(),), (CLOSE_COMES_FIRST,)),
            ),
            Pause(STALL_SECONDS),
            expect(
                Reaction("ends TCP", (Ends(),)),
                Reaction("waits for an answer to its Close", (Quiet(),), (SERVER_INITIATES,)),
            ),
        ),
        because="§7.1.7, §7.1.1: a server that fails the connection ends TCP, whether its Close is answered or not.",
        tags=LIMITS,
    ),
)
