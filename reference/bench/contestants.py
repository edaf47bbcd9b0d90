"""Who takes part in a run: the reference, its peers as far as they are installed, and the floors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from . import floors, goals, peers, transport_peers
from .measuring import Contestant

PEERS: tuple[Callable[[], peers.Peer], ...] = (
    peers.Wsproto,
    peers.Websockets,
    transport_peers.Autobahn,
    transport_peers.Aiohttp,
    transport_peers.Picows,
)


def contestants() -> Iterator[Contestant]:
    """Yield all who take part."""
    yield _contestant(peers.Reference(goals.PLAIN))
    for make in (_with_the_c_mask, *PEERS):
        try:
            peer = make()
        except ImportError:
            continue
        yield _contestant(peer)
    yield Contestant(goals.STANDARD_FLOOR, lambda workload: floors.floor(workload, floors.standard_xor), checked=False)
    xor = floors.fastest_xor()
    yield Contestant(goals.FLOOR, lambda workload: floors.floor(workload, xor), checked=False)


def _with_the_c_mask() -> peers.Peer:
    return peers.Reference(goals.MASKED, import_module("ws_reference.speedups").mask)


def _contestant(peer: peers.Peer) -> Contestant:
    return Contestant(peer.name, lambda workload: workload.job(peer))
