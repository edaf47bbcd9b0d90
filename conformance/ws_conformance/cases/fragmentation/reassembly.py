"""Messages in fragments, put together again (RFC 6455 §5.4)."""

from __future__ import annotations

from ws_conformance.cases.framing.latitude import counting, echoes_within_limits
from ws_conformance.model import BOTH, Case, Expect, MessageIs, Need, Step
from ws_conformance.vocabulary import echoes, expect, fragments, frame, in_any_order, opened, send
from ws_conformance.wire import BINARY, TEXT

REASSEMBLED = "6455/5.4/fragments-are-reassembled"
ANY_SIZE = "6455/5.4/fragments-of-any-size-are-accepted"
CHANGES_NOTHING = "6455/5.4/fragmentation-changes-nothing"
IN_ORDER = "6455/5.4/fragments-are-delivered-in-order"
TYPE_OF_THE_FIRST = "6455/5.4/first-fragment-sets-the-type"
NEXT_BEGINS_ANEW = "6455/6.2/next-data-frame-begins-a-new-message"

TYPES = (("text", TEXT), ("binary", BINARY))


def pieces(payload: bytes, count: int) -> tuple[bytes, ...]:
    """Cut ``payload`` into ``count`` pieces of the same length but for the last."""
    step = len(payload) // count
    return (*(payload[i * step : (i + 1) * step] for i in range(count - 1)), payload[(count - 1) * step :])


def one_by_one(opcode: int, *payloads: str) -> tuple[Step, ...]:
    """Send a message with each fragment in a segment of its own."""
    return tuple(send(part) for part in fragments(opcode, *payloads))


def echoes_both(first: tuple[int, str], second: tuple[int, str]) -> Expect:
    """The application sends both messages back; in which order is its own affair."""
    patterns = (MessageIs(opcode, text.encode()) for opcode, text in (first, second))
    return expect(*in_any_order("echoes both messages", *patterns), needs=frozenset({Need.ECHO}))


BY_NUMBER = tuple(
    Case(
        id=f"fragmentation/reassembly/{name}-in-{count}-fragments",
        roles=BOTH,
        verifies=(REASSEMBLED, IN_ORDER, TYPE_OF_THE_FIRST, "6455/5.4/fragmented-messages-are-supported"),
        steps=(
            *opened(),
            send(*fragments(opcode, *pieces(counting(120), count))),
            echoes_within_limits(opcode, counting(120), count),
        ),
        because="§5.4: a message in fragments is the same as one whose payload is theirs, joined in order.",
    )
    for name, opcode in TYPES
    for count in (2, 3, 10, 120)
)

EMPTY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("first", ("", "the rest")),
    ("last", ("all of it", "")),
    ("middle", ("before", "", " and behind")),
    ("first-and-last", ("", "in the middle", "")),
    ("first-and-middle", ("", "", "at the end")),
    ("all-of-two", ("", "")),
    ("all-of-three", ("", "", "")),
    ("fifty", (*[""] * 50, "at the end")),
)
"""Messages with empty fragments, and which those are."""

WITH_EMPTY_ONES = tuple(
    Case(
        id=f"fragmentation/empty/{name}-{place}",
        roles=BOTH,
        verifies=(ANY_SIZE, REASSEMBLED),
        steps=(
            *opened(),
            send(*fragments(opcode, *payloads)),
            echoes_within_limits(opcode, "".join(payloads).encode(), len(payloads)),
        ),
        because="§5.4: fragments may have any size, and 0 is one; only FIN ends a message.",
    )
    for name, opcode in TYPES
    for place, payloads in (EMPTY if opcode == TEXT else EMPTY[:3])
)

SIZES: tuple[tuple[int, ...], ...] = (
    (1, 1),
    (1, 125),
    (125, 1),
    (125, 126),
    (126, 125),
    (0, 126, 0),
    (1, 126, 1),
    (1, 65_535),
    (65_536, 1),
)

BY_SIZE = tuple(
    Case(
        id=f"fragmentation/size/{'-and-'.join(str(size) for size in sizes)}-bytes",
        roles=BOTH,
        verifies=(ANY_SIZE, REASSEMBLED),
        steps=(
            *opened(),
            send(
                *fragments(
                    BINARY,
                    *(counting(sum(sizes))[sum(sizes[:i]) : sum(sizes[: i + 1])] for i in range(len(sizes))),
                )
            ),
            echoes_within_limits(BINARY, counting(sum(sizes))),
        ),
        because="§5.4: fragments may have any size, each with the form of length that it needs.",
    )
    for sizes in SIZES
)

