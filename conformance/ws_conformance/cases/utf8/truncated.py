"""Text that ends before its last character does, which fails the connection (RFC 6455 §8.1, RFC 3629 §4)."""

from __future__ import annotations

from typing import NamedTuple

from ws_conformance.model import BOTH, Case
from ws_conformance.vocabulary import fragments, frame
from ws_conformance.wire import CONTINUATION, PING, TEXT, WireFrame

from .malformed import COMPLETE, FAILS, NEVER, OVERLONG, not_taken

INCOMPLETE = "6455/8.1/incomplete-utf-8-at-the-end-fails"

GREEK = "κ\u1f79σμε".encode()
WHOLE_CHARACTERS = frozenset({2, 5, 7, 9, 11})
"""Behind how many bytes of GREEK a character ends."""


class Cut(NamedTuple):
    """A text without its end, as frames, and what is missing."""

    words: str
    frames: tuple[WireFrame, ...]
    what: str


def hexadecimal(data: bytes) -> str:
    """Return ``data`` as it stands in an id."""
    return data.hex("-")


BEGINNINGS = tuple(
    Cut(
        hexadecimal(beginning),
        (frame(TEXT, beginning),),
        f"{missing} of {len(beginning) + missing} bytes",
    )
    for beginning, missing in (
        (b"\xc2", 1),
        (b"\xdf", 1),
        (b"\xe0\xa0", 1),
        (b"\xe2", 2),
        (b"\xe2\x82", 1),
        (b"\xed\x9f", 1),
        (b"\xef\xbf", 1),
        (b"\xf0", 3),
        (b"\xf0\x9f", 2),
        (b"\xf0\x9f\x98", 1),
        (b"\xf4\x8f\xbf", 1),
    )
)
OF_A_WORD = tuple(
    Cut(f"greek-word-at-byte-{length}", (frame(TEXT, GREEK[:length]),), "a part of the last letter")
    for length in range(1, len(GREEK))
    if length not in WHOLE_CHARACTERS
)
IN_FRAGMENTS = (
    Cut("empty-final-fragment", fragments(TEXT, b"a\xc3", b""), "the tail that an empty fragment cannot bring"),
    Cut("empty-final-fragment-two-missing", fragments(TEXT, b"a\xf0\x9d", b""), "two tails"),
    Cut(
        "only-empty-fragments-behind",
        fragments(TEXT, b"\xe2\x82", b"", b"", b""),
        "the tail, in spite of three more fragments",
    ),
    Cut("last-of-three-fragments", fragments(TEXT, "first ", "second ", b"third \xe2"), "two tails"),
    Cut("three-of-four-in-single-bytes", fragments(TEXT, b"\xf0", b"\x9d", b"\x84"), "the last tail"),
    Cut(
        "ping-before-the-empty-final-fragment",
        (frame(TEXT, b"a\xc3", fin=False), frame(PING, b"inside"), frame(CONTINUATION)),
        "the tail, for which a Ping is no substitute",
    ),
    Cut("behind-125-bytes", (frame(TEXT, b"a" * 124 + b"\xc3"),), "the tail, behind as many bytes as 7 bits can count"),
    Cut(
        "behind-65535-bytes",
        (frame(TEXT, b"a" * 65_534 + b"\xc3"),),
        "the tail, behind as many bytes as 16 bits can count",
    ),
)


class NoBeginning(NamedTuple):
    """A sequence without its last byte that would be no UTF-8 with it either."""

    beginning: bytes
    rule: str


NO_BEGINNINGS = (
    NoBeginning(b"\xe0\x80", OVERLONG),
    NoBeginning(b"\xf0\x80\x80", OVERLONG),
    NoBeginning(b"\xf8\x80\x80\x80", NEVER),
    NoBeginning(b"\xfc\x80\x80\x80\x80", NEVER),
    NoBeginning(b"\xf7\xbf\xbf", NEVER),
    NoBeginning(b"\xfb\xbf\xbf\xbf", NEVER),
    NoBeginning(b"\xfd\xbf\xbf\xbf\xbf", NEVER),
)

CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"utf8/truncated/{cut.words}",
            roles=BOTH,
            verifies=(INCOMPLETE, COMPLETE),
            steps=not_taken(*cut.frames),
            because=f"RFC 3629 §4: the last character is not whole; what is missing is {cut.what}.",
        )
        for cut in (*BEGINNINGS, *OF_A_WORD, *IN_FRAGMENTS)
    ),
    *(
        Case(
            id=f"utf8/truncated/{hexadecimal(beginning)}",
            roles=BOTH,
            verifies=(FAILS, rule),
            steps=not_taken(frame(TEXT, beginning)),
            because="RFC 3629 §4: the sequence lacks its last byte, and would be no UTF-8 with it either.",
        )
        for beginning, rule in NO_BEGINNINGS
    ),
)
