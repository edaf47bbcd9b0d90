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


# RFC 1951 §3.2.5 gives 258 to symbol 285 only; 284 with 31 in its extra bits is read as 258 too, as zlib reads it.
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


NO_SYMBOL = 0xFFF
"""What a code that no symbol has is said to be; it is above all symbols."""

_TABLE_BITS = 10
"""The longest code that is looked up at once. Larger tables would take longer to make than small blocks to send."""


class HuffmanCode:
    """A Huffman code, made for looking up: an entry is the symbol times 16, plus the width of its code in bits.

    ``table`` is indexed by the next bits, those of ``mask``, and has a 0 where the code is longer or has no symbol.
    ``complete`` is False if codes are unused, unless there is only one, of one bit, or none (RFC 1951 §3.2.7).

    >>> HuffmanCode([2, 1, 3, 3]).entry(0b011) == 2 << 4 | 3
    True
    """

    def __init__(self, lengths: Sequence[int]) -> None:
        self._longest = max(lengths)
        size = 1 << min(self._longest, _TABLE_BITS)
        self.table = [0] * size
        self.mask = size - 1
        self.complete = unused_codes(lengths) == 0 or self._longest <= 1
        self._longer: dict[tuple[int, int], int] = {}
        for symbol, code, width in canonical_codes(lengths):
            entry = symbol << 4 | width
            if width <= _TABLE_BITS:
                self.table[code :: 1 << width] = [entry] * (size >> width)
            else:
                self._longer[width, code] = entry

    def entry(self, window: int) -> int:
        """Return the entry for the code that the lowest bits of ``window`` begin with."""
        if entry := self.table[window & self.mask]:
            return entry
        for width in range(_TABLE_BITS + 1, self._longest + 1):
            if entry := self._longer.get((width, window & (1 << width) - 1), 0):
                return entry
        return NO_SYMBOL << 4 | self._longest
