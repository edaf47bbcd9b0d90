"""Compressed messages of many lengths, in one frame and in many, under each of the usual offers."""

from __future__ import annotations

from functools import cache

from ws_conformance.deflate import Match, fixed, message, stored
from ws_conformance.model import BOTH, SERVERS, Case
from ws_conformance.vocabulary import echoes, send
from ws_conformance.wire import BINARY, TEXT

from .words import DEFLATE, compressed_fragments, noise, opened_with_deflate, verifying

LENGTHS = (16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072)
CUT: tuple[tuple[int, int], ...] = (
    (8192, 256),
    (16_384, 256),
    (32_768, 256),
    (65_536, 256),
    (131_072, 256),
    (131_072, 1024),
    (131_072, 4096),
    (131_072, 32_768),
)
"""Lengths of messages, and of the frames that their compressed payload is cut into, in bytes."""

NOISE = 8192
PERIOD = 1000
"""How many digits at most are chosen at random, and after how many they begin again where that would be too many.

Any compressor finds such a period, so that an answer is soon read; and in no window that is too small does it fit.
"""

FARTHEST = 16_384
"""How far back a match reaches at most."""

BLOCK = 32_768
"""How many digits a block gives at most."""

TYPES = (("text", TEXT), ("binary", BINARY))


@cache
def text(length: int) -> tuple[bytes, bytes]:
    """Return a compressed message and the hexadecimal digits it says, the second half as repetitions of the first."""
    half = length // 2
    period = half if half <= NOISE else PERIOD
    digits = (noise(period // 2).hex().encode() * (length // period + 1))[:length]
    distance = min(half, FARTHEST) // period * period
    matches, left = [], half
    while left:
        taken = min(258, left if left <= 258 else left - 3)
        matches.append(Match(taken, distance))
        left -= taken
    given = (stored(digits[start : min(start + BLOCK, half)]) for start in range(0, half, BLOCK))
    return message(*given, fixed(matches)), digits


def _case(words: str, kind: str, opcode: int, length: int, frame_length: int | None) -> Case:
    payload, output = text(length)
    step = frame_length or len(payload)
    parts = [payload[start : start + step] for start in range(0, len(payload), step)]
    frames = compressed_fragments(opcode, *parts)
    verifies = ("7692/6.2/fragments-are-joined-and-decompressed",) if frame_length else ()
    return Case(
        id=f"deflate/sizes/{kind}-of-{length}-bytes{words}",
        roles=BOTH,
        verifies=verifying(*verifies),
        steps=(
            *opened_with_deflate(),
            *(step for _ in range(2) for step in (send(*frames), echoes(opcode, output))),
        ),
        because="RFC 7692 §6.2: a compressed message is read at any length, and however it is cut into frames.",
    )


OFFERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("without-a-request", (DEFLATE,)),
    ("to-forget", (f"{DEFLATE}; server_no_context_takeover",)),
    ("for-9-bits", (f"{DEFLATE}; server_max_window_bits=9",)),
    ("for-15-bits", (f"{DEFLATE}; server_max_window_bits=15",)),
    ("to-forget-and-for-9-bits", (f"{DEFLATE}; server_no_context_takeover; server_max_window_bits=9",)),
    ("to-forget-and-for-15-bits", (f"{DEFLATE}; server_no_context_takeover; server_max_window_bits=15",)),
    (
        "of-three-kinds",
        (
            f"{DEFLATE}; server_no_context_takeover; server_max_window_bits=9",
            f"{DEFLATE}; server_no_context_takeover",
            DEFLATE,
        ),
    ),
)
"""What is asked of a server, each time by a client that hints at what it can do itself."""

_HINTS = "; client_no_context_takeover; client_max_window_bits"


def _within_8_bits(word: bytes) -> bytes:
    """Return a compressed message that every window can read: ``word``, three times."""
    return message(stored(word), fixed([Match(2 * len(word), len(word))]))


_WORDS = (b"alpha ", b"beta ", b"gamma ")

CASES: tuple[Case, ...] = (
    *(_case("", kind, opcode, length, None) for kind, opcode in TYPES for length in LENGTHS),
    *(
        _case(f"-in-frames-of-{frame_length}", kind, opcode, length, frame_length)
        for kind, opcode in TYPES
        for length, frame_length in CUT
    ),
    *(
        Case(
            id=f"deflate/sizes/messages-under-an-offer-{words}",
            roles=SERVERS,
            verifies=verifying("7692/5/agreed-extension-is-used-as-agreed"),
            steps=(
                *opened_with_deflate(", ".join(offer + _HINTS for offer in offers)),
                *(
                    step
                    for word in _WORDS * 2
                    for step in (
                        send(*compressed_fragments(TEXT, _within_8_bits(word))),
                        echoes(TEXT, word * 3),
                    )
                ),
            ),
            because="RFC 7692 §5: whatever was agreed upon, messages within it are read and answered as it says.",
        )
        for words, offers in OFFERS
    ),
)
