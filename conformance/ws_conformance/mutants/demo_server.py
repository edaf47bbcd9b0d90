"""A server that is broken on purpose in ten ways, and the reference unbroken, for whoever wants to serve them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ws_reference import (
    ALL_RULES,
    REQUEST_RULES,
    BinaryReceived,
    CloseRule,
    Connection,
    ConnectionFailed,
    Event,
    Frame,
    HeaderRule,
    Limits,
    Opcode,
    Rules,
    ServerHandshake,
    TextReceived,
)
from ws_reference import Role as ReferenceRole
from ws_reference.request_rules import method_is_get, version_is_13
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
from ws_conformance.mutants.deflate_data import deflating_peer
from ws_conformance.peer import Peer, Role


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault of the server: what is wrong, and which requirements must therefore be found to fail.

    ``also`` are patterns of those that may fail with them, since what one fault does is held against several rules.
    """

    words: str
    breaks: tuple[RequirementId, ...]
    also: tuple[str, ...] = ()


PLANTED: tuple[Planted, ...] = (
    Planted(
        "opens a connection whatever the method is",
        ("6455/4.2.1/method-is-get",),
        ("9110/7.8/*",),
    ),
    Planted(
        "opens a connection whatever version is asked for",
        ("6455/4.2.2/version-mismatch-is-refused",),
        (
            "6455/4.2.1/version-is-required",
            "6455/4.2.2/version-mismatch-names-versions",
            "6455/4.2.1/bad-request-is-not-processed-further",
            "6455/4.4/*",
            "6455/7.2.2/*",
            "6455/11.3.5/*",
            "6455/11.6/*",
            "9110/15.5.22/*",
            "9112/9.3/*",
            "9112/9.3.2/*",
            "9112/9.6/*",
        ),
    ),
    Planted(
        "takes frames that are not masked",
        ("6455/5.1/unmasked-frame-closes-the-connection",),
    ),
    Planted(
        "does not look at the reserved bits",
        ("6455/5.2/reserved-bit-set-fails-the-connection",),
        ("7692/3/acceptance-and-refusal-are-told-in-the-answer", "7692/5/without-an-answer-nothing-is-compressed"),
    ),
    Planted(
        "takes a continuation where there is nothing to continue",
        ("6455/5.4/continuation-needs-a-message",),
        ("6455/7.1.7/*", "6455/5.5.1/close-body-begins-with-a-code"),
    ),
    Planted(
        "lets a message begin inside another",
        ("6455/5.4/new-message-waits-for-the-end-of-the-last",),
    ),
    Planted(
        "takes control frames in fragments",
        ("6455/5.5/fragmented-control-frame-fails",),
        ("6455/5.4/control-frames-are-not-fragmented", "6455/5.5/control-frames-are-not-fragmented"),
    ),
    Planted(
        "answers a Close body of one byte with the same",
        ("6455/5.5.1/close-body-is-empty-or-at-least-two-bytes",),
    ),
    Planted(
        "cuts the last byte off the longest Pong",
        ("6455/5.5.3/pong-copies-the-payload",),
        (
            "6455/5.1/data-travels-in-frames",
            "6455/5.2/*",
            "6455/5.3/payload-is-unmasked",
            "6455/5.4/control-frame*",
            "6455/5.5/control-payload-is-at-most-125",
            "6455/5.5.2/ping-is-answered",
        ),
    ),
    Planted(
        "reads any bytes as text",
        ("6455/8.1/invalid-utf-8-fails-the-connection", "6455/8.1/incomplete-utf-8-at-the-end-fails"),
        ("3629/*", "6455/7.1.7/*", "6455/5.5.1/close-body-begins-with-a-code"),
    ),
)
"""What is wrong with the demo's server."""


def demo_server() -> Peer:
    """Return one connection's end of the broken server."""
    return reference_peer(Role.SERVER, handshake=_BrokenHandshake, connection=_BrokenConnection)


def echo_server() -> Peer:
    """Return one connection's end of the reference as an echo server."""
    return reference_peer(Role.SERVER)


def deflating_server() -> Peer:
    """Return the same, as a server that agrees to compress."""
    return deflating_peer(Role.SERVER)


class _BrokenHandshake(ServerHandshake):
    """Looks at neither the method nor the version."""

    def __init__(self, *, subprotocols: Sequence[str], limits: Limits) -> None:
        rules = tuple(rule for rule in REQUEST_RULES if rule not in (method_is_get, version_is_13))
        super().__init__(subprotocols=subprotocols, rules=rules, limits=limits)


_LEFT_OUT: tuple[HeaderRule | CloseRule, ...] = (
    frame_from_client_is_masked,
    reserved_bits_are_clear,
    control_frame_is_final,
    continuation_has_a_message,
    new_message_waits_for_the_end_of_the_last,
    close_body_has_a_whole_code,
)


_RULES = Rules(
    header=tuple(rule for rule in ALL_RULES.header if rule not in _LEFT_OUT),
    close=tuple(rule for rule in ALL_RULES.close if rule not in _LEFT_OUT),
)


class _BrokenConnection(Connection):
    """Lets through what several rules would refuse, reads any bytes as text, and cuts the longest Pong."""

    def __init__(self, role: ReferenceRole, *, new_masking_key: Callable[[], bytes], limits: Limits) -> None:
        super().__init__(role, new_masking_key=new_masking_key, rules=_RULES, limits=limits)

    def check_text(self) -> ConnectionFailed | None:
        return None

    def deliver(self, opcode: int, payload: bytes) -> Event:
        if opcode != Opcode.TEXT:
            return BinaryReceived(payload)
        return TextReceived(payload.decode(errors="replace"))

    def answer_ping(self, payload: bytes) -> None:
        self.write(Frame(Opcode.PONG, payload[:124]))
