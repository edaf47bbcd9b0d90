"""What a compressed message may be made of: blocks of each type, their codes, their edges, and how they end."""

from __future__ import annotations

from itertools import repeat
from typing import NamedTuple

from ws_conformance.deflate import Bits, Literal, Match, Token, dynamic, dynamic_header, expand, fixed, message, stored
from ws_conformance.model import BOTH, Case, CloseIs, Ends, Expect, MessageIs, Need, Reaction, RequirementId
from ws_conformance.vocabulary import echoes, expect, send
from ws_conformance.wire import BINARY, TEXT

from .words import HELLO, KEEPS_OUR_WINDOW, compressed, gives_up, noise, opened_with_deflate, verifying


class Shape(NamedTuple):
    """One compressed message that says ``output``."""

    words: str
    payload: bytes
    output: bytes
    verifies: tuple[RequirementId, ...]
    because: str


def _says(words: str, tokens: tuple[Token, ...], requirement: RequirementId, because: str) -> Shape:
    """Return one block with fixed codes that means ``tokens``."""
    return Shape(words, message(fixed(tokens)), expand(tokens), (requirement,), because)


_HELLO = Literal(b"Hello")
_ANY_TYPE = "7692/7.2.1/blocks-of-any-type-are-read"
_SEVERAL = "7692/7.2.1/several-blocks-are-read"
_FINAL = "7692/7.2.1/final-blocks-are-read"
_NO_DISTANCE = dynamic([_HELLO])
_EVERY_LENGTH: tuple[Token, ...] = (Literal(b"ab"), *(Match(length, 2) for length in range(3, 259)))

_EXAMPLES = (
    Shape(
        "one-fixed-block",
        message(fixed([_HELLO])),
        b"Hello",
        ("7692/7.2.3.1/one-block-with-fixed-codes-is-read", "7692/6.1/compressed-bytes-need-not-be-utf-8"),
        "RFC 7692 §7.2.3.1: the example with one block; its compressed bytes are no UTF-8, and need not be.",
    ),
    Shape(
        "one-stored-block",
        message(stored(b"Hello")),
        b"Hello",
        ("7692/7.2.3.3/stored-block-is-read", _ANY_TYPE),
        "RFC 7692 §7.2.3.3: the example with a block that compresses nothing.",
    ),
    Shape(
        "one-dynamic-block",
        message(dynamic([_HELLO, Match(10, 5)])),
        b"HelloHelloHello",
        ("1951/3.2.7/dynamic-codes-are-read", _ANY_TYPE),
        "RFC 7692 §7.2.1: blocks of any type may be used, those that bring their own codes too.",
    ),
    Shape(
        "a-final-block",
        message(fixed([_HELLO], final=True)),
        b"Hello",
        ("7692/7.2.3.4/final-block-is-read", _FINAL),
        "RFC 7692 §7.2.3.4: the example whose block has BFINAL set, with one more byte behind it.",
    ),
    Shape(
        "two-blocks-with-an-empty-one-between",
        message(fixed([Literal(b"H")]), stored(), fixed([Literal(b"ello")])),
        b"Hello",
        ("7692/7.2.3.5/two-blocks-are-read", _SEVERAL),
        "RFC 7692 §7.2.3.5: the example of two blocks, with the end of a flush between them.",
    ),
)

_ENDS = (
    Shape(
        "a-final-block-in-the-middle",
        message(fixed([Literal(b"Hel")], final=True), fixed([Literal(b"lo")])),
        b"Hello",
        (_FINAL, _SEVERAL),
        "RFC 7692 §7.2.1: a block with BFINAL set ends no message; others may follow it.",
    ),
    Shape(
        "a-final-stored-block-in-the-middle",
        message(stored(b"Hel", final=True), fixed([Literal(b"lo")])),
        b"Hello",
        (_FINAL, _SEVERAL),
        "RFC 7692 §7.2.1: also a stored block may have BFINAL set, and others behind it.",
    ),
    Shape(
        "every-block-final",
        message(*(fixed([Literal(bytes((letter,)))], final=True) for letter in b"Hello")),
        b"Hello",
        (_FINAL, _SEVERAL),
        "RFC 7692 §7.2.1: as many blocks of a message as one likes have BFINAL set.",
    ),
    Shape(
        "an-empty-final-block-at-the-end",
        message(fixed([_HELLO]), fixed(final=True)),
        b"Hello",
        (_FINAL,),
        "RFC 7692 §7.2.1: the last block with BFINAL set may be an empty one.",
    ),
    Shape(
        "a-match-over-a-final-block",
        message(fixed([_HELLO], final=True), fixed([Match(5, 5)])),
        b"HelloHello",
        ("7692/7.2.1/window-outlives-a-final-block", _FINAL),
        "RFC 7692 §7.2.1: the window goes on behind a block with BFINAL set.",
    ),
)

