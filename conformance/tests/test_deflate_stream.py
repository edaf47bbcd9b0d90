"""The DEFLATE reader and writer, held against zlib, the examples of RFC 7692 and each other."""

from __future__ import annotations

import doctest
import random
import tracemalloc
import zlib
from collections.abc import Callable, Sequence
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ws_conformance.deflate import (
    BLOCKS_KEPT,
    TAIL,
    WINDOW,
    Aligned,
    Bits,
    Block,
    BlockType,
    DeflateReader,
    Fault,
    Inflated,
    Literal,
    Malformed,
    Match,
    Pieces,
    Symbols,
    Token,
    TooLong,
    codes,
    dynamic,
    dynamic_header,
    expand,
    fixed,
    message,
    reader,
    serialize,
    stored,
    writer,
)

LIMIT = 1 << 20

CUT_OFF = "the message ends inside a block"

HELLO: list[Token] = [Literal(b"Hello")]


def read(*payloads: bytes, limit: int = LIMIT) -> list[Inflated | Fault]:
    """Return what one reader makes of ``payloads``, a message each."""
    deflate = DeflateReader(limit)
    return [deflate.read_message(payload) for payload in payloads]


def inflated(*payloads: bytes) -> Inflated:
    """Return the last of these messages, which has to be one."""
    last = read(*payloads)[-1]
    assert isinstance(last, Inflated), last
    return last


def read_in_pieces(payload: bytes, *cuts: int) -> Inflated | Fault:
    """Return what a reader makes of ``payload`` cut at ``cuts``, after a message that gives it a window."""
    deflate = DeflateReader(LIMIT)
    deflate.read_message(message(stored(b"what came before")))
    for start, end in zip((0, *cuts), (*cuts, len(payload)), strict=True):
        deflate.feed(payload[start:end])
    return deflate.end_message()


def zlib_payload(compressor: zlib._Compress, data: bytes, flush: int = zlib.Z_SYNC_FLUSH) -> bytes:
    payload = compressor.compress(data) + compressor.flush(flush)
    assert payload.endswith(TAIL)
    return payload[:-4]


def zlib_reads(payload: bytes) -> bytes:
    """Return all that zlib makes of a message, going on behind final blocks with the window so far."""
    output, rest = b"", payload + TAIL
    while rest:
        decompressor = zlib.decompressobj(-15, zdict=output[-WINDOW:])
        output += decompressor.decompress(rest)
        rest = decompressor.unused_data
        if not decompressor.eof:
            break
    return output


def zlib_refusal(payload: bytes) -> str | None:
    """Return why zlib refuses a message; None if it does not, or waits for more."""
    try:
        zlib_reads(payload)
    except zlib.error as error:
        return str(error)
    return None


# --- the examples of RFC 7692 §7.2.3 ---

EXAMPLES = {
    "one compressed block": ("f248cdc9c90700", (fixed(HELLO),), ["FIXED", "STORED"]),
    "no compression": ("000500faff48656c6c6f00", (stored(b"Hello"),), ["STORED", "STORED"]),
    "a final block": ("f348cdc9c9070000", (fixed(HELLO, final=True),), ["FIXED", "STORED"]),
    "two blocks": (
        "f248050000 00ffffcac9c90700",
        (fixed([Literal(b"He")]), stored(), fixed([Literal(b"llo")])),
        ["FIXED", "STORED", "FIXED", "STORED"],
    ),
}


@pytest.mark.parametrize(("payload", "blocks", "types"), EXAMPLES.values(), ids=EXAMPLES)
def test_the_examples_of_rfc_7692_are_written_and_read(
    payload: str, blocks: tuple[Pieces, ...], types: list[str]
) -> None:
    seen = inflated(bytes.fromhex(payload))

    assert message(*blocks) == bytes.fromhex(payload)
    assert seen.output == b"Hello"
    assert [block.type.name for block in seen.blocks] == types
    assert seen.ends_in_an_empty_stored_block


