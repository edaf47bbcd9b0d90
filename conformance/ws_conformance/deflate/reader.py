"""Reads the DEFLATE stream of permessage-deflate, and measures what its compressor did (RFC 1951, RFC 7692 §7.2.2).

zlib only says what a stream inflates to. To judge a promise about the window or about context takeover one has to see
the back-references themselves: zlib accepts a distance beyond its window as long as the bytes happen to be there. This
reader takes any distance that DEFLATE can express and any block, never forgets the window between messages, and
reports how far back each message reached.

It refuses only what has no meaning. It is wider than zlib where RFC 1951 is: up to 32 distance codes may be declared,
and a Huffman code may leave codes unused; ``Block.complete`` then says so. The window outlives a final block.

A message is read as it comes: a generator goes as far as the bytes allow and waits for more. It may wait for some
bytes that it does not need, never the other way round; how a message is cut does not change what is read from it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from enum import Enum

from msgspec import Struct

from ws_conformance.deflate.codes import (
    CODE_LENGTH_ORDER,
    DISTANCES,
    END_OF_BLOCK,
    FIRST_LENGTH,
    FIXED_DISTANCE_LENGTHS,
    FIXED_LITERAL_LENGTHS,
    LAST_DISTANCE,
    LAST_LENGTH,
    LENGTHS,
    NO_SYMBOL,
    REPEATS,
    WINDOW,
    HuffmanCode,
    unused_codes,
)

TAIL = bytes.fromhex("0000ffff")
"""What a sender removes from the end of a message, and a receiver puts back (RFC 7692 §7.2.1, §7.2.2)."""

BLOCKS_KEPT = 1_000
"""How many blocks of a message are described one by one; a hostile message has a block for every ten bits."""

_CODES_BITS = 8 * 600
"""More than the codes of a dynamic block take: 71 bits, and 318 code lengths of 14 bits."""

_TOKEN_BITS = 64
"""More than a literal or a match: 48 bits, read from eight bytes that begin up to 7 bits before it."""

_WINDOW_BYTES = 64
"""How many bytes are made a number of at once, from which tokens are taken."""


class BlockType(Enum):
    """How a block is compressed, by its two bits."""

    STORED = 0
    FIXED = 1
    DYNAMIC = 2


class Block(Struct, frozen=True):
    """One block, as it was read (RFC 1951 §3.2.3).

    ``literals`` are bytes given as they are, also those of a stored block. ``largest_distance`` is in bytes, and 0
    without matches. ``bits`` is its whole length, with the ``padding`` that follows a final block up to the next byte:
    those bits as a number, which has to be 0 (RFC 7692 §7.2.1). ``complete`` is False if one of its Huffman codes
    leaves codes unused and is not a single code of one bit, which is where zlib refuses.
    """

    type: BlockType
    final: bool
    literals: int
    matches: int
    largest_distance: int
    bits: int
    padding: int = 0
    complete: bool = True


class Inflated(Struct, frozen=True):
    """One message, and what it was made of.

    ``blocks`` holds all ``block_count`` of them, or the first BLOCKS_KEPT and the last; the one that TAIL completes is
    among them. ``largest_distance`` is the largest back-reference really used, in bytes. ``reach`` is how many bytes
    before the message's first one a back-reference began: 0 if it used nothing of the messages before.
    """

    output: bytes
    blocks: tuple[Block, ...]
    block_count: int
    largest_distance: int
    reach: int

    @property
    def window_bits(self) -> int:
        """The smallest ``max_window_bits`` that permits every distance, from 8 on (RFC 7692 §7.1.2)."""
        return max(8, (self.largest_distance - 1).bit_length())

    @property
    def ends_in_an_empty_stored_block(self) -> bool:
        """Whether TAIL completed the block it was taken from, as it does for messages made by RFC 7692 §7.2.1."""
        return self.blocks[-1].type is BlockType.STORED and self.blocks[-1].literals == 0


class Malformed(Struct, frozen=True):
    """The stream has no meaning from ``bit`` on, counted from 0 at the message's first; ``what`` was found there."""

    bit: int
    what: str


class TooLong(Struct, frozen=True):
    """The message inflates to more than ``limit`` bytes."""

    limit: int


Fault = Malformed | TooLong


