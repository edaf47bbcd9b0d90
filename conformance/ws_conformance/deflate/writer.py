"""Writes DEFLATE streams symbol by symbol, lawful or not, for permessage-deflate (RFC 1951, RFC 7692 §7.2.1).

A block is a tuple of pieces, and a message is made of blocks, so that whatever these functions do not write can be put
between: ``message(fixed([Literal(b"Hello")]), (Bits(0b111, 3),))`` ends in a block of the reserved type. Streams are
cut off by cutting the bytes. Nothing is compressed: tokens become what they say, also when a match reaches back before
the first byte.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, groupby, repeat
from operator import itemgetter

from msgspec import Struct

from ws_conformance.deflate.codes import (
    CODE_LENGTH_ORDER,
    DISTANCES,
    END_OF_BLOCK,
    FIRST_LENGTH,
    FIXED_DISTANCE_LENGTHS,
    FIXED_LITERAL_LENGTHS,
    LENGTHS,
    REPEATS,
    WINDOW,
    canonical_codes,
)


class Literal(Struct, frozen=True):
    """Bytes given as they are."""

    data: bytes


class Match(Struct, frozen=True):
    """The ``length`` bytes, 3 to 258, that begin ``distance`` bytes back, 1 to 32,768."""

    length: int
    distance: int

    def __post_init__(self) -> None:
        assert 3 <= self.length <= 258, f"a match cannot have {self.length} bytes"
        assert 1 <= self.distance <= WINDOW, f"DEFLATE has no distance {self.distance}"


class Symbols(Struct, frozen=True):
    """What literals and matches become: a literal/length symbol and perhaps a distance symbol, with their extra bits.

    Any symbols can be written, among them those that stand for nothing: 286 and 287, and the distances 30 and 31.
    """

    literal: int
    extra: int = 0
    distance: int | None = None
    distance_extra: int = 0


Token = Literal | Match | Symbols


class Bits(Struct, frozen=True):
    """The lowest ``width`` bits of ``value``, the lowest first (RFC 1951 §3.1.1)."""

    value: int
    width: int


class Aligned(Struct, frozen=True):
    """Bytes that begin at the next byte boundary; the bits up to there are all ``fill``, 0 or 1."""

    data: bytes = b""
    fill: int = 0


Pieces = tuple[Bits | Aligned, ...]

HELD_BITS = 512
"""How many bits become bytes at once, at least."""


def message(*blocks: Pieces, tail_kept: int = 0) -> bytes:
    """Return the payload that carries ``blocks`` and an empty stored block without its last four bytes.

    With ``tail_kept`` that many of the four, 00 00 ff ff, are left (RFC 7692 §7.2.1).

    >>> message(fixed([Literal(b"Hello")])).hex()
    'f248cdc9c90700'
    """
    assert 0 <= tail_kept <= 4, "the tail has four bytes"
    data = serialize(*blocks, stored())
    return data[: len(data) - 4 + tail_kept]


def serialize(*blocks: Pieces) -> bytes:
    """Return the bytes of ``blocks`` and nothing else, the last one filled up with zeros."""
    output = bytearray()
    held, width = 0, 0  # bits that are no bytes yet
    for piece in chain(*blocks):
        if isinstance(piece, Bits):  # to match a pattern would take three times as long
            held |= (piece.value & (1 << piece.width) - 1) << width
            width += piece.width
            if width >= HELD_BITS:
                whole = width - width % 8
                output += (held & (1 << whole) - 1).to_bytes(whole // 8, "little")
                held >>= whole
                width -= whole
        else:
            held |= (((1 << -width % 8) - 1) << width) * piece.fill
            output += held.to_bytes((width + 7) // 8, "little") + piece.data
            held, width = 0, 0
    return bytes(output) + held.to_bytes((width + 7) // 8, "little")


def stored(
    data: bytes = b"", final: bool = False, *, length: int | None = None, complement: int | None = None, fill: int = 0
) -> Pieces:
    """Return a block without compression (RFC 1951 §3.2.4).

    ``length`` and ``complement`` are what the block says of itself; None means the truth. ``fill``, 0 or 1, are the
    bits between its header and the next byte, which a reader ignores.
    """
    assert length is not None or len(data) <= 0xFFFF, "a stored block has at most 65,535 bytes"
    said = len(data) if length is None else length
    check = said ^ 0xFFFF if complement is None else complement
    return (*_header(final, 0), Aligned(said.to_bytes(2, "little") + check.to_bytes(2, "little") + data, fill))


def fixed(tokens: Iterable[Token] = (), final: bool = False, *, ended: bool = True) -> Pieces:
    """Return a block with the fixed codes (RFC 1951 §3.2.6), without its end-of-block symbol unless ``ended``."""
    symbols = _lowered(tokens, ended)
    body = _body(symbols, *_FIXED_CODES)
    return (*_header(final, 1), *body, *_padding(final))


def dynamic(
    tokens: Iterable[Token] = (),
    final: bool = False,
    *,
    ended: bool = True,
    literal_lengths: Mapping[int, int] | None = None,
    distance_lengths: Mapping[int, int] | None = None,
) -> Pieces:
    """Return a block that brings its own codes (RFC 1951 §3.2.7), without its end-of-block symbol unless ``ended``.

    The lengths of the codes, in bits, are those of ``literal_lengths`` and ``distance_lengths``, by symbol and lawful
    or not. None gives the symbols that occur codes of nearly equal lengths.
    """
    symbols = _lowered(tokens, ended)
    if literal_lengths is None:
        # A literal/length code of one symbol would leave a code unused; so there are two.
        literal_lengths = _even_lengths({0, END_OF_BLOCK, *(symbol.literal for symbol in symbols)})
    if distance_lengths is None:
        distance_lengths = _even_lengths({symbol.distance for symbol in symbols if symbol.distance is not None})
    literals = _listed(literal_lengths, FIRST_LENGTH)
    distances = _listed(distance_lengths, 1)
    return (
        *dynamic_header(len(literals), len(distances), _repeated([*literals, *distances]), final),
        *_body(symbols, _codes(literals), _codes(distances)),
        *_padding(final),
    )


def dynamic_header(
    literal_count: int,
    distance_count: int,
    code_lengths: Sequence[tuple[int, int]],
    final: bool = False,
    *,
    lengths: Mapping[int, int] | None = None,
) -> Pieces:
    """Return the beginning of a dynamic block, up to its first token (RFC 1951 §3.2.7).

    ``literal_count`` is 257 to 288 and ``distance_count`` 1 to 32; how many code lengths follow is not checked.
    ``code_lengths`` are symbols from 0 to 18, each with the value of its extra bits. ``lengths`` are those of the codes
    for these symbols, in bits from 0 to 7; None means such as fit.
    """
    if lengths is None:
        lengths = _even_lengths({0, 18, *(symbol for symbol, _ in code_lengths)})
    in_order = [lengths.get(symbol, 0) for symbol in CODE_LENGTH_ORDER]
    while len(in_order) > 4 and not in_order[-1]:
        in_order.pop()
    codes = _codes(_listed(lengths, 19))
    pieces = [*_header(final, 2), Bits(literal_count - 257, 5), Bits(distance_count - 1, 5), Bits(len(in_order) - 4, 4)]
    pieces += [Bits(length, 3) for length in in_order]
    for symbol, extra in code_lengths:
        pieces += [codes[symbol], Bits(extra, REPEATS[symbol][1] if symbol in REPEATS else 0)]
    return tuple(pieces)


def expand(tokens: Iterable[Token], before: bytes = b"") -> bytes:
    """Return what ``tokens`` mean after the bytes ``before``; they are literals and matches."""
    output = bytearray(before)
    for token in tokens:
        match token:
            case Literal(data):
                output += data
            case Match(length, distance):
                assert distance <= len(output), f"{token} goes back beyond the beginning"
                repeated = output[-distance:]
                output += (repeated * (length // distance + 1))[:length]
            case Symbols():
                raise AssertionError(f"{token} is not given a meaning")
    return bytes(output[len(before) :])


def _header(final: bool, block_type: int) -> Pieces:
    return (Bits(int(final), 1), Bits(block_type, 2))


def _padding(final: bool) -> Pieces:
    """Return what follows a block: after a final one, zeros up to the next byte (RFC 7692 §7.2.1)."""
    return (Aligned(),) if final else ()


def _lowered(tokens: Iterable[Token], ended: bool) -> list[Symbols]:
    symbols = [symbol for token in tokens for symbol in _symbols(token)]
    return [*symbols, Symbols(END_OF_BLOCK)] if ended else symbols


@lru_cache(maxsize=1024)
def _symbols(token: Token) -> tuple[Symbols, ...]:
    match token:
        case Literal(data):
            return tuple(map(Symbols, data))
        case Match(length, distance):
            symbol, extra = _find(LENGTHS, length)
            return (Symbols(FIRST_LENGTH + symbol, extra, *_find(DISTANCES, distance)),)
        case Symbols():
            return (token,)


def _find(ranges: Sequence[tuple[int, int]], value: int) -> tuple[int, int]:
    """Return the symbol for ``value``, and what its extra bits have to add."""
    symbol = bisect_right(ranges, value, key=itemgetter(0)) - 1
    return symbol, value - ranges[symbol][0]


def _body(symbols: Iterable[Symbols], literals: Mapping[int, Bits], distances: Mapping[int, Bits]) -> Iterator[Bits]:
    for symbol, alike in groupby(symbols):
        bits = [literals[symbol.literal]]
        if symbol.literal >= FIRST_LENGTH:
            bits.append(Bits(symbol.extra, _extra_width(LENGTHS, symbol.literal - FIRST_LENGTH)))
        if symbol.distance is not None:
            bits.append(distances[symbol.distance])
            bits.append(Bits(symbol.distance_extra, _extra_width(DISTANCES, symbol.distance)))
        yield from repeat(_joined(bits), len(list(alike)))


def _joined(parts: Iterable[Bits]) -> Bits:
    """Return ``parts`` as one: a message of many symbols has few different ones."""
    value = width = 0
    for part in parts:
        value |= (part.value & (1 << part.width) - 1) << width
        width += part.width
    return Bits(value, width)


def _extra_width(ranges: Sequence[tuple[int, int]], symbol: int) -> int:
    return ranges[symbol][1] if 0 <= symbol < len(ranges) else 0


def _codes(lengths: Sequence[int]) -> dict[int, Bits]:
    return {symbol: Bits(code, width) for symbol, code, width in canonical_codes(lengths)}


_FIXED_CODES = (_codes(FIXED_LITERAL_LENGTHS), _codes(FIXED_DISTANCE_LENGTHS))


def _even_lengths(symbols: set[int]) -> dict[int, int]:
    """Return code lengths that leave no code unused and differ by one bit at most; a single code has one bit."""
    width = max(1, (len(symbols) - 1).bit_length())
    shorter = (1 << width) - len(symbols) if len(symbols) > 1 else 0
    return {symbol: width - (i < shorter) for i, symbol in enumerate(sorted(symbols))}


def _listed(lengths: Mapping[int, int], fewest: int) -> list[int]:
    """Return ``lengths`` in the order of symbols, as many as are needed and at least ``fewest``."""
    return [lengths.get(symbol, 0) for symbol in range(max(fewest, *(symbol + 1 for symbol in lengths), 0))]


def _repeated(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Return ``lengths`` as symbols with the values of their extra bits, repetitions being used wherever they can."""
    symbols = []
    for length, group in groupby(lengths):
        left = len(list(group))
        if length:
            symbols.append((length, 0))
            left -= 1
        for symbol in (16,) if length else (18, 17):
            fewest, width = REPEATS[symbol]
            while left >= fewest:
                times = min(left, fewest + (1 << width) - 1)
                symbols.append((symbol, times - fewest))
                left -= times
        symbols += [(length, 0)] * left
    return symbols