IN_FRAGMENTS_OF_1300 = (
    Case(
        id="fragmentation/size/65536-bytes-by-1300",
        roles=BOTH,
        verifies=(ANY_SIZE, REASSEMBLED),
        steps=(
            *opened(),
            send(*fragments(TEXT, *(counting(65_536)[i : i + 1300] for i in range(0, 65_536, 1300)))),
            echoes_within_limits(TEXT, counting(65_536)),
        ),
        because="§5.4: a long message in many fragments is one message.",
    ),
)

ONE_BY_ONE = tuple(
    Case(
        id=f"fragmentation/reassembly/{name}-one-fragment-at-a-time",
        roles=BOTH,
        verifies=(REASSEMBLED, CHANGES_NOTHING),
        steps=(
            *opened(),
            *one_by_one(opcode, "each ", "fragment ", "by ", "itself"),
            echoes(opcode, "each fragment by itself"),
        ),
        because="§5.4: when a fragment comes makes no difference to the message.",
    )
    for name, opcode in TYPES
)

CUTS: tuple[tuple[str, ...], ...] = (
    ("Hel", "lo"),
    ("H", "e", "l", "l", "o"),
)

CUT_ANYWHERE = tuple(
    Case(
        id=f"fragmentation/cuts/{'-'.join(cuts).lower()}",
        roles=BOTH,
        verifies=(CHANGES_NOTHING, REASSEMBLED),
        steps=(
            *opened(),
            send(frame(TEXT, "Hello"), note="the message in one frame"),
            echoes(TEXT, "Hello"),
            send(*fragments(TEXT, *cuts), note="the same message in fragments"),
            echoes(TEXT, "Hello"),
        ),
        because="§5.4: without extensions the cuts carry no meaning, so that the same message comes out of any.",
    )
    for cuts in CUTS
)

SEVERAL_MESSAGES = (
    *(
        Case(
            id=f"fragmentation/several/{first_name}-then-{second_name}",
            roles=BOTH,
            verifies=(NEXT_BEGINS_ANEW, TYPE_OF_THE_FIRST),
            steps=(
                *opened(),
                send(*fragments(first, "first ", "message")),
                echoes(first, "first message"),
                send(*fragments(second, "second ", "message")),
                echoes(second, "second message"),
            ),
            because="§5.4: FIN ends a message with its type; the next one has nothing of it.",
        )
        for first_name, first in TYPES
        for second_name, second in TYPES
    ),
    Case(
        id="fragmentation/several/fragments-then-whole",
        roles=BOTH,
        verifies=(NEXT_BEGINS_ANEW,),
        steps=(
            *opened(),
            send(*fragments(TEXT, "in ", "fragments")),
            echoes(TEXT, "in fragments"),
            send(frame(BINARY, "whole")),
            echoes(BINARY, "whole"),
        ),
        because="§5.4: FIN ends a message; a frame with FIN and an opcode other than 0 is the next one, whole.",
    ),
    Case(
        id="fragmentation/several/whole-then-fragments",
        roles=BOTH,
        verifies=(REASSEMBLED, "6455/5.4/unfragmented-messages-are-supported"),
        steps=(
            *opened(),
            send(frame(BINARY, "whole")),
            echoes(BINARY, "whole"),
            send(*fragments(TEXT, "in ", "fragments")),
            echoes(TEXT, "in fragments"),
        ),
        because="§5.4: messages may come in fragments and whole by turns.",
    ),
    Case(
        id="fragmentation/several/two-in-one-segment",
        roles=BOTH,
        verifies=(NEXT_BEGINS_ANEW, REASSEMBLED),
        steps=(
            *opened(),
            send(*fragments(TEXT, "first ", "message"), *fragments(BINARY, "second ", "message")),
            echoes_both((TEXT, "first message"), (BINARY, "second message")),
        ),
        because="§5.4: the frame behind the last fragment begins another message, in the same segment or not.",
    ),
    Case(
        id="fragmentation/several/empty-message-then-fragments",
        roles=BOTH,
        verifies=(NEXT_BEGINS_ANEW, ANY_SIZE),
        steps=(
            *opened(),
            send(*fragments(TEXT, "", ""), *fragments(TEXT, "behind an ", "empty message")),
            echoes_both((TEXT, ""), (TEXT, "behind an empty message")),
        ),
        because="§5.4: a message of empty fragments has an end like any other.",
    ),
)

CASES: tuple[Case, ...] = (
    *BY_NUMBER,
    *WITH_EMPTY_ONES,
    *BY_SIZE,
    *IN_FRAGMENTS_OF_1300,
    *ONE_BY_ONE,
    *CUT_ANYWHERE,
    *SEVERAL_MESSAGES,
)