def test_the_example_of_a_shared_window_reaches_into_the_message_before() -> None:
    first, second = bytes.fromhex("f248cdc9c90700"), bytes.fromhex("f200110000")

    seen = inflated(first, second)

    assert seen.output == b"Hello"
    assert (seen.largest_distance, seen.reach) == (5, 4)
    assert second == message(fixed([Literal(b"H"), Match(4, 5)]))


def test_the_example_of_an_empty_fragment_is_an_empty_message() -> None:
    seen = inflated(b"\x00")

    assert message() == b"\x00"
    assert seen == Inflated(b"", (Block(BlockType.STORED, False, 0, 0, 0, bits=40),), 1, 0, 0)


@pytest.mark.parametrize("module", [codes, reader, writer])
def test_the_examples_in_the_docstrings_of_deflate_are_true(module: ModuleType) -> None:
    results = doctest.testmod(module)

    assert results.attempted > 0
    assert results.failed == 0


# --- what zlib writes is read ---

compressible = st.lists(
    st.binary(max_size=40) | st.sampled_from((b"Hello, Hello", bytes(300), bytes(range(256)))), max_size=30
).map(b"".join)


@settings(deadline=None)
@given(
    messages=st.lists(compressible, min_size=1, max_size=4),
    level=st.integers(0, 9),
    window_bits=st.integers(9, 15),
    memory=st.integers(1, 9),
    strategy=st.sampled_from((zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED)),
    flush=st.sampled_from((zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH)),
)
def test_what_zlib_writes_is_read_as_it_was(
    messages: list[bytes], level: int, window_bits: int, memory: int, strategy: int, flush: int
) -> None:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -window_bits, memory, strategy)
    deflate = DeflateReader(LIMIT)

    for data in messages:
        payload = zlib_payload(compressor, data, flush)
        seen = deflate.read_message(payload)

        assert isinstance(seen, Inflated), seen
        assert seen.output == data
        assert seen.window_bits <= window_bits
        assert seen.ends_in_an_empty_stored_block
        assert all(block.complete and block.padding == 0 for block in seen.blocks)
        assert sum(block.bits for block in seen.blocks) == 8 * len(payload + TAIL)
        if flush == zlib.Z_FULL_FLUSH:
            assert seen.reach == 0


def test_a_long_message_of_zlib_is_read_block_by_block() -> None:
    words = [b"window", b"block", b"length", b"distance", b"literal", b"message"]
    chance = random.Random(1951)
    data = b" ".join(chance.choice(words) for _ in range(100_000))

    seen = inflated(zlib_payload(zlib.compressobj(9, zlib.DEFLATED, -15), data))

    assert seen.output == data
    assert {block.type for block in seen.blocks[:-1]} == {BlockType.DYNAMIC}
    assert seen.block_count == len(seen.blocks) > 2
    assert 16_384 < seen.largest_distance <= WINDOW


# --- what the writer writes, zlib reads ---


def tokens_within(length: int) -> st.SearchStrategy[Token]:
    """Return literals and matches that reach back at most ``length`` bytes."""
    return st.builds(Literal, st.binary(max_size=20)) | st.builds(Match, st.integers(3, 258), st.integers(1, length))


@st.composite
def block_lists(draw: st.DrawFn) -> tuple[list[Pieces], bytes]:
    """Draw blocks of every type, final and not, and what they mean."""
    blocks, output = [stored(b"begin")], b"begin"
    for kind in draw(st.lists(st.sampled_from(BlockType), max_size=6)):
        final = draw(st.booleans())
        if kind is BlockType.STORED:
            data = draw(st.binary(max_size=40))
            blocks.append(stored(data, final, fill=draw(st.integers(0, 1))))
            output += data
        else:
            tokens = draw(st.lists(tokens_within(min(len(output), WINDOW)), max_size=12))
            blocks.append(fixed(tokens, final) if kind is BlockType.FIXED else dynamic(tokens, final))
            output += expand(tokens, output)
    return blocks, output


@settings(deadline=None)
@given(block_lists())
def test_blocks_mean_the_same_to_the_writer_the_reader_and_zlib(drawn: tuple[list[Pieces], bytes]) -> None:
    blocks, output = drawn
    payload = message(*blocks)

    seen = inflated(payload)

    assert seen.output == zlib_reads(payload) == output
    assert seen.block_count == len(blocks) + 1
    assert sum(block.bits for block in seen.blocks) == 8 * len(payload + TAIL)
    assert all(block.complete and block.padding == 0 for block in seen.blocks)


