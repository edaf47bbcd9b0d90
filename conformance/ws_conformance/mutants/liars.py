"""Peers that are no implementations at all. No area may be passed by one of them."""

from __future__ import annotations

from collections.abc import Callable

from ws_conformance.mutants.base import MakePeer, Mutant, ReferencePeer, reference_peer
from ws_conformance.peer import Chunk, Peer, Role, Signal


class ClosesAtOnce:
    """Ends TCP as soon as anything comes, which some would take for "it failed the connection"."""

    def __init__(self) -> None:
        self._heard = False
        self._ended = False

    def receive(self, chunk: Chunk, now: float) -> None:
        self._heard = True

    def transmit(self, now: float) -> list[Chunk]:
        if not self._heard or self._ended:
            return []
        self._ended = True
        return [Signal.END]

    def next_deadline(self) -> float | None:
        return None


class NeverSpeaks:
    """Takes everything, says nothing and leaves TCP open."""

    def receive(self, chunk: Chunk, now: float) -> None:
        pass

    def transmit(self, now: float) -> list[Chunk]:
        return []

    def next_deadline(self) -> float | None:
        return None


class OpensAnd:
    """Shakes hands like the reference, and from then on is somebody else."""

    def __init__(self, role: Role, afterwards: Callable[[], Peer]) -> None:
        self._reference: ReferencePeer | None = reference_peer(role)
        self._afterwards = afterwards()

    def receive(self, chunk: Chunk, now: float) -> None:
        (self._reference or self._afterwards).receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        if self._reference is None:
            return self._afterwards.transmit(now)
        said = self._reference.transmit(now)
        if self._reference.endpoint.connection is not None:
            self._reference = None
        return said

    def next_deadline(self) -> float | None:
        return None


class ClosesAlways:
    """Answers whatever comes with Close ``code`` and ends TCP."""

    def __init__(self, code: int) -> None:
        self._inner = ClosesAtOnce()
        self._close = b"\x88\x02" + code.to_bytes(2, "big")

    def receive(self, chunk: Chunk, now: float) -> None:
        self._inner.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        said = self._inner.transmit(now)
        return [self._close, *said] if said else []

    def next_deadline(self) -> float | None:
        return None


def _opens_and(afterwards: Callable[[], Peer]) -> MakePeer:
    return lambda role: OpensAnd(role, afterwards)


LIARS: tuple[Mutant, ...] = (
    Mutant(
        name="ends TCP at the first byte",
        breaks=("6455/4.2.2/valid-request-is-accepted",),
        make=lambda role: ClosesAtOnce(),
    ),
    Mutant(
        name="never says a word",
        breaks=("6455/4.2.2/valid-request-is-accepted",),
        make=lambda role: NeverSpeaks(),
    ),
    Mutant(
        name="opens, and ends TCP at the first frame",
        breaks=("6455/5.5.2/ping-is-answered",),
        make=_opens_and(ClosesAtOnce),
    ),
    Mutant(
        name="opens, and never says a word again",
        breaks=("6455/5.5.2/ping-is-answered",),
        make=_opens_and(NeverSpeaks),
    ),
    *(
        Mutant(
            name=f"opens, and answers whatever comes with Close {code}",
            breaks=("6455/5.5.2/ping-is-answered",),
            make=_opens_and(lambda code=code: ClosesAlways(code)),  # type: ignore[misc]  # the default binds the code
        )
        for code in (1000, 1002, 4999)
    ),
)

MUTANTS = LIARS
