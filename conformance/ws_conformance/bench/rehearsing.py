"""What a rehearsal in memory costs, and who spends it: the examiner, or the reference that it examines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time

from ..memory import rehearse
from ..model import Case
from ..mutants import reference_peer
from ..peer import Chunk, Peer, Role


@dataclass(frozen=True, slots=True)
class Shares:
    """Seconds of processor time that rehearsals took in all, and how much of them the target took."""

    total: float
    target: float


class Timed:
    """A target whose time is taken."""

    def __init__(self, target: Peer) -> None:
        self._target = target
        self.seconds = 0.0

    def receive(self, chunk: Chunk, now: float) -> None:
        began = process_time()
        self._target.receive(chunk, now)
        self.seconds += process_time() - began

    def transmit(self, now: float) -> list[Chunk]:
        began = process_time()
        chunks = self._target.transmit(now)
        self.seconds += process_time() - began
        return chunks

    def next_deadline(self) -> float | None:
        return self._target.next_deadline()


def rehearsals(cases: Sequence[Case]) -> Shares:
    """Rehearse ``cases`` with the reference, and return what that took."""
    began = process_time()
    spent = 0.0
    for case in cases:
        before = process_time()
        target = Timed(reference_peer(Role.SERVER))
        spent += process_time() - before
        rehearse(case, target, Role.SERVER)
        spent += target.seconds
    return Shares(process_time() - began, spent)
