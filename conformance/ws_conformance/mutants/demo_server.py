"""A server that is broken on purpose in ten ways, and the reference unbroken, for whoever wants to serve them."""

from __future__ import annotations

from dataclasses import dataclass

from ws_reference import (
    ALL_RULES,
    REQUEST_RULES,
    BinaryReceived,
    Connection,
    ConnectionFailed,
    Event,
    Frame,
    Opcode,
    ServerHandshake,
    TextReceived,
)
from ws_reference.handshake import key_decodes_to_16_bytes, method_is_get, version_is_13
from ws_reference.rules import (
    close_body_has_a_whole_code,
    continuation_has_a_message,
    control_frame_is_final,
    frame_from_client_is_masked,
    new_message_waits_for_the_end_of_the_last,
    reserved_bits_are_clear,
)

from ws_conformance.model import RequirementId
from ws_conformance.mutants.base import reference_peer
from ws_conformance.peer import Peer, Role


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault of the server: what is wrong, and which requirements must therefore be found to fail.

    ``also`` are those that may fail with them, since what one fault does can be held against several rules.
    """

    words: str
    breaks: tuple[RequirementId, ...]
    also: tuple[RequirementId, ...] = ()


PLANTED: tuple[Planted, ...] = ()

_RULES = ALL_RULES
for _rule in (
    frame_from_client_is_masked,
    reserved_bits_are_clear,
    control_frame_is_final,
    continuation_has_a_message,
    new_message_waits_for_the_end_of_the_last,
    close_body_has_a_whole_code,
):
    _RULES = _RULES.without(_rule)

_REQUEST_RULES = tuple(
    rule for rule in REQUEST_RULES if rule not in (method_is_get, version_is_13, key_decodes_to_16_bytes)
)


class _BrokenHandshake(ServerHandshake):
    """Does not look at the method, the version and the length of the key."""

    def __init__(self, **given: object) -> None:
        super().__init__(**given, rules=_REQUEST_RULES)  # type: ignore[arg-type]  # passed on as it came


class _BrokenConnection(Connection):
    """Lets through what several rules would refuse, reads any bytes as text, and cuts the longest Pong."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named, rules=_RULES)  # type: ignore[arg-type, misc]  # passed on as it came

    def check_text(self) -> ConnectionFailed | None:
        return None

    def deliver(self, opcode: int, payload: bytes) -> Event:
        if opcode != Opcode.TEXT:
            return BinaryReceived(payload)
        return TextReceived(payload.decode(errors="replace"))

    def answer_ping(self, payload: bytes) -> None:
        self.write(Frame(Opcode.PONG, payload[:124]))


def demo_server() -> Peer:
    """Return one connection's end of the broken server."""
    return reference_peer(Role.SERVER, handshake=_BrokenHandshake, connection=_BrokenConnection)


def echo_server() -> Peer:
    """Return one connection's end of the reference as an echo server."""
    return reference_peer(Role.SERVER)
