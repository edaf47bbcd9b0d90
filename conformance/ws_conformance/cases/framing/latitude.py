"""Steps for frames that a target may lawfully refuse, or wait for, as well as read."""

from __future__ import annotations

from functools import cache

from ws_conformance.model import ByRole, CloseIs, Ends, Expect, MessageIs, Need, Pattern, PongIs, Reaction, Step
from ws_conformance.vocabulary import (
    CLOSE_COMES_FIRST,
    CODE_IS_APPROPRIATE,
    POLICY,
    PROTOCOL_ERROR,
    TOO_BIG,
    expect,
    frame,
    send,
)
from ws_conformance.wire import PING

REFUSES_THE_SIZE = (
    Reaction("refuses it as too much, with Close 1009 or 1008", (CloseIs(frozenset({TOO_BIG, POLICY})),)),
    Reaction("ends TCP without a Close", (Ends(),), (CLOSE_COMES_FIRST,)),
)
"""§10.4: an endpoint may have limits, and the RFC names no least size that it has to take."""


@cache
def counting(length: int) -> bytes:
    """Return a payload in which every ninth byte tells, in digits, where it stands.

    >>> counting(20)
    b'00000000|00000009|00'
    """
    assert length <= LONGEST, f"nothing counts up to {length}"
    return _counted()[:length]


LONGEST = 70_000
"""The longest payload that counts, in bytes."""


@cache
def _counted() -> bytes:
    return b"".join([b"%08d|" % place for place in range(0, LONGEST, 9)])


def echoes_within_limits(opcode: int, payload: bytes, frames: int = 1) -> Expect:
    """The application sends this message back. One of over 125 bytes or ten frames may also be refused for that."""
    latitude = REFUSES_THE_SIZE if len(payload) > 125 or frames > 10 else ()
    return expect(
        Reaction("echoes the message", (MessageIs(opcode, payload),)), *latitude, needs=frozenset({Need.ECHO})
    )


def fence_within_limits(payload_length: int) -> tuple[Step, ...]:
    """Show that the end of what came before was found, unless that is refused for its size."""
    latitude = REFUSES_THE_SIZE if payload_length > 125 else ()
    return (
        send(frame(PING, "behind it"), note="fence"),
        expect(
            Reaction("answers the Ping behind it", (PongIs(b"behind it"),)), *latitude, needs=frozenset({Need.PONG})
        ),
    )


def fails_or(
    *otherwise: Reaction, codes: tuple[int, ...] = (PROTOCOL_ERROR,), needs: frozenset[Need] = frozenset()
) -> ByRole:
    """The target fails the connection (§7.1.7) or takes one of the reactions ``otherwise``. Only ever the last step.

    TCP may end by RST: where much was sent, that is what becomes of the bytes that a target has no reason to read.
    """
    fitting: frozenset[int | None] = frozenset(codes)
    wanted = " or ".join(str(code) for code in codes)

    def reactions(*end: Pattern) -> tuple[Reaction, ...]:
        return (
            Reaction(f"fails the connection with {wanted}", (CloseIs(fitting), *end)),
            Reaction("fails the connection without a code", (CloseIs(frozenset({None})), *end), (CODE_IS_APPROPRIATE,)),
            Reaction(
                "fails the connection with another code",
                (CloseIs(fitting | {None}, negated=True), *end),
                (CODE_IS_APPROPRIATE,),
            ),
            Reaction("ends TCP without a Close", (Ends(),), (CLOSE_COMES_FIRST,)),
        )

    return ByRole(
        server=(expect(*reactions(Ends()), *otherwise, needs=needs),),
        client=(expect(*reactions(), *otherwise, needs=needs),),
    )