@pytest.mark.parametrize("write", [fixed, dynamic])
def test_every_length_and_every_distance_symbol_is_written_and_read(write: Callable[..., Pieces]) -> None:
    edges = sorted({first + step for first, _ in codes.DISTANCES for step in (-1, 0) if first + step} | {WINDOW})
    tokens = [Match(length, 1 + 100 * length) for length in range(3, 259)] + [Match(3, edge) for edge in edges]
    before = random.Random(7692).randbytes(WINDOW)
    payload = message(stored(before), write(tokens))

    seen = inflated(payload)

    assert seen.output == zlib_reads(payload) == before + expand(tokens, before)
    assert (seen.blocks[1].matches, seen.blocks[1].literals) == (len(tokens), 0)
    assert seen.largest_distance == WINDOW


def test_codes_of_every_length_up_to_15_bits_are_written_and_read() -> None:
    stairs = {symbol: symbol + 1 for symbol in range(14)} | {14: 15, 256: 15}
    tokens = [Literal(bytes(range(15)) * 5)]
    payload = message(dynamic(tokens, literal_lengths=stairs))

    assert inflated(payload).output == zlib_reads(payload) == expand(tokens)


def test_length_258_written_as_the_last_of_symbol_284_is_read_as_zlib_reads_it() -> None:
    payload = message(fixed([Literal(b"a"), Symbols(284, extra=31, distance=0)]))

    assert inflated(payload).output == zlib_reads(payload) == b"a" * 259


# --- what is measured ---


@pytest.mark.parametrize("write", [fixed, dynamic])
@pytest.mark.parametrize("bits", range(8, 16))
def test_a_distance_is_held_against_the_window_to_the_byte(bits: int, write: Callable[..., Pieces]) -> None:
    before = random.Random(bits).randbytes(WINDOW)

    needed = {}
    for distance in {2**bits - 1, 2**bits, min(2**bits + 1, WINDOW)}:
        seen = inflated(message(stored(before), write([Match(3, distance)])))
        assert seen.largest_distance == seen.blocks[1].largest_distance == distance
        needed[distance] = seen.window_bits

    assert needed == {2**bits - 1: bits, 2**bits: bits} | ({2**bits + 1: bits + 1} if bits < 15 else {})


@pytest.mark.parametrize(("used", "kept"), [(9, True), (10, False), (15, False)])
def test_a_compressor_that_promised_9_bits_is_seen_to_use_more_and_not_if_it_keeps_them(used: int, kept: bool) -> None:
    phrases = [random.Random(seed).randbytes(50) for seed in range(40)]
    data = b"".join(phrases * 3 + phrases[:15] * 3 + phrases[:5] * 9)

    seen = inflated(zlib_payload(zlib.compressobj(9, zlib.DEFLATED, -used), data))

    assert (seen.window_bits <= 9) is kept
    assert seen.blocks[0].matches > 0


@pytest.mark.parametrize("flush", [zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH])
def test_context_takeover_is_seen_by_the_references_that_make_use_of_it(flush: int) -> None:
    text = b"the same sentence in every message"
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    payloads = [zlib_payload(compressor, text, flush) for _ in range(3)]

    seen = [message for message in read(*payloads) if isinstance(message, Inflated)]

    assert [message.output for message in seen] == [text] * 3
    assert [message.reach > 0 for message in seen] == [False, flush == zlib.Z_SYNC_FLUSH, flush == zlib.Z_SYNC_FLUSH]


def test_the_reach_is_counted_from_the_first_byte_of_the_message() -> None:
    first = message(stored(b"0123456789"))

    within = inflated(first, message(fixed([Literal(b"abc"), Match(3, 3)])))
    to_the_last_byte = inflated(first, message(fixed([Literal(b"abc"), Match(3, 4)])))
    to_the_first_byte = inflated(first, message(stored(b"abc"), fixed([Match(10, 13), Match(3, 3)])))

    assert [message.reach for message in (within, to_the_last_byte, to_the_first_byte)] == [0, 1, 10]
    assert to_the_first_byte.output == b"abc0123456789789"


