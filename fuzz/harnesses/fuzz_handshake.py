#!/usr/bin/env python3
"""The reference's opening handshake, as a server and as a client, in pieces of any length."""

from __future__ import annotations

from collections.abc import Iterable

from harness import Choices, instrumented, main, pieces

with instrumented():
    from ws_conformance.head import read_response_head
    from ws_reference import ClientHandshake, DeflateNegotiation, Refusal, Request, Response, ServerHandshake, Violation

NONCE = b"the sample nonce"
SUBPROTOCOLS = ("chat", "superchat")


def test_one_input(data: bytes) -> None:
    """How a head is cut changes nothing; what a server answers is a well-formed head, whatever it was asked."""
    choices = Choices(data)
    is_client, compresses, length = choices.flag(), choices.flag(), choices.number(64)
    deflate = DeflateNegotiation() if compresses else None
    received = choices.rest()

    def shaken(data: Iterable[bytes]) -> object:
        return client(data, deflate) if is_client else server(data, deflate)

    assert shaken(pieces(received, length)) == shaken([received])


def server(data: Iterable[bytes], deflate: DeflateNegotiation | None) -> object:
    """Return what a server makes of ``data``: its answer, and how many bytes are behind the request."""
    handshake = ServerHandshake(subprotocols=SUBPROTOCOLS, deflate=deflate)
    parts = iter(data)
    for piece in parts:
        match handshake.receive(piece):
            case Request() as request:
                answer = handshake.accept(request)
                check(answer, 101, 101)
                return answer, handshake.leftover + b"".join(parts)
            case Refusal() as refusal:
                check(handshake.refuse(refusal), 400, 599)
                return refusal.status
    return None


def check(answer: bytes, lowest: int, highest: int) -> None:
    head = read_response_head(answer.partition(b"\r\n\r\n")[0])
    assert lowest <= head.status <= highest
    assert head.malformed == ()
    assert b"\n" not in answer.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"")


def client(data: Iterable[bytes], deflate: DeflateNegotiation | None) -> object:
    """Return what a client makes of ``data``: whether it opens, what was agreed upon, and what is behind the answer."""
    handshake = ClientHandshake(
        host="wsspec.example", new_nonce=lambda: NONCE, subprotocols=SUBPROTOCOLS, deflate=deflate
    )
    assert handshake.request()
    parts = iter(data)
    for piece in parts:
        match handshake.receive(piece):
            case Response() as response:
                return response.subprotocol, handshake.agreed, handshake.leftover + b"".join(parts)
            case Violation():
                return "fails"
    return None


if __name__ == "__main__":
    main(test_one_input)
