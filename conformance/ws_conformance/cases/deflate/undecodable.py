"""Compressed data that has no meaning, which ends the connection: how is left to the target (policy page, A52)."""

from __future__ import annotations

from ws_conformance.deflate import (
    Aligned,
    Bits,
    Literal,
    Match,
    Pieces,
    Symbols,
    dynamic,
    dynamic_header,
    fixed,
    message,
    serialize,
    stored,
)
from ws_conformance.model import BOTH, Case, RequirementId
from ws_conformance.vocabulary import echoes, send
from ws_conformance.wire import BINARY, TEXT, WireFrame

from .words import HELLO, compressed, compressed_fragments, ends_the_connection, opened_with_deflate

_UNDECODABLE: RequirementId = "7692/7.2.2/undecodable-data-is-not-delivered"
_BROKEN_OFF: RequirementId = "7692/7.2.2/broken-off-data-is-not-delivered"

_HELLO = Literal(b"Hello")
_RESERVED: Pieces = (Bits(0b111, 3),)
_THREE_OF_ONE_BIT = ((18, 97 - 11), (1, 0), (1, 0), (18, 138 - 11), (18, 19 - 11), (1, 0), (0, 0))

_MEANINGLESS: tuple[tuple[str, bytes, RequirementId, str], ...] = (
    ("bytes-that-are-no-deflate", b"\xff\xff", "1951/3.2.3/reserved-block-type-fails", "a block of type 3 is an error"),
    (
        "a-reserved-block-type-behind-a-good-block",
        message(fixed([_HELLO]), _RESERVED),
        "1951/3.2.3/reserved-block-type-fails",
        "a block of type 3 is an error, wherever it stands",
    ),
    (
        "a-match-before-the-beginning",
        message(fixed([_HELLO, Match(3, 6)])),
        "1951/3.2.3/match-before-the-beginning-fails",
        "a match reaches no farther back than the output",
    ),
    (
        "a-match-without-anything-before-it",
        message(fixed([Match(3, 1)])),
        "1951/3.2.3/match-before-the-beginning-fails",
        "a match reaches no farther back than the output",
    ),
    (
        "a-stored-length-that-is-not-confirmed",
        message(stored(b"Hello", complement=5)),
        "1951/3.2.4/length-without-its-complement-fails",
        "the length of a stored block comes a second time, complemented",
    ),
    *(
        (
            f"the-literal-code-{symbol}",
            message(fixed([_HELLO, Symbols(symbol, distance=0)])),
            "1951/3.2.6/literal-codes-286-and-287-fail",
            "two of the fixed codes stand for nothing",
        )
        for symbol in (286, 287)
    ),
    *(
        (
            f"the-distance-code-{symbol}",
            message(fixed([_HELLO, Symbols(257, distance=symbol)])),
            "1951/3.2.6/distance-codes-30-and-31-fail",
            "two of the distance codes stand for nothing",
        )
        for symbol in (30, 31)
    ),
    (
        "too-many-literal-codes",
        message(dynamic_header(257, 1, _THREE_OF_ONE_BIT)),
        "1951/3.2.2/too-many-codes-fail",
        "of one bit there are two codes, not three",
    ),
    (
        "too-many-distance-codes",
        message(dynamic([_HELLO, Match(3, 1)], distance_lengths={0: 1, 1: 1, 2: 1})),
        "1951/3.2.2/too-many-codes-fail",
        "of one bit there are two codes, not three",
    ),
    (
        "too-many-codes-for-code-lengths",
        message(dynamic_header(257, 1, (), lengths={0: 1, 1: 1, 18: 1})),
        "1951/3.2.2/too-many-codes-fail",
        "of one bit there are two codes, not three",
    ),
    (
        "a-repetition-of-nothing",
        message(dynamic_header(257, 1, ((16, 0), (1, 0), (18, 127), (18, 105), (1, 0), (0, 0)))),
        "1951/3.2.7/repetition-of-nothing-fails",
        "the first code length cannot repeat the one before it",
    ),
    (
        "a-repetition-beyond-the-last-length",
        message(dynamic_header(257, 1, ((18, 97 - 11), (1, 0), (18, 127), (18, 20 - 11), (1, 0), (18, 127)))),
        "1951/3.2.7/repetition-beyond-the-last-length-fails",
        "no more code lengths follow than were announced",
    ),
)

_CUT_OFF: tuple[tuple[str, bytes, str], ...] = (
    ("inside-the-codes", serialize(dynamic([_HELLO, Match(3, 5)]))[:6], "inside the codes of a dynamic block"),
    ("inside-a-fixed-block", HELLO[:3], "inside a block with fixed codes"),
    ("inside-a-stored-block", message(stored(b"Hel", length=500)), "inside a stored block"),
    ("inside-the-length-of-a-stored-block", serialize((Bits(0, 3), Aligned(b"\x05\x00\xfa"))), "inside a length"),
)


def _ending(words: str, frames: tuple[WireFrame, ...], verifies: tuple[RequirementId, ...], because: str) -> Case:
    return Case(
        id=f"deflate/undecodable/{words}",
        roles=BOTH,
        verifies=verifies,
        steps=(*opened_with_deflate(), send(*frames), *ends_the_connection()),
        because=because,
    )


CASES: tuple[Case, ...] = (
    *(
        _ending(
            words,
            (compressed(BINARY, payload),),
            (_UNDECODABLE, requirement),
            f"RFC 1951 §{requirement.split('/')[1]}: {why}; nothing of the message is delivered.",
        )
        for words, payload, requirement, why in _MEANINGLESS
    ),
    *(
        _ending(
            f"broken-off-{words}",
            (compressed(BINARY, payload),),
            (_BROKEN_OFF,),
            f"RFC 7692 §7.2.2: with the four bytes put back, the data still ends {where}.",
        )
        for words, payload, where in _CUT_OFF
    ),
    _ending(
        "no-code-for-the-end-of-the-block",
        (compressed(BINARY, message(dynamic([Literal(b"ab")], ended=False, literal_lengths={97: 1, 98: 1}))),),
        ("1951/3.2.7/block-without-an-end-fails",),
        "RFC 1951 §3.2.7: a block ends with a code, so there has to be one; this one cannot but break off.",
    ),
    _ending(
        "in-the-last-fragment",
        compressed_fragments(BINARY, serialize(fixed([_HELLO]), stored()), b"\xff\xff"),
        (_UNDECODABLE,),
        "RFC 7692 §7.2.2: the message is all of its fragments; where the last has no meaning, there is no message.",
    ),
    Case(
        id="deflate/undecodable/behind-a-good-message",
        roles=BOTH,
        verifies=(_UNDECODABLE,),
        steps=(
            *opened_with_deflate(),
            send(compressed(TEXT, HELLO)),
            echoes(TEXT, "Hello"),
            send(compressed(BINARY, b"\xff\xff")),
            *ends_the_connection(),
        ),
        because="RFC 7692 §7.2.2: that messages before were good does not give this one a meaning.",
    ),
)
