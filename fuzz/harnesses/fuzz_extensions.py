#!/usr/bin/env python3
"""The value of Sec-WebSocket-Extensions: two readers of it, and what the reference negotiates."""

from __future__ import annotations

from harness import Choices, instrumented, main

with instrumented():
    from ws_conformance.head import ResponseHead, read_extension
    from ws_reference import (
        DeflateNegotiation,
        Extension,
        LocalProtocolError,
        Parameters,
        Violation,
        parse_extensions,
    )


def test_one_input(data: bytes) -> None:
    """What the reference reads, the suite reads as well; what a server agrees to, the client that offered it takes."""
    choices = Choices(data)
    wishes = Parameters(
        server_no_context_takeover=choices.flag(),
        client_no_context_takeover=choices.flag(),
        server_max_window_bits=(None, *range(8, 16))[choices.number(9)],
        client_max_window_bits=(None, *range(8, 16))[choices.number(9)],
    )
    value = choices.rest().decode("latin-1")

    listed = parse_extensions(value)
    elements = [read_extension(each) for each in ResponseHead("", (("X", value),)).elements("X")]

    if listed is None:
        return
    assert [(each.name, each.parameters) for each in elements if each is not None] == [
        (each.name, each.parameters) for each in listed
    ]
    assert parse_extensions(", ".join(map(str, listed))) == listed
    negotiate(listed, wishes)


def negotiate(offered: tuple[Extension, ...], wishes: Parameters) -> None:
    agreed = DeflateNegotiation(wishes=wishes).accept(offered)
    lawful = tuple(each for each in offered if each.name == "permessage-deflate" and is_lawful(each))
    assert (agreed is None) == (not lawful)
    if agreed is not None:
        assert isinstance(DeflateNegotiation(offers=lawful).read_answer((agreed.extension(),)), Parameters)
    assert isinstance(DeflateNegotiation().read_answer(offered), Parameters | Violation | None)


def is_lawful(offer: Extension) -> bool:
    """Return whether a client may offer this."""
    try:
        DeflateNegotiation(offers=(offer,))
    except LocalProtocolError:
        return False
    return True


if __name__ == "__main__":
    main(test_one_input)
