"""A message in fragments."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st
from ws_reference.frames import Opcode
from ws_reference.message import BLOCK_LENGTH, Message


@given(st.lists(st.tuples(st.sampled_from((0, 1, 1000, BLOCK_LENGTH - 1, BLOCK_LENGTH)), st.booleans()), max_size=8))
def test_the_payload_is_that_of_all_fragments_in_order(fragments: list[tuple[int, bool]]) -> None:
    message = Message(Opcode.BINARY)
    payloads = [bytes((i,)) * length for i, (length, _) in enumerate(fragments)]

    for payload, (_, settles) in zip(payloads, fragments, strict=True):
        message.add(payload)
        if settles:
            message.settle()

    assert message.payload() == b"".join(payloads)


def test_only_text_is_checked() -> None:
    text, binary = Message(Opcode.TEXT), Message(Opcode.BINARY)
    text.add(b"\xff")
    binary.add(b"\xff")

    assert text.settle() == "text is not UTF-8 from byte 0 on (0xff): invalid start byte"
    assert binary.settle() is None


def test_tiny_fragments_cost_little_more_than_they_carry() -> None:
    message = Message(Opcode.BINARY)
    fragment = bytes(2)

    tracemalloc.start()
    for _ in range(200_000):
        message.add(fragment + b"")
        message.settle()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert held < 400_000 + BLOCK_LENGTH