_BLOCKS = (
    Shape(
        "matches-over-blocks-of-all-types",
        message(
            stored(b"stored "),
            fixed([Literal(b"fixed "), Match(7, 13)]),
            dynamic([Literal(b"dynamic "), Match(13, 28)]),
            stored(b"end"),
        ),
        b"stored fixed stored dynamic stored fixed end",
        ("1951/3.2.3/matches-go-back-over-blocks", _ANY_TYPE, _SEVERAL),
        "RFC 1951 §3.2.3: a match may reach into blocks before its own.",
    ),
    Shape(
        "a-thousand-empty-blocks",
        message(*[fixed()] * 1000, fixed([_HELLO])),
        b"Hello",
        ("1951/3.3/receiver-reads-everything", _SEVERAL),
        "RFC 1951 §3.3: nothing limits how many blocks there are, and empty ones are blocks.",
    ),
    Shape(
        "an-empty-block-of-each-type",
        message(stored(), fixed(), dynamic(), fixed([_HELLO])),
        b"Hello",
        ("1951/3.3/receiver-reads-everything", _SEVERAL, _ANY_TYPE),
        "RFC 1951 §3.3: blocks of all types may be empty.",
    ),
    *(
        Shape(
            f"a-stored-block-behind-bits-of-{fill}",
            message(fixed([Literal(b"Hel")]), stored(b"lo", fill=fill)),
            b"Hello",
            ("1951/3.2.4/bits-before-the-lengths-are-skipped",),
            "RFC 1951 §3.2.4: the bits between the header of a stored block and the next byte are passed over.",
        )
        for fill in (0, 1)
    ),
    *(
        Shape(
            f"a-stored-block-of-{length}-bytes",
            message(stored(noise(length))),
            noise(length),
            ("1951/3.2.4/stored-block-may-have-any-length",),
            "RFC 1951 §3.2.4: the length of a stored block has sixteen bits, and may have each value.",
        )
        for length in (1, 255, 256, 65_534, 65_535)
    ),
    *(
        Shape(
            f"a-second-block-at-bit-{(10 + count) % 8}",
            message(fixed([Literal(b"\xff" * count)]), fixed([Literal(b"second")])),
            b"\xff" * count + b"second",
            ("1951/3.2.3/blocks-begin-at-any-bit", _SEVERAL),
            "RFC 1951 §3.2.3: a block begins with the bit behind the last one.",
        )
        for count in range(8)
    ),
)