def test_the_window_goes_back_over_many_messages_and_no_further_than_32768_bytes() -> None:
    deflate = DeflateReader(LIMIT)
    for i in range(40):
        deflate.read_message(message(stored(bytes((i,)) * 1_000)))

    seen = deflate.read_message(message(fixed([Match(3, WINDOW)])))

    assert isinstance(seen, Inflated)
    assert seen.output == b"\x07\x07\x07"  # 32,768 of 40,000 bytes back
    assert seen.reach == WINDOW


def test_a_block_says_what_it_is_made_of() -> None:
    tokens: list[Token] = [Literal(b"abcd"), Match(4, 3), Match(10, 4)]

    first, second, third, tail = inflated(message(fixed(tokens), stored(b"xyz"), dynamic(tokens, final=True))).blocks

    assert first == Block(BlockType.FIXED, False, 4, 2, 4, bits=3 + 4 * 8 + 2 * (7 + 5) + 7)
    assert second == Block(BlockType.STORED, False, 3, 0, 0, bits=3 + 3 + 32 + 24)
    assert (third.type, third.final, third.literals, third.matches) == (BlockType.DYNAMIC, True, 4, 2)
    assert tail == Block(BlockType.STORED, False, 0, 0, 0, bits=40)


def test_of_very_many_blocks_the_first_and_the_last_are_described() -> None:
    seen = inflated(message(*[fixed()] * (BLOCKS_KEPT + 500)))

    assert seen.block_count == BLOCKS_KEPT + 501
    assert len(seen.blocks) == BLOCKS_KEPT + 1
    assert seen.ends_in_an_empty_stored_block


def test_bits_other_than_zeros_after_a_final_block_are_read_and_told() -> None:
    final = fixed(HELLO, final=True)

    seen = inflated(message((*final[:-1], Aligned(fill=1)), fixed([Literal(b"!")])))

    assert seen.output == b"Hello!"
    assert seen.blocks[0].padding == 0b111111


def test_bits_before_the_length_of_a_stored_block_are_ignored() -> None:
    assert inflated(message(stored(b"Hello", fill=1))) == inflated(message(stored(b"Hello")))


# --- where blocks and messages end ---


@pytest.mark.parametrize("write", [stored, fixed, dynamic])
@pytest.mark.parametrize("final", [False, True])
def test_empty_blocks_may_come_anywhere(write: Callable[..., Pieces], final: bool) -> None:
    empty = write(b"", final) if write is stored else write((), final)
    payload = message(empty, fixed([Literal(b"Hel")]), empty, empty, fixed([Literal(b"lo")]), empty)

    seen = inflated(payload)

    assert seen.output == zlib_reads(payload) == b"Hello"
    assert [block.final for block in seen.blocks] == [final, False, final, final, False, final, False]


def test_the_window_outlives_a_final_block() -> None:
    assert inflated(message(fixed(HELLO, final=True), fixed([Match(5, 5)]))).output == b"HelloHello"


@pytest.mark.parametrize("offset", range(8))
def test_a_block_may_begin_at_any_bit(offset: int) -> None:
    shift = fixed([Literal(b"\xff" * ((offset - 2) % 8))])  # 10 bits, and 9 for each of these literals
    tail = (fixed([Match(3, 5)]), dynamic([*HELLO, Match(5, 5)]), stored(b"!"), dynamic(HELLO), fixed(HELLO))
    blocks = (stored(b"Hello"), shift, *tail)
    payload = message(*blocks)

    seen = inflated(payload)

    assert seen.output == zlib_reads(payload)
    assert sum(block.bits for block in seen.blocks[:2]) % 8 == offset


@pytest.mark.parametrize("kept", range(5))
def test_a_tail_that_was_not_all_removed_is_seen(kept: int) -> None:
    payload = message(fixed(HELLO), tail_kept=kept)

    (seen,) = read(payload)

    assert payload == bytes.fromhex("f248cdc9c90700 0000ffff")[: 7 + kept]
    assert isinstance(seen, Inflated if kept == 0 else Malformed)