class DeflateReader:
    """Inflates the messages of one direction of a connection, in their order.

    ``limit`` is the longest message it inflates, in bytes; it holds no more than that, the window and the piece that
    it was fed. After a fault it reads no more and returns the same fault for ever. Nothing that it is fed makes it
    raise. Messages without RSV1 are not fed to it (RFC 7692 §7.2.3.2).

    >>> DeflateReader(limit=100).read_message(bytes.fromhex("f248cdc9c90700")).output
    b'Hello'
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._output = bytearray()  # the window, and then the message
        self._fault: Fault | None = None
        self._message = _Message(self._output, limit)

    def read_message(self, payload: bytes) -> Inflated | Fault:
        """Return the message that all of ``payload`` is, without TAIL."""
        self.feed(payload)
        return self.end_message()

    def feed(self, data: bytes) -> Fault | None:
        """Take some bytes of the message, cut anywhere; return a fault as soon as one is seen."""
        if self._fault is None:
            self._fault = self._message.feed(data)
        return self._fault

    def end_message(self) -> Inflated | Fault:
        """Return the message whose last byte was fed; what is fed next begins another."""
        self._message.ended = True
        if (fault := self.feed(TAIL)) is not None:
            return fault
        inflated = self._message.inflated()
        del self._output[:-WINDOW]
        self._message = _Message(self._output, self.limit)
        return inflated


class _Message:
    """Reads one message and appends it to ``output``, whose bytes so far are the window.

    ``ended`` says that no more will be fed. Positions are in bits, within the data at hand.
    """

    def __init__(self, output: bytearray, limit: int) -> None:
        self.limit = limit
        self.ended = False
        self._output = output
        self._start = len(output)
        self._data = b""
        self._at = 0
        self._bits_before = 0  # how many bits of the message are no longer at hand
        self._blocks: list[Block] = []
        self._block_count = 0
        self._largest = 0
        self._reach = 0
        self._reading = self._read_blocks()

    def feed(self, data: bytes) -> Fault | None:
        read = self._at >> 3
        self._data = self._data[read:] + data
        self._at -= 8 * read
        self._bits_before += 8 * read
        try:
            next(self._reading, None)
        except _RefusedError as refused:
            return refused.fault
        return None

    def inflated(self) -> Inflated:
        output = bytes(self._output[self._start :])
        return Inflated(output, tuple(self._blocks), self._block_count, self._largest, self._reach)

    def _read_blocks(self) -> Generator[None, None, None]:
        while True:
            yield from self._wait_for(3)
            if self._at == 8 * len(self._data):
                return
            block = yield from self._read_block()
            self._block_count += 1
            del self._blocks[BLOCKS_KEPT:]
            self._blocks.append(block)
            self._largest = max(self._largest, block.largest_distance)

    def _wait_for(self, bits: int) -> Generator[None, None, None]:
        """Wait until ``bits`` more are at hand, or all there will be."""
        while not self.ended and 8 * len(self._data) - self._at < bits:
            yield

    def _read_block(self) -> Generator[None, None, Block]:
        first_bit, first_byte = self._bits_before + self._at, len(self._output)
        final = self._take(1) == 1
        number = self._take(2)
        complete, matches, matched, largest = True, 0, 0, 0
        match number:
            case 0:
                yield from self._read_stored()
            case 1:
                matches, matched, largest = yield from self._read_tokens(*_FIXED_CODES)
            case 2:
                yield from self._wait_for(_CODES_BITS)
                codes = self._read_codes()
                complete = all(code.complete for code in codes)
                matches, matched, largest = yield from self._read_tokens(*codes[1:])
            case _:
                raise self._malformed(self._at - 3, "block type 3")
        padding = self._take(-self._at % 8) if final else 0
        return Block(
            type=BlockType(number),
            final=final,
            literals=len(self._output) - first_byte - matched,
            matches=matches,
            largest_distance=largest,
            bits=self._bits_before + self._at - first_bit,
            padding=padding,
            complete=complete,
        )

    def _read_stored(self) -> Generator[None, None, None]:
        """Read a block without compression (RFC 1951 §3.2.4)."""
        yield from self._wait_for(7 + 32)
        self._at += -self._at % 8
        start = self._at
        length, complement = self._take(16), self._take(16)
        if length ^ complement != 0xFFFF:
            raise self._malformed(start, f"length {length:#06x} of a stored block, with {complement:#06x} to check it")
        end = len(self._output) + length
        if end > self._start + self.limit:
            raise _RefusedError(TooLong(self.limit))
        while len(self._output) < end:
            yield from self._wait_for(8)
            first = self._at >> 3
            piece = self._data[first : first + end - len(self._output)]
            if not piece:
                raise self._cut_off()
            self._output += piece
            self._at += 8 * len(piece)

    def _read_codes(self) -> tuple[HuffmanCode, HuffmanCode, HuffmanCode]:
        """Read a dynamic block's codes: for code lengths, for literals and lengths, for distances (RFC 1951 §3.2.7)."""
        start = self._at
        literal_count, distance_count, length_count = self._take(5) + 257, self._take(5) + 1, self._take(4) + 4
        if literal_count > LAST_LENGTH + 1:
            raise self._malformed(start, f"{literal_count} literal/length codes")
        lengths = [0] * 19
        for symbol in CODE_LENGTH_ORDER[:length_count]:
            lengths[symbol] = self._take(3)
        code = self._code(lengths, "code lengths", start)
        lengths = self._read_code_lengths(code, literal_count + distance_count)
        if not lengths[END_OF_BLOCK]:
            raise self._malformed(start, "no code for the end of the block")
        literals = self._code(lengths[:literal_count], "literals and lengths", start)
        distances = self._code(lengths[literal_count:], "distances", start)
        return code, literals, distances

    def _code(self, lengths: Sequence[int], name: str, start: int) -> HuffmanCode:
        if unused_codes(lengths) < 0:
            raise self._malformed(start, f"more codes for {name} than their lengths leave room for")
        return HuffmanCode(lengths)

    def _read_code_lengths(self, code: HuffmanCode, count: int) -> list[int]:
        """Read ``count`` code lengths, some of which are repetitions."""
        lengths: list[int] = []
        while len(lengths) < count:
            start = self._at
            entry = code.entry(self._window())
            symbol = entry >> 4
            self._take(entry & 15)
            if symbol < 16:
                lengths.append(symbol)
                continue
            if symbol == NO_SYMBOL:
                raise self._malformed(start, "a code that no code length has")
            fewest, width = REPEATS[symbol]
            times = fewest + self._take(width)
            if symbol == 16 and not lengths:
                raise self._malformed(start, "the repetition of a code length before the first")
            if len(lengths) + times > count:
                raise self._malformed(start, f"{len(lengths) + times} code lengths where {count} were declared")
            lengths += [lengths[-1] if symbol == 16 else 0] * times
        return lengths

    def _read_tokens(
        self, literals: HuffmanCode, distances: HuffmanCode
    ) -> Generator[None, None, tuple[int, int, int]]:
        """Read up to the end of a block; return its number of matches, of bytes from them, and the largest distance.

        This is where the time goes; therefore what each token needs is in local names, and the next bits are in one
        number, ``window``. Too many literals are noticed before anything else is, but not one by one.
        """
        output, start, full = self._output, self._start, self._start + self.limit
        literal_table, literal_mask = literals.table, literals.mask
        distance_table, distance_mask = distances.table, distances.mask
        matches, matched, largest = 0, 0, 0
        window, at = 0, self._at
        last = -1  # a token that begins later may be cut off
        while True:
            if at > last:
                self._stop_at(at)
                yield from self._wait_for(_TOKEN_BITS)
                at, first = self._at, self._at >> 3
                window = int.from_bytes(self._data[first : first + _WINDOW_BYTES], "little") >> (at & 7)
                last = 8 * min(first + _WINDOW_BYTES, len(self._data)) - _TOKEN_BITS
            entry = literal_table[window & literal_mask] or literals.entry(window)
            width = entry & 15
            if entry < END_OF_BLOCK << 4:
                output.append(entry >> 4)
                window >>= width
                at += width
                continue
            symbol = entry >> 4
            after = at + width
            if symbol == END_OF_BLOCK or symbol > LAST_LENGTH:
                self._stop_at(after)
                if symbol == END_OF_BLOCK:
                    return matches, matched, largest
                raise self._malformed(at, _naming(symbol, "literal/length"))
            length, extra = LENGTHS[symbol - FIRST_LENGTH]
            window >>= width
            length += window & (1 << extra) - 1
            window >>= extra
            entry = distance_table[window & distance_mask] or distances.entry(window)
            symbol = entry >> 4
            width = entry & 15
            after += extra + width
            if symbol > LAST_DISTANCE:
                self._stop_at(after)
                raise self._malformed(at, _naming(symbol, "distance"))
            distance, extra = DISTANCES[symbol]
            window >>= width
            distance += window & (1 << extra) - 1
            window >>= extra
            after += extra
            end = len(output)
            if distance > end or end + length > full:
                self._stop_at(after)
                if distance > end:
                    raise self._malformed(at, f"distance {distance}, with only {end} bytes before it")
                raise _RefusedError(TooLong(self.limit))
            at = after
            piece = output[end - distance : end - distance + length]
            output += piece if distance >= length else (piece * (length // distance + 1))[:length]
            matches += 1
            matched += length
            if distance > largest:
                largest = distance
            if start + distance - end > self._reach:
                self._reach = start + distance - end

    def _stop_at(self, at: int) -> None:
        """Take stock at ``at``: that a message is too long was so before anything that is found here."""
        if len(self._output) > self._start + self.limit:
            raise _RefusedError(TooLong(self.limit))
        self._move_to(at)

    def _window(self) -> int:
        """Return the next bits, at least 25; zeros past the end."""
        return int.from_bytes(self._data[self._at >> 3 : (self._at >> 3) + 4], "little") >> (self._at & 7)

    def _take(self, width: int) -> int:
        """Take ``width`` bits, at most 16."""
        value = self._window() & (1 << width) - 1
        self._move_to(self._at + width)
        return value

    def _move_to(self, at: int) -> None:
        """Go on from ``at``. What seemed to be read past the end were zeros that nobody sent."""
        self._at = at
        if at > 8 * len(self._data):
            raise self._cut_off()

    def _cut_off(self) -> _RefusedError:
        return self._malformed(8 * len(self._data), "the message ends inside a block")

    def _malformed(self, at: int, what: str) -> _RefusedError:
        return _RefusedError(Malformed(self._bits_before + at, what))


class _RefusedError(Exception):
    """Takes a fault out of the generator that found it; never leaves this module."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


def _naming(symbol: int, alphabet: str) -> str:
    return f"a code that no {alphabet} symbol has" if symbol == NO_SYMBOL else f"{alphabet} symbol {symbol}"


_FIXED_CODES = (HuffmanCode(FIXED_LITERAL_LENGTHS), HuffmanCode(FIXED_DISTANCE_LENGTHS))