_CODES = (
    _says(
        "every-literal",
        (Literal(bytes(range(256))),),
        "1951/3.2.6/fixed-codes-are-read",
        "RFC 1951 §3.2.6: literals from 144 on have codes of nine bits, the others of eight.",
    ),
    _says(
        "every-length",
        _EVERY_LENGTH,
        "1951/3.2.5/every-length-is-read",
        "RFC 1951 §3.2.5: matches have 3 to 258 bytes.",
    ),
    _says(
        "literals-and-matches-mixed",
        (Literal(b"to be or not "), Match(5, 13), Literal(b"\xc3\xa9!"), Match(8, 14)),
        "1951/3.1.1/bits-fill-a-byte-from-the-lowest",
        "RFC 1951 §3.1.1: codes and extra bits follow each other without regard to bytes, in opposite bit orders.",
    ),
    _says(
        "a-match-longer-than-its-distance",
        (Literal(b"a"), Match(258, 1), Literal(b"bc"), Match(5, 2)),
        "1951/3.2.3/match-may-overlap-what-it-makes",
        "RFC 1951 §3.2.3: a match may go on into what it has just made.",
    ),
    Shape(
        "every-distance-code",
        message(
            stored(noise(32_768)),
            fixed([Match(3, distance) for distance in (*range(1, 258), 4096, 4097, 16_385, 24_577, 32_768)]),
        ),
        noise(32_768)
        + expand([Match(3, d) for d in (*range(1, 258), 4096, 4097, 16_385, 24_577, 32_768)], noise(32_768)),
        ("1951/3.2.5/every-distance-is-read",),
        "RFC 1951 §3.2.5: matches go back by 1 to 32,768 bytes, where no smaller window was agreed upon.",
    ),
    Shape(
        "dynamic-codes-of-1-to-15-bits",
        message(
            dynamic(
                [Literal(bytes(range(97, 111)))],
                literal_lengths={**{96 + width: width for width in range(1, 15)}, 111: 15, 256: 15},
            )
        ),
        bytes(range(97, 111)),
        ("1951/3.2.2/codes-follow-from-their-lengths", "1951/3.2.7/dynamic-codes-are-read"),
        "RFC 1951 §3.2.2: codes have up to fifteen bits, and follow from their lengths.",
    ),
    Shape(
        "one-distance-code-of-one-bit",
        message(dynamic([_HELLO, Match(5, 5)], distance_lengths={4: 1})),
        b"Hello" + expand([Match(5, 5)], b"Hello"),
        ("1951/3.2.7/one-distance-code-has-one-bit",),
        "RFC 1951 §3.2.7: a single distance code takes one bit.",
    ),
    Shape(
        "no-distance-code",
        message(_NO_DISTANCE),
        b"Hello",
        ("1951/3.2.7/no-distance-code-is-read",),
        "RFC 1951 §3.2.7: a block without matches has one distance code, of no bits.",
    ),
    Shape(
        "as-many-codes-as-there-may-be",
        message(
            dynamic(
                [_HELLO, Match(5, 5)],
                literal_lengths={symbol: 8 if symbol < 226 else 9 for symbol in range(286)},
                distance_lengths={symbol: 4 if symbol < 2 else 5 for symbol in range(30)},
            )
        ),
        b"HelloHello",
        ("1951/3.2.7/dynamic-codes-are-read", "1951/3.2.7/repeated-lengths-are-read"),
        "RFC 1951 §3.2.7: up to 286 codes for literals and lengths, and 30 for distances, with their lengths repeated.",
    ),
    Shape(
        "a-repetition-across-the-alphabets",
        # The codes are 0 for "a", 10 for 255 and 11 for the end of the block; four distances have two bits each.
        message(
            (
                *dynamic_header(257, 4, ((18, 97 - 11), (1, 0), (18, 138 - 11), (18, 19 - 11), (2, 0), (16, 5 - 3))),
                Bits(0b11_000, 5),
            )
        ),
        b"aaa",
        ("1951/3.2.7/repetition-crosses-the-alphabets", "1951/3.2.7/repeated-lengths-are-read"),
        "RFC 1951 §3.2.7: the lengths of both alphabets are one sequence, and a repetition may run over the edge.",
    ),
)


def _ends_or_delivers(payload: bytes, *departs_from: RequirementId) -> Expect:
    """The target ends the connection, or else delivers the text and by that departs from ``departs_from``."""
    return expect(
        Reaction("sends a Close", (CloseIs(frozenset(), negated=True),)),
        Reaction("ends TCP without a Close", (Ends(),)),
        Reaction("echoes the message", (MessageIs(TEXT, payload),), departs_from),
        needs=frozenset({Need.ECHO}),
    )


_MEBIBYTE: tuple[Token, ...] = (Literal(bytes(4)), *repeat(Match(258, 1), 4064), Match(60, 1))
SHAPES = (*_EXAMPLES, *_ENDS, *_BLOCKS, *_CODES)

CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"deflate/data/{shape.words}",
            roles=BOTH,
            verifies=verifying(*shape.verifies),
            steps=(*opened_with_deflate(), send(compressed(BINARY, shape.payload)), echoes(BINARY, shape.output)),
            because=shape.because,
        )
        for shape in SHAPES
    ),
    *(
        Case(
            id=f"deflate/data/an-empty-{words}",
            roles=BOTH,
            verifies=verifying("7692/7.2.3.6/empty-message-is-read", "7692/7.2.2/tail-is-appended"),
            steps=(*opened_with_deflate(), send(compressed(opcode, b"\x00")), echoes(opcode, b"")),
            because="RFC 7692 §7.2.3.6: one byte of 0 is all that is left of an empty message.",
        )
        for words, opcode in (("text", TEXT), ("binary-message", BINARY))
    ),
    Case(
        id="deflate/data/a-text",
        roles=BOTH,
        verifies=verifying("7692/6.1/opcode-of-the-original-is-read", "7692/6.1/compressed-bytes-need-not-be-utf-8"),
        steps=(*opened_with_deflate(), send(compressed(TEXT, HELLO)), echoes(TEXT, "Hello")),
        because="RFC 7692 §6.1: the opcode is that of the message before it was compressed.",
    ),
    Case(
        id="deflate/data/a-final-block-and-another-message",
        roles=BOTH,
        verifies=verifying("7692/7.2.3.4/final-block-is-read", "7692/7.2.1/window-outlives-a-final-block"),
        steps=(
            *opened_with_deflate(agreed=KEEPS_OUR_WINDOW),
            send(compressed(TEXT, message(fixed([_HELLO], final=True)))),
            echoes(TEXT, "Hello"),
            send(compressed(TEXT, message(fixed([Match(5, 5)])))),
            echoes(TEXT, "Hello"),
        ),
        because="RFC 7692 §7.2.3.4: behind a message with a final block the next one is read like all others.",
    ),
    Case(
        id="deflate/data/a-tail-that-was-kept",
        roles=BOTH,
        verifies=("7692/7.2.2/kept-tail-may-be-refused",),
        steps=(
            *opened_with_deflate(),
            send(compressed(TEXT, message(fixed([_HELLO]), tail_kept=4))),
            _ends_or_delivers(b"Hello", "7692/7.2.2/kept-tail-may-be-refused"),
        ),
        because="RFC 7692 §7.2.2: with four bytes put back the data ends inside a block, but the message is not hurt.",
    ),
    Case(
        id="deflate/data/no-payload",
        roles=BOTH,
        verifies=("7692/7.2.2/compressed-message-without-payload",),
        steps=(
            *opened_with_deflate(),
            send(compressed(TEXT, b"")),
            _ends_or_delivers(b"", "7692/7.2.2/compressed-message-without-payload"),
        ),
        because="RFC 7692 §7.2.2: the four bytes put back are no whole block; many read an empty message.",
    ),
    Case(
        id="deflate/data/a-code-with-unused-codes",
        roles=BOTH,
        verifies=("1951/3.2.2/too-few-codes-are-no-fault-that-is-named",),
        steps=(
            *opened_with_deflate(),
            send(compressed(TEXT, message(dynamic([Literal(b"aa")], literal_lengths={97: 2, 256: 2})))),
            _ends_or_delivers(b"aa"),
        ),
        because="RFC 1951 §3.2.2: nothing says that each code has a symbol; both reading it and ending are lawful.",
    ),
    Case(
        id="deflate/data/a-mebibyte-in-a-kilobyte",
        roles=BOTH,
        verifies=("1951/3.3/receiver-reads-everything", "7692/6/compressed-message-is-decompressed"),
        steps=(
            *opened_with_deflate(),
            send(compressed(BINARY, message(dynamic(_MEBIBYTE)))),
            expect(
                Reaction("echoes the message", (MessageIs(BINARY, bytes(1 << 20)),)),
                *gives_up(),
                needs=frozenset({Need.ECHO}),
            ),
        ),
        because="RFC 1951 §3.3: a block may stand for much more than it has; what is too much, each receiver decides.",
    ),
)