def test_a_message_that_does_not_end_in_the_block_of_the_tail_is_seen() -> None:
    (without_header,) = read(serialize(fixed(HELLO, final=True)))
    swallowed = inflated(serialize(stored(b"", length=4)))
    (nothing,) = read(b"")

    assert without_header == Malformed(88, CUT_OFF)
    assert swallowed.output == TAIL
    assert not swallowed.ends_in_an_empty_stored_block
    assert nothing == Malformed(32, CUT_OFF)


# --- what has no meaning is refused ---

ALL_NINE = dict.fromkeys(range(286), 9)

MALFORMED: dict[str, tuple[Pieces, str]] = {
    "the reserved block type": ((Bits(0, 1), Bits(3, 2)), "block type 3"),
    "the reserved block type, final": ((Bits(1, 1), Bits(3, 2)), "block type 3"),
    "a stored length that its complement denies": (stored(b"Hello", complement=0), "length 0x0005 of a stored block"),
    "a stored block longer than its data": (stored(b"Hello", length=500), CUT_OFF),
    "a distance before all output": (fixed([Literal(b"abc"), Match(3, 4)]), "distance 4, with only 3 bytes before it"),
    "the largest distance": (dynamic([Literal(b"abc"), Match(3, WINDOW)]), "distance 32768, with only 3 bytes"),
    "length symbol 286": (fixed([Literal(b"a"), Symbols(286, distance=0)]), "literal/length symbol 286"),
    "length symbol 287": (fixed([Literal(b"a"), Symbols(287, distance=0)]), "literal/length symbol 287"),
    "distance symbol 30": (fixed([Literal(b"a"), Symbols(257, distance=30)]), "distance symbol 30"),
    "distance symbol 31": (fixed([Literal(b"a"), Symbols(257, distance=31)]), "distance symbol 31"),
    "no end of a fixed block": (fixed(HELLO, ended=False), CUT_OFF),
    "no end of a dynamic block": (
        dynamic([Literal(b"ab"), Match(3, 1), Match(3, 2)], ended=False),
        CUT_OFF,
    ),
    "287 literal/length codes": (
        dynamic(HELLO, literal_lengths={**ALL_NINE, 286: 9}),
        "287 literal/length codes",
    ),
    "288 literal/length codes": (dynamic(HELLO, literal_lengths={**ALL_NINE, 287: 9}), "288 literal/length codes"),
    "too many literal codes": (
        dynamic(HELLO, literal_lengths=dict.fromkeys(range(257), 8)),
        "more codes for literals and lengths than",
    ),
    "too many distance codes": (
        dynamic(HELLO, distance_lengths={0: 1, 1: 1, 2: 1}),
        "more codes for distances than",
    ),
    "too many codes for code lengths": (
        dynamic_header(257, 1, [], lengths={0: 1, 1: 1, 2: 1}),
        "more codes for code lengths than",
    ),
    "no code for the end of the block": (
        dynamic_header(257, 1, [(1, 0), (1, 0), (18, 127), (18, 107)]),
        "no code for the end of the block",
    ),
    "a repetition before the first code length": (
        dynamic_header(257, 1, [(16, 0), (18, 127), (18, 106)]),
        "the repetition of a code length before the first",
    ),
    "more code lengths than were declared": (
        dynamic_header(257, 1, [(1, 0), (18, 127), (18, 127)]),
        "277 code lengths where 258 were declared",
    ),
    "a code length of no code": (
        (*dynamic_header(257, 1, [], lengths={1: 1}), Bits(1, 1)),
        "a code that no code length has",
    ),
    "a literal of no code": (
        (*dynamic(ended=False, literal_lengths={256: 1}), Bits(1, 1)),
        "a code that no literal/length symbol has",
    ),
    "a distance of no code": (
        dynamic([Literal(b"a"), Symbols(257)], distance_lengths={}),
        "a code that no distance symbol has",
    ),
    "a distance of the one unused code": (
        (*dynamic([Literal(b"a"), Symbols(257)], distance_lengths={0: 1}, ended=False), Bits(1, 1)),
        "a code that no distance symbol has",
    ),
}


