"""The codes of DEFLATE: what its symbols mean, and which bits stand for them (RFC 1951 §3.2)."""

from __future__ import annotations

from collections.abc import Sequence

END_OF_BLOCK = 256
FIRST_LENGTH = 257
LAST_LENGTH = 285
LAST_DISTANCE = 29

LONGEST_CODE = 15
"""The longest code of any alphabet, in bits."""

WINDOW = 32_768
"""The largest distance, in bytes."""


def _ranges(first: int, extra_bits: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return, for symbols in a row, the first value each stands for and how many extra bits count on from it."""
    ranges = []
    for width in extra_bits:
        ranges.append((first, width))
        first += 1 << width
    return tuple(ranges)


# RFC 1951 §3.2.5. Symbol 284 with 31 in its extra bits is 258 as well; the table leaves that out, zlib reads it.
LENGTHS = (*_ranges(3, [max(0, i // 4 - 1) for i in range(28)]), (258, 0))
"""For length symbols from FIRST_LENGTH on: the shortest length, and the number of extra bits."""

DISTANCES = _ranges(1, [max(0, i // 2 - 1) for i in range(30)])
"""For distance symbols from 0 on: the smallest distance, and the number of extra bits."""

FIXED_LITERAL_LENGTHS = (8,) * 144 + (9,) * 112 + (7,) * 24 + (8,) * 8
FIXED_DISTANCE_LENGTHS = (5,) * 32
"""How long the codes of fixed blocks are, in bits (RFC 1951 §3.2.6)."""

CODE_LENGTH_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
"""In which order a dynamic block gives the lengths of the codes for code lengths (RFC 1951 §3.2.7)."""

REPEATS = {16: (3, 2), 17: (3, 3), 18: (11, 7)}
"""For the symbols that repeat a code length: the fewest times, and the number of extra bits."""


def unused_codes(lengths: Sequence[int]) -> int:
    """Return how many codes of LONGEST_CODE bits are left over; below 0, there are more codes than can be told apart.

    >>> unused_codes([2, 1, 3, 3])
    0
    """
    return (1 << LONGEST_CODE) - sum(1 << LONGEST_CODE - length for length in lengths if length)


def canonical_codes(lengths: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return symbol, code and its width in bits, for each symbol whose length is not 0 (RFC 1951 §3.2.2).

    The first bit of a code is the lowest of the number, as it is packed (RFC 1951 §3.1.1). Codes that do not fit into
    their width, where lengths leave no room for them, lose their upper bits.

    >>> [f"{code:0{width}b}"[::-1] for _, code, width in canonical_codes([2, 1, 3, 3])]
    ['0', '10', '110', '111']
    """
    codes = []
    code, width = 0, 0
    for symbol in sorted(range(len(lengths)), key=lengths.__getitem__):
        if lengths[symbol]:
            code <<= lengths[symbol] - width
            width = lengths[symbol]
            codes.append((symbol, _reversed(code & (1 << width) - 1, width), width))
            code += 1
    return codes


_REVERSED_BYTES = tuple(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _reversed(code: int, width: int) -> int:
    """Return the lowest ``width`` bits of ``code``, of at most 16, in the opposite order."""
    return (_REVERSED_BYTES[code & 0xFF] << 8 | _REVERSED_BYTES[code >> 8]) >> 16 - width
