"""What cases under strain share: payloads that are long and take little room, and the ways out that a limit permits."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from ws_conformance.model import (
    ByRole,
    CloseIs,
    Ends,
    Expect,
    MessageIs,
    Need,
    Observation,
    Quiet,
    Reaction,
    RequirementId,
    SendBytes,
)
from ws_conformance.model import Message as SeenMessage
from ws_conformance.vocabulary import CLOSE_COMES_FIRST, CODE_IS_APPROPRIATE, POLICY, TOO_BIG, expect, frame
from ws_conformance.wire import CONTINUATION, apply_mask, serialize

KIB = 1 << 10
MIB = 1 << 20

LIMITS = frozenset({"limits"})
"""The tag of cases that cost a target more than a moment."""

AFTERMATH = LIMITS | {"aftermath"}
"""Tags of cases that end the connection themselves: what they did shows on the next one, if anywhere."""

HALF_CLOSE = LIMITS | {"half-close"}
"""Tags of cases that end one direction of TCP, which TLS cannot do everywhere."""

SIZE_LIMITS: RequirementId = "6455/10.4/size-limits-protect"
TRUSTS_NO_INPUT: RequirementId = "6455/10.1/server-trusts-no-input"
CLOSED_WHEN_TCP_IS: RequirementId = "6455/7.1.4/connection-is-closed-when-tcp-is"

ANSWER_SECONDS = 5.0
"""How long a target under strain may take to react, whatever the size."""

SLOWEST_BYTES_PER_SECOND = 3 * MIB / 2
"""How slow an echo may be (policy page, "Timing"): much slower than any implementation that was ever measured."""

_KEY = bytes.fromhex("5a3cc3a5")


class RepeatedIs(MessageIs, frozen=True):
    """This message, whose payload is ``unit`` so many ``times``."""

    unit: bytes = b""
    times: int = 0

    def matches(self, observation: Observation) -> bool:
        if not (isinstance(observation, SeenMessage) and observation.opcode == self.opcode):
            return False
        seen, step = observation.payload, len(self.unit)
        # Piece by piece: the whole payload is not made only to be compared.
        return len(seen) == step * self.times and all(
            seen.startswith(self.unit, at) for at in range(0, len(seen), step)
        )


@cache
def block(length: int) -> bytes:
    """Return a text in which each line of 64 bytes begins with its place.

    >>> block(70)
    b'00000000 - - - - - - - - - - - - - - - - - - - - - - - - - - - -000000'
    """
    return _lines(max(length, MIB))[:length]


@cache
def _lines(length: int) -> bytes:
    """Return as many lines as have ``length`` bytes, the last of them whole."""
    line = b"%08d" + b" -" * 28
    return b"".join(map(line.__mod__, range(0, length, 64)))


def _header(opcode: int, length: int, *, masked: bool, fin: bool = True) -> bytes:
    """Return the bytes of a frame that come before its payload, which has ``length`` bytes."""
    return serialize(frame(opcode, fin=fin, declared_length=length), masked=masked, masking_key=_KEY)


@cache
def _payload(unit: bytes, *, masked: bool) -> bytes:
    return apply_mask(unit, _KEY) if masked else unit


@cache
def _fragment(opcode: int, unit: bytes, *, masked: bool, fin: bool) -> SendBytes:
    header = _header(opcode, len(unit), masked=masked, fin=fin)
    return SendBytes(header + _payload(unit, masked=masked), note="fragment")


def long_frame(opcode: int, unit: bytes, times: int) -> ByRole:
    """Send one frame whose payload is ``unit`` so many ``times``, a multiple of four bytes, all masked with one key."""
    assert len(unit) % 4 == 0, "otherwise the key would turn from one unit to the next"
    length = len(unit) * times

    def parts(*, masked: bool) -> tuple[SendBytes, ...]:
        header = SendBytes(_header(opcode, length, masked=masked), note=f"header of a frame of {length} bytes")
        return header, *(SendBytes(_payload(unit, masked=masked), note="payload"),) * times

    return ByRole(server=parts(masked=True), client=parts(masked=False))


def long_fragments(opcode: int, unit: bytes, times: int) -> ByRole:
    """Send a message of so many fragments, each ``unit`` and all masked with one key."""

    def parts(*, masked: bool) -> tuple[SendBytes, ...]:
        first = _fragment(opcode, unit, masked=masked, fin=False)
        middle = _fragment(CONTINUATION, unit, masked=masked, fin=False)
        return first, *(middle,) * (times - 2), _fragment(CONTINUATION, unit, masked=masked, fin=True)

    return ByRole(server=parts(masked=True), client=parts(masked=False))


TAKES_NO_MORE = (
    Reaction("refuses it as too much, with Close 1009 or 1008", (CloseIs(frozenset({TOO_BIG, POLICY})),)),
    Reaction(
        "closes with another code", (CloseIs(frozenset({TOO_BIG, POLICY}), negated=True),), (CODE_IS_APPROPRIATE,)
    ),
    Reaction("ends TCP without a Close", (Ends(),), (CLOSE_COMES_FIRST,)),
)
"""§10.4: limits are the target's own to set (policy page, A82). What it may not do is to answer wrongly, or never."""


def within_limits(
    wanted: Reaction, *, length: int, needs: frozenset[Need] = frozenset(), about: Iterable[RequirementId] = ()
) -> Expect:
    """The target does what is ``wanted`` or takes no more, in the time that ``length`` bytes need at their slowest."""
    seconds = ANSWER_SECONDS + length / SLOWEST_BYTES_PER_SECOND
    return expect(wanted, *TAKES_NO_MORE, seconds=seconds, needs=needs, about=about)


def echoes_or_refuses(opcode: int, unit: bytes, times: int = 1) -> Expect:
    """The application sends this message back, or the target refuses it for its size."""
    echo = Reaction("echoes the message", (RepeatedIs(opcode, unit=unit, times=times),))
    return within_limits(echo, length=len(unit) * times, needs=frozenset({Need.ECHO}))


def notices_the_end() -> Expect:
    """The target closes its side as well, with or without a Close; to stay half open is lenient (policy page, A60)."""
    return expect(
        Reaction("sends a Close", (CloseIs(frozenset(), negated=True),)),
        Reaction("ends TCP", (Ends(),)),
        Reaction("stays half open", (Quiet(),), (CLOSED_WHEN_TCP_IS,)),
    )