@pytest.mark.parametrize(("block", "what"), MALFORMED.values(), ids=MALFORMED)
def test_what_has_no_meaning_is_refused_and_nothing_is_read_after_it(block: Pieces, what: str) -> None:
    payload = message(block, *[stored(bytes(20))] * (what != CUT_OFF))

    deflate = DeflateReader(LIMIT)
    fault = deflate.read_message(payload)

    assert isinstance(fault, Malformed)
    assert fault.what.startswith(what)
    assert deflate.feed(message(fixed(HELLO))) == deflate.end_message() == fault


@pytest.mark.parametrize(("block", "what"), MALFORMED.values(), ids=MALFORMED)
def test_what_is_refused_zlib_refuses_or_goes_on_waiting_for(block: Pieces, what: str) -> None:
    payload = message(block, *[stored(bytes(20))] * (what != CUT_OFF))

    assert (zlib_refusal(payload) is None) is (what == CUT_OFF)


@pytest.mark.parametrize(
    ("blocks", "bit"),
    [
        ([(Bits(0, 1), Bits(3, 2))], 0),
        ([fixed(HELLO), (Bits(0, 1), Bits(3, 2))], 3 + 40 + 7),
        ([stored(b"Hello", complement=0)], 8),
        ([fixed([*HELLO, Match(3, 6)])], 3 + 40),
        ([stored(b"Hello"), fixed([Symbols(286)])], 80 + 3),
    ],
)
def test_a_fault_is_found_at_the_bit_where_it_begins(blocks: Sequence[Pieces], bit: int) -> None:
    payload = message(*blocks, stored(bytes(20)))

    (whole,) = read(payload)
    in_bytes = DeflateReader(LIMIT)
    for byte in payload:
        in_bytes.feed(bytes((byte,)))

    assert isinstance(whole, Malformed)
    assert whole.bit == bit
    assert in_bytes.end_message() == whole


def test_32_distance_codes_are_read_though_zlib_refuses_them() -> None:
    payload = message(dynamic([Literal(b"abc"), Match(3, 3)], distance_lengths={2: 1, 31: 1}))

    assert inflated(payload).output == b"abcabc"
    with pytest.raises(zlib.error, match="too many length or distance symbols"):
        zlib_reads(payload)


@pytest.mark.parametrize(
    "block", [dynamic(HELLO, literal_lengths=ALL_NINE), dynamic(HELLO, distance_lengths={0: 2})], ids=["long", "single"]
)
def test_a_code_that_leaves_codes_unused_is_read_and_told_though_zlib_refuses_it(block: Pieces) -> None:
    payload = message(block)

    seen = inflated(payload)

    assert seen.output == b"Hello"
    assert [block.complete for block in seen.blocks] == [False, True]
    with pytest.raises(zlib.error, match=r"invalid (literal/lengths|distances) set"):
        zlib_reads(payload)


@pytest.mark.parametrize("distances", [{}, {0: 1}])
def test_a_single_distance_code_and_none_are_complete(distances: dict[int, int]) -> None:
    payload = message(dynamic(HELLO, distance_lengths=distances))

    assert inflated(payload).output == zlib_reads(payload) == b"Hello"
    assert inflated(payload).blocks[0].complete


# --- any input, any cut ---

LONG = message(
    fixed([Match(10, 16), *HELLO]),
    stored(b"stored", fill=1),
    dynamic([*HELLO, Match(200, 3), Literal(bytes(range(256)))], final=True),
    fixed([Literal(b"\xff"), Match(258, 1)]),
)

CUT = {"a message of every block type": LONG} | {
    name: message(block, stored(bytes(5))) for name, (block, _) in MALFORMED.items()
}


@pytest.mark.parametrize("payload", CUT.values(), ids=CUT)
def test_a_message_cut_at_any_byte_is_read_the_same(payload: bytes) -> None:
    whole = read_in_pieces(payload)

    assert all(read_in_pieces(payload, cut) == whole for cut in range(len(payload) + 1))
    assert read_in_pieces(payload, *range(1, len(payload))) == whole


