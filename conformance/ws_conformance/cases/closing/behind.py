"""Frames behind a Close, in the same segment: nothing of them is processed (RFC 6455 §1.4, §5.5.1)."""

from __future__ import annotations

from typing import NamedTuple

from ws_conformance.model import (
    BOTH,
    SERVERS,
    ByRole,
    Case,
    End,
    Ends,
    MessageIs,
    Pattern,
    PongIs,
    Reaction,
    RequirementId,
    Step,
)
from ws_conformance.vocabulary import (
    ENDS_AT_ONCE,
    INVALID_DATA,
    PROTOCOL_ERROR,
    close_frame,
    expect,
    fragments,
    frame,
    opened,
    send,
)
from ws_conformance.wire import BINARY, CONTINUATION, PING, PONG, TEXT, WireFrame

from .answers import DATA_IS_NOT_PROCESSED, ENDS_CLEANLY, IS_ANSWERED, answers, close_with, lawful_answers

NO_PONG_NEEDED: RequirementId = "6455/5.5.2/ping-after-close-needs-no-pong"
NOTHING_FOLLOWS: RequirementId = "6455/5.5.1/nothing-follows-a-close"

RESET = Reaction("resets TCP, which may overtake its Close", (Ends(reset=True),), (ENDS_CLEANLY,))


class Behind(NamedTuple):
    """Frames behind a Close, and what would come of them if they were processed."""

    words: str
    frames: tuple[WireFrame, ...]
    processed: tuple[Pattern, ...] = ()


LAWFUL = (
    Behind("text", (frame(TEXT, "after the close"),), (MessageIs(TEXT, b"after the close"),)),
    Behind("binary", (frame(BINARY, "after the close"),), (MessageIs(BINARY, b"after the close"),)),
    Behind(
        "fragmented-text",
        fragments(TEXT, "after ", "the close"),
        (MessageIs(TEXT, b"after the close"),),
    ),
    Behind("unfinished-text", (frame(TEXT, "after the close", fin=False),)),
    Behind("pong", (frame(PONG, "after the close"),)),
    Behind("100-texts", (frame(TEXT, "after the close"),) * 100, (MessageIs(TEXT, b"after the close"),)),
    Behind("64-kib", (frame(BINARY, bytes(65_536)),), (MessageIs(BINARY, bytes(65_536)),)),
)
OFFENDING = (
    Behind("reserved-opcode", (frame(0x3, "after the close"),)),
    Behind("reserved-control-opcode", (frame(0xB, "after the close"),)),
    Behind("reserved-bits", (frame(TEXT, "after the close", rsv=7),), (MessageIs(TEXT, b"after the close"),)),
    Behind("stray-continuation", (frame(CONTINUATION, "after the close"),)),
    Behind("text-that-is-no-utf-8", (frame(TEXT, b"\xff"),), (MessageIs(TEXT),)),
    Behind("one-byte-close", (frame(0x8, b"\x03"),)),
)


def closes_all_the_same(behind: Behind) -> tuple[Step, ...]:
    """The target answers the Close as if nothing were behind it, and ends TCP; processing the rest is a departure.

    What it says after its own Close is a breach, wherever it comes; what it says before is not (policy page, A32).
    """
    return (
        expect(
            *lawful_answers(1000),
            Reaction("answers with Close 1002, as if it had read on", (close_with(PROTOCOL_ERROR),), (DATA_IS_NOT_PROCESSED,)),
            *(
                Reaction("processes what is behind the Close", (pattern,), (DATA_IS_NOT_PROCESSED,))
                for pattern in behind.processed
            ),
            RESET,
            about=(IS_ANSWERED,),
        ),
    )
