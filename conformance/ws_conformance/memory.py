"""The wire without a network: two Peers joined in memory, in virtual time.

Nobody waits here. When neither peer has anything to say, the clock jumps to the next deadline of either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

from msgspec.structs import replace

from .examiner import Examiner
from .model import Case, Result, Setting
from .peer import Chunk, Peer, Role

Delivery = Callable[[list[Chunk]], Iterable[Chunk]]
"""How the chunks that one peer says at one moment reach the other. The finding must not depend on it."""

PORT = 8080
"""The port that a client is told of, where nobody listens."""


@runtime_checkable
class Invited(Protocol):
    """A client that can be told what to connect to before it says anything."""

    def invite(self, uri: str) -> None:
        """Connect to ``uri``."""


ROUNDS = 100_000
"""How often two peers may answer each other before one of them is taken for broken."""


def whole(chunks: list[Chunk]) -> list[Chunk]:
    """Deliver each chunk as it was said."""
    return chunks


def byte_by_byte(chunks: list[Chunk]) -> list[Chunk]:
    """Deliver every byte by itself."""
    return [
        part
        for chunk in chunks
        for part in ([chunk[i : i + 1] for i in range(len(chunk))] if isinstance(chunk, bytes) else [chunk])
    ]


def cut_at(position: int) -> Delivery:
    """Return a delivery that cuts every chunk in two behind its first ``position`` bytes."""

    def delivery(chunks: list[Chunk]) -> list[Chunk]:
        return [
            part
            for chunk in chunks
            for part in (
                [chunk[:position], chunk[position:]] if isinstance(chunk, bytes) and position < len(chunk) else [chunk]
            )
        ]

    return delivery


def rehearse(
    case: Case, target: Peer, role: Role, *, setting: Setting | None = None, delivery: Delivery = whole
) -> Result:
    """Play ``case`` against ``target``, which has ``role``, in memory and in virtual time."""
    setting = setting or Setting()
    if role is Role.CLIENT and isinstance(target, Invited):
        port = case.invitation.port or PORT
        target.invite(case.invitation.at(port))
        setting = replace(setting, place=case.invitation.place(port))
    examiner = Examiner(case, role, setting)
    spoken_to = _carried(examiner, case)
    now = 0.0
    for _ in range(ROUNDS):
        moved = _carry(spoken_to, target, now, delivery)
        moved = _carry(target, spoken_to, now, delivery) or moved
        if examiner.finding is not None:
            break
        if not moved:
            deadlines = [at for at in (spoken_to.next_deadline(), target.next_deadline()) if at is not None]
            assert deadlines, f"{case.id}: both peers wait for ever"
            now = max(now, min(deadlines))
    else:
        raise AssertionError(f"{case.id}: no end after {ROUNDS} rounds")
    return examiner.result()


def _carried(examiner: Examiner, case: Case) -> Peer:
    """Return ``examiner`` over whatever carries ``case``."""
    if case.invitation.certificate is None:
        return examiner
    from .carriers.tls import certified

    return certified(examiner, case.invitation.certificate)


def _carry(speaker: Peer, listener: Peer, now: float, delivery: Delivery) -> bool:
    """Carry what ``speaker`` says to ``listener``; return whether there was anything."""
    chunks = speaker.transmit(now)
    for chunk in delivery(chunks):
        listener.receive(chunk, now)
    return bool(chunks)
