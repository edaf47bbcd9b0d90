#!/usr/bin/env python3
"""The suite's reader of DEFLATE, held against the reference, which inflates with zlib."""

from __future__ import annotations

from harness import Choices, instrumented, main, pieces

with instrumented():
    from ws_conformance.deflate import DeflateReader, Fault, Inflated
    from ws_reference import Frame, Limits, Opcode, Parameters, PerMessageDeflate, Role
    from ws_reference.frames import RSV1

LIMIT = 1 << 16


def test_one_input(data: bytes) -> None:
    """How a message is cut changes nothing; what the reference inflates, this inflates, and to the same bytes."""
    choices = Choices(data)
    length, split = choices.number(32), choices.number(256)
    sent = choices.rest()
    messages = [sent[:split], sent[split:]]

    whole = read(messages, 0)

    assert read(messages, length) == whole
    for inflated, expected in zip(whole, by_the_reference(messages), strict=False):
        assert isinstance(inflated, Inflated)
        assert inflated.output == expected


def read(messages: list[bytes], length: int) -> list[Inflated | Fault]:
    """Return what comes of ``messages``, read in pieces of ``length`` bytes."""
    reader = DeflateReader(LIMIT)
    found = []
    for message in messages:
        for piece in pieces(message, length):
            reader.feed(piece)
        found.append(reader.end_message())
    return found


def by_the_reference(messages: list[bytes]) -> list[bytes]:
    """Return what the reference inflates ``messages`` to, up to the first of them that it refuses."""
    reference = PerMessageDeflate(Role.SERVER, Parameters(), limits=Limits(message_length=LIMIT))
    outputs: list[bytes] = []
    for message in messages:
        output = b"".join(part.payload for part in reference.decode(Frame(Opcode.BINARY, message, rsv=RSV1)))
        if reference.violation is not None:
            break
        outputs.append(output)
    return outputs


if __name__ == "__main__":
    main(test_one_input)
