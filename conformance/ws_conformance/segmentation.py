"""How the examiner's bytes are cut before they go out: whatever the pieces, the verdict has to be the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random

from .memory import Delivery, byte_by_byte, cut_at
from .peer import Chunk
from .usage import UsageError

WHOLE, BYTES, GLUED, RANDOM = "whole", "bytes", "glued", "random"

SWEEP = "sweep"
"""How the words begin that a record has for a sweep."""

FINE_BYTES = 256
"""How many bytes of each chunk go out one by one; the rest follows in one piece."""

RANDOM_CUTS = 8
"""How many cuts a chunk gets at most where they are random."""

SWEEP_CUTS = 16
"""The last place at which a sweep cuts: behind the longest header of a frame, and two bytes of its payload."""


def glued(chunks: list[Chunk]) -> list[Chunk]:
    """Deliver in one piece what is said at one moment."""
    joined: list[Chunk] = []
    for chunk in chunks:
        if joined and isinstance(chunk, bytes) and isinstance(joined[-1], bytes):
            joined[-1] += chunk
        else:
            joined.append(chunk)
    return joined


def finely(chunks: list[Chunk]) -> Iterator[Chunk]:
    """Deliver the first FINE_BYTES of each chunk byte by byte, and the rest behind them."""
    for chunk in chunks:
        if isinstance(chunk, bytes) and len(chunk) > FINE_BYTES:
            yield from byte_by_byte([chunk[:FINE_BYTES]])
            yield chunk[FINE_BYTES:]
        else:
            yield from byte_by_byte([chunk])


def cut_randomly(source: Random) -> Delivery:
    """Return a delivery that cuts each chunk at up to RANDOM_CUTS places that ``source`` chooses."""

    def delivery(chunks: list[Chunk]) -> Iterator[Chunk]:
        for chunk in chunks:
            if not isinstance(chunk, bytes) or len(chunk) < 2:
                yield chunk
                continue
            count = min(source.randint(1, RANDOM_CUTS), len(chunk) - 1)
            places = sorted(source.sample(range(1, len(chunk)), count))
            yield from (chunk[start:end] for start, end in pairwise((0, *places, len(chunk))))

    return delivery


def check_segmentation(written: str) -> str:
    """Return ``written`` if it says how to cut. Raises UsageError."""
    kind, colon, seed = written.partition(":")
    if written in (WHOLE, BYTES, GLUED, RANDOM) or (kind == RANDOM and colon and seed):
        return written
    if written.isdecimal() and int(written) > 0:
        return written
    raise UsageError(
        f"--segmentation '{written}' is no way to cut",
        f"write {WHOLE}, {BYTES}, {GLUED}, {RANDOM}, {RANDOM}:SEED, or the number of bytes before the cut",
    )


def delivery_for(segmentation: str, case_id: str) -> Delivery | None:
    """Return how to cut in the case ``case_id``; None leaves the chunks as they are, as a sweep does at first."""
    kind, _, seed = segmentation.partition(":")
    match kind:
        case "whole":
            return None
        case words if words.startswith(SWEEP):
            return None
        case "bytes":
            return finely
        case "glued":
            return glued
        case "random":
            return cut_randomly(Random(f"{seed}/{case_id}"))
        case place:
            return cut_at(int(place))


def places_words(places: Sequence[int]) -> str:
    """Return "byte 3" or "byte 2, 3 or 5".

    >>> places_words([2, 3, 5])
    'byte 2, 3 or 5'
    """
    *others, last = map(str, places)
    return f"byte {', '.join(others)} or {last}" if others else f"byte {last}"