def agree(payload: bytes) -> None:
    """Assert that zlib makes of ``payload`` what the reader does, but for what only the reader reads."""
    (seen,) = read(payload)
    match seen:
        case Inflated(output, blocks):
            refusal = zlib_refusal(payload)
            if refusal is None:
                assert zlib_reads(payload) == output
            else:
                assert "distance symbols" in refusal or not all(block.complete for block in blocks)
        case Malformed(_, what) if what != CUT_OFF:
            # More is needed where no code length has a code: zlib reads zeros, and then misses the end of the block.
            assert zlib_refusal(payload + TAIL + bytes(100)) is not None


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_as_zlib_reads_them_or_refused(payload: bytes) -> None:
    agree(payload)


@settings(deadline=None, max_examples=300)
@given(position=st.integers(0, 8 * len(LONG) - 1), width=st.integers(1, 12), end=st.integers(0, len(LONG)))
def test_a_damaged_message_is_read_as_zlib_reads_it_or_refused(position: int, width: int, end: int) -> None:
    before = message(stored(b"what came before"))
    bits = int.from_bytes(LONG, "little") ^ (1 << width) - 1 << position

    agree(before + TAIL + bits.to_bytes(len(LONG) + 2, "little")[:end])


# --- limits ---

TEN_BYTES = {
    "literals": fixed([Literal(b"0123456789")]),
    "a match": fixed([Literal(b"a"), Match(9, 1)]),
    "a stored block": stored(b"0123456789"),
    "several blocks": (*stored(b"01234"), *dynamic([Literal(b"56789")])),
}


@pytest.mark.parametrize("block", TEN_BYTES.values(), ids=TEN_BYTES)
def test_a_message_may_be_as_long_as_the_limit_and_no_longer(block: Pieces) -> None:
    (just,) = read(message(block), limit=10)
    (over,) = read(message(block, (Bits(0, 1), Bits(3, 2))), limit=9)  # what follows is not read

    assert isinstance(just, Inflated)
    assert over == TooLong(9)


def test_the_limit_is_for_each_message_and_the_window_does_not_count() -> None:
    payload = message(stored(b"0123456789"))

    assert all(isinstance(seen, Inflated) for seen in read(*[payload] * 5, limit=10))


def test_a_message_that_is_too_long_is_refused_before_it_ends() -> None:
    deflate = DeflateReader(limit=1_000)

    assert deflate.feed(serialize(fixed([Literal(b"a"), *[Match(258, 1)] * 50], ended=False))) == TooLong(1_000)
    assert deflate.end_message() == TooLong(1_000)


def test_a_bomb_costs_no_more_than_the_limit_and_the_window() -> None:
    limit = 100_000
    bomb = zlib_payload(zlib.compressobj(9, zlib.DEFLATED, -15), bytes(1 << 24))
    deflate = DeflateReader(limit)
    deflate.read_message(message(*[stored(bytes(20_000))] * 2))

    tracemalloc.start()
    fault = deflate.read_message(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert fault == TooLong(limit)
    assert peak < limit + WINDOW + len(bomb) + 32_768


# --- the writer alone ---


@pytest.mark.parametrize(("length", "distance"), [(2, 1), (259, 1), (3, 0), (3, WINDOW + 1)])
def test_a_match_that_deflate_cannot_express_is_refused(length: int, distance: int) -> None:
    with pytest.raises(AssertionError, match=r"a match cannot have|DEFLATE has no distance"):
        Match(length, distance)


def test_a_stored_block_that_is_too_long_for_its_length_is_refused() -> None:
    with pytest.raises(AssertionError, match="at most 65,535 bytes"):
        stored(bytes(65_536))


def test_pieces_are_packed_from_the_lowest_bit_and_filled_up_as_they_say() -> None:
    pieces = (Bits(1, 1), Bits(0b10, 2), Bits(0xABCDE, 20), Aligned(b"\x01", fill=1), Bits(0xFF, 3))

    assert serialize(pieces) == bytes.fromhex("f5e6d5 01 07")


def test_symbols_have_no_meaning_to_expand() -> None:
    with pytest.raises(AssertionError, match="not given a meaning"):
        expand([Symbols(286)])
