"""Frames behind a Close: nothing of them is processed, and nothing is said any more (RFC 6455 §1.4, §5.5.1)."""

from __future__ import annotations

from collections.abc import Iterable
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
    CLOSE_COMES_FIRST,
    ENDS_AT_ONCE,
    close_frame,
    ends_tcp,
    expect,
    fragments,
    frame,
    opened,
    send,
)
from ws_conformance.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, WireFrame

from .answers import (
    ANY_CLOSE,
    DATA_IS_NOT_PROCESSED,
    ENDS_CLEANLY,
    IS_ANSWERED,
    answers,
    answers_the_first,
    any_answers,
)

NO_PONG_NEEDED: RequirementId = "6455/5.5.2/ping-after-close-needs-no-pong"
NOTHING_FOLLOWS: RequirementId = "6455/5.5.1/nothing-follows-a-close"


class Behind(NamedTuple):
    """Frames behind a Close, and the message that would come back if they were processed."""

    words: str
    frames: tuple[WireFrame, ...]
    message: MessageIs | None = None


LAWFUL_BUT_FOR_THE_CLOSE = (
    Behind("text", (frame(TEXT, "after the close"),), MessageIs(TEXT, b"after the close")),
    Behind("binary", (frame(BINARY, "after the close"),), MessageIs(BINARY, b"after the close")),
    Behind("fragmented-text", fragments(TEXT, "after ", "the close"), MessageIs(TEXT, b"after the close")),
    Behind("unfinished-text", (frame(TEXT, "after the close", fin=False),)),
    Behind("64-kib", (frame(BINARY, bytes(65_536)),), MessageIs(BINARY, bytes(65_536))),
    Behind("pong", (frame(PONG, "after the close"),)),
)
WRONG_BESIDES = (
    Behind("reserved-opcode", (frame(0x3, "after the close"),)),
    Behind("reserved-control-opcode", (frame(0xB, "after the close"),)),
    Behind("reserved-bits", (frame(TEXT, "after the close", rsv=7),), MessageIs(TEXT, b"after the close")),
    Behind("stray-continuation", (frame(CONTINUATION, "after the close"),), MessageIs(payload=b"after the close")),
    Behind("fragmented-ping", (frame(PING, "after the close", fin=False),)),
    Behind("text-that-is-no-utf-8", (frame(TEXT, b"\xff"),), MessageIs(TEXT)),
    Behind("one-byte-close", (frame(CLOSE, b"\x03"),)),
)


DROPS_IT_ALL = Reaction("ends TCP without a Close", (Ends(reset=False),), (CLOSE_COMES_FIRST,))
"""What a target may do that reads further than the Close, and finds what makes no sense (§10.7; policy page, A93)."""


def closes_all_the_same(*processed: Pattern, also: Iterable[Reaction] = ()) -> tuple[Step, ...]:
    """The target answers the Close and ends TCP, as if nothing came behind the Close.

    What it does with the frames there before it answers, ``processed``, is a departure (policy page, A32). Unread bytes
    may make TCP reset, and a reset may overtake the Close.
    """
    return (
        answers_the_first(
            1000,
            *also,
            *(
                Reaction("processes what is behind the Close", (pattern, ANY_CLOSE), (DATA_IS_NOT_PROCESSED,))
                for pattern in processed
            ),
        ),
        ends_tcp(about=(NOTHING_FOLLOWS,)),
    )


CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"closing/behind/{behind.words}",
            roles=BOTH,
            verifies=(DATA_IS_NOT_PROCESSED, NOTHING_FOLLOWS),
            steps=(
                *opened(),
                send(close_frame(), *behind.frames),
                *closes_all_the_same(*([behind.message] if behind.message else []), also=also),
            ),
            because="§1.4, §5.5.1: what comes behind a Close is thrown away, and no data is sent behind the answer.",
        )
        for behinds, also in ((LAWFUL_BUT_FOR_THE_CLOSE, ()), (WRONG_BESIDES, (DROPS_IT_ALL,)))
        for behind in behinds
    ),
    Case(
        id="closing/behind/unmasked-text",
        roles=SERVERS,
        verifies=(DATA_IS_NOT_PROCESSED, NOTHING_FOLLOWS),
        steps=(
            *opened(),
            send(close_frame(), frame(TEXT, "after the close", masked=False)),
            *closes_all_the_same(MessageIs(TEXT, b"after the close"), also=(DROPS_IT_ALL,)),
        ),
        because="§1.4, §5.5.1: what comes behind a Close is thrown away, faults and all.",
    ),
    Case(
        id="closing/behind/ping",
        roles=BOTH,
        verifies=(NO_PONG_NEEDED, DATA_IS_NOT_PROCESSED),
        steps=(
            *opened(),
            send(close_frame(), frame(PING, "after the close")),
            expect(
                *any_answers(1000),
                Reaction("resets TCP", (Ends(reset=True),), (ENDS_CLEANLY,)),
                Reaction("answers the Ping first", (PongIs(b"after the close"), ANY_CLOSE), (NO_PONG_NEEDED,)),
                about=(IS_ANSWERED,),
            ),
            ByRole(
                server=(
                    expect(
                        Reaction("ends TCP", (Ends(reset=False),)),
                        Reaction("resets TCP", (Ends(reset=True),), (ENDS_CLEANLY,)),
                        Reaction("answers the Ping, too", (PongIs(b"after the close"), Ends()), (NO_PONG_NEEDED,)),
                        about=(ENDS_AT_ONCE,),
                    ),
                ),
                client=(End(),),
            ),
        ),
        because="§5.5.2: a Ping is not answered by an endpoint that has received a Close.",
    ),
    Case(
        id="closing/behind/rest-of-a-message",
        roles=BOTH,
        verifies=(DATA_IS_NOT_PROCESSED, NOTHING_FOLLOWS),
        steps=(
            *opened(),
            send(frame(TEXT, "fragment1", fin=False), close_frame(), frame(CONTINUATION, "fragment2")),
            *closes_all_the_same(MessageIs(TEXT, b"fragment1fragment2")),
        ),
        because="§1.4, §5.5.1: the rest of a message that comes behind a Close is thrown away with all that does.",
    ),
    Case(
        id="closing/behind/text-and-ping-after-a-long-text",
        roles=BOTH,
        verifies=(NOTHING_FOLLOWS,),
        steps=(
            *opened(),
            send(frame(TEXT, "long " * 20_000), close_frame(), frame(TEXT, "after the close"), frame(PING)),
            expect(
                *any_answers(1000),
                *any_answers(1000, MessageIs()),
                Reaction(
                    "processes what is behind the Close",
                    (MessageIs(), MessageIs(), ANY_CLOSE),
                    (DATA_IS_NOT_PROCESSED,),
                ),
                Reaction("resets TCP", (Ends(reset=True),), (ENDS_CLEANLY,)),
                about=(IS_ANSWERED,),
            ),
            ends_tcp(about=(NOTHING_FOLLOWS,)),
        ),
        because="§5.5.1: no data frame follows the answer, however much there is to say when the Close comes.",
    ),
    Case(
        id="closing/behind/text-after-both-closes",
        roles=BOTH,
        verifies=(NOTHING_FOLLOWS,),
        steps=(
            *opened(),
            send(close_frame()),
            answers(1000),
            send(frame(TEXT, "after both closes")),
            ends_tcp(about=(NOTHING_FOLLOWS,)),
        ),
        because="§5.5.1: no data frame follows the answer, whatever still comes.",
    ),
)
