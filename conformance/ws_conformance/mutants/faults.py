"""Three finer ways to a faulty copy of the reference: a rule with a gap, frames edited on their way, impatience."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from msgspec.structs import replace
from ws_reference import ALL_RULES, Connection, FrameHeader, HeaderRule, Receiving, Violation

from ws_conformance.head import HeadReader
from ws_conformance.mutants.base import MakePeer, Tampered, reference_peer, with_connection
from ws_conformance.peer import Chunk, Peer, Role, Signal
from ws_conformance.wire import FrameReader, WireFrame, serialize

Gap = Callable[[FrameHeader, Receiving], bool]


def has_opcode(opcode: int) -> Gap:
    """Return the gap for frames with ``opcode``."""
    return lambda header, receiving: header.opcode == opcode


def is_inside_a_message(header: FrameHeader, receiving: Receiving) -> bool:
    """Be the gap for frames between the first fragment of a message and its end."""
    return receiving.message_under_way


def excusing(rule: HeaderRule, gap: Gap) -> MakePeer:
    """Return a maker of references whose ``rule`` has no objection to the headers that ``gap`` names."""

    def rule_with_a_gap(header: FrameHeader, receiving: Receiving) -> Violation | None:
        return None if gap(header, receiving) else rule(header, receiving)

    rules = dataclasses.replace(
        ALL_RULES, header=tuple(rule_with_a_gap if kept is rule else kept for kept in ALL_RULES.header)
    )
    return with_connection(partial(Connection, rules=rules))


Frames = Iterable[WireFrame]
FrameEdit = Callable[[WireFrame, Sequence[WireFrame]], Frames]
"""Given a frame, and all those before it in the same direction, returns what takes its place."""

Which = Callable[[WireFrame, Sequence[WireFrame]], bool]
"""Whether an edit is about this frame, behind those before it."""


def unchanged(frame: WireFrame, before: Sequence[WireFrame]) -> Frames:
    """Let ``frame`` pass."""
    return (frame,)


def changing(which: Which, change: Callable[[WireFrame], WireFrame]) -> FrameEdit:
    """Return an edit that makes ``change`` to the frames that ``which`` names."""
    return lambda frame, before: (change(frame) if which(frame, before) else frame,)


def losing(which: Which) -> FrameEdit:
    """Return an edit that takes away the frames that ``which`` names."""
    return lambda frame, before: () if which(frame, before) else (frame,)


def refusing(which: Which) -> FrameEdit:
    """Return an edit that makes the reference fail the connection, with 1002, on the frames that ``which`` names."""
    return changing(which, lambda frame: replace(frame, rsv=7))


def with_payload(frame: WireFrame, payload: bytes) -> WireFrame:
    """Return ``frame`` with another payload, and the length that this has."""
    return replace(frame, payload=payload, length_bytes=None, declared_length=None)


def is_behind(opcode: int, before: Sequence[WireFrame]) -> bool:
    """Return whether the last frame of ``before`` has ``opcode``."""
    return any(frame.opcode == opcode for frame in before[-1:])


def under_way(before: Sequence[WireFrame]) -> bool:
    """Return whether a message has begun and not ended in ``before``."""
    return next((not frame.fin for frame in reversed(before) if not frame.is_control), False)


def edited(
    *, incoming: FrameEdit = unchanged, outgoing: FrameEdit = unchanged, inner: Callable[[Role], Peer] = reference_peer
) -> MakePeer:
    """Return a maker of references that hear other frames than are sent to them, or are heard to send others."""
    return lambda role: Tampered(
        inner(role), incoming=_FramesOnTheirWay(incoming).pass_on, outgoing=_FramesOnTheirWay(outgoing).pass_on
    )


class _FramesOnTheirWay:
    """Reads one direction of a conversation behind its head, and edits it frame by frame."""

    def __init__(self, edit: FrameEdit) -> None:
        self._edit = edit
        self._head: HeadReader | None = HeadReader()
        self._frames = FrameReader(1 << 64)
        self._before: list[WireFrame] = []

    def pass_on(self, data: bytes) -> bytes:
        """Return what becomes of ``data``."""
        passed = []
        if self._head is not None:
            whole = self._head.feed(data)
            if whole is None:
                return b""
            self._head = None
            head, data = whole
            passed.append(head + b"\r\n\r\n")
        for frame in self._frames.feed(data):
            passed += (_bytes_of(edit) for edit in self._edit(frame, self._before))
            self._before.append(frame)
        return b"".join(passed)


def _bytes_of(frame: WireFrame) -> bytes:
    return serialize(frame, masked=False, masking_key=bytes(4))


def losing_patience(how: Signal, seconds: float) -> MakePeer:
    """Return a maker of references that say ``how`` when nothing has come for so many ``seconds``."""
    return lambda role: LosesPatience(reference_peer(role), how, seconds)


class LosesPatience(Tampered):
    """Says ``how`` when nothing has come for so many ``seconds``, be the connection open or not."""

    def __init__(self, inner: Peer, how: Signal, seconds: float) -> None:
        super().__init__(inner)
        self._how = how
        self._seconds = seconds
        self._deadline: float | None = None
        self._has_ended = False

    def receive(self, chunk: Chunk, now: float) -> None:
        self._deadline = now + self._seconds
        super().receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        if self._has_ended:
            return []
        said = super().transmit(now)
        if Signal.END not in said and self._deadline is not None and now >= self._deadline:
            said.append(self._how)
        self._has_ended = any(isinstance(chunk, Signal) for chunk in said)
        return said

    def next_deadline(self) -> float | None:
        return None if self._has_ended else self._deadline
