"""Faults of a feed, by name: what goes wrong, when, for how long, and how often."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from ...units import parse_duration
from ...usage import UsageError, unknown


class Stage(Enum):
    """Where a fault happens."""

    HANDSHAKE = "instead of an opening handshake"
    MADE = "in what is made"
    SENT = "in how it is sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A way to go wrong. ``at`` is when by default, in seconds behind the first subscription.

    ``lasts`` is for how long, None for what happens at one moment. ``feeds`` are those that can.
    """

    name: str
    words: str
    stage: Stage
    at: float = 2.0
    lasts: float | None = None
    feeds: frozenset[str] = frozenset({"exchange", "node"})


_EXCHANGE, _NODE = frozenset({"exchange"}), frozenset({"node"})

FAULTS: tuple[Fault, ...] = (
    Fault(name="redirect", words="sends whoever comes elsewhere (302)", stage=Stage.HANDSHAKE, at=0.0),
    Fault(name="status-429", words="has had enough of whoever comes (429)", stage=Stage.HANDSHAKE, at=0.0),
    Fault(name="status-503", words="serves nobody for a while (503)", stage=Stage.HANDSHAKE, at=0.0),
    Fault(name="gap", words="leaves a message out", stage=Stage.MADE),
    Fault(name="duplicate", words="sends a message twice", stage=Stage.MADE),
    Fault(name="out-of-order", words="sends a message behind the next", stage=Stage.MADE),
    Fault(name="crossed-book", words="puts a bid above the best ask", stage=Stage.MADE, feeds=_EXCHANGE),
    Fault(
        name="stale-snapshot", words="answers with a snapshot of a while ago", stage=Stage.MADE, at=0.0, feeds=_EXCHANGE
    ),
    Fault(name="garbage", words="sends what is no JSON", stage=Stage.MADE),
    Fault(name="missed-heartbeat", words="sends no heartbeat", stage=Stage.MADE, lasts=5.0, feeds=_EXCHANGE),
    Fault(name="reorganisation", words="replaces its last blocks", stage=Stage.MADE, feeds=_NODE),
    Fault(name="stall", words="falls silent, and keeps the connection", stage=Stage.SENT, lasts=8.0),
    Fault(name="burst", words="holds everything back, then sends it at once", stage=Stage.SENT, lasts=3.0),
    Fault(name="trickle", words="sends a few bytes at a time", stage=Stage.SENT, lasts=6.0),
    Fault(name="no-pong", words="answers no Ping", stage=Stage.SENT, lasts=5.0),
    Fault(name="close-1001", words="closes: it is going away", stage=Stage.SENT),
    Fault(name="close-1012", words="closes: it restarts", stage=Stage.SENT),
    Fault(name="close-1013", words="closes: try again later", stage=Stage.SENT),
    Fault(name="disconnect", words="closes: a connection lasts no longer", stage=Stage.SENT),
    Fault(name="drop", words="ends TCP without a Close", stage=Stage.SENT),
    Fault(name="half-message", words="ends TCP in the middle of a message", stage=Stage.SENT),
)

_SPECIFICATION = re.compile(
    r"(?P<name>[a-z0-9-]+)(@(?P<at>[0-9.]+[a-z]+))?(=(?P<lasts>[0-9.]+[a-z]+))?"
    r"(/(?P<every>[0-9.]+[a-z]+))?(\*(?P<times>[0-9]{1,4}))?"
)


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault that is to happen ``at`` so many seconds, then ``every`` so many, at most so many ``times``."""

    fault: Fault
    at: float
    lasts: float
    every: float | None
    times: int


def parse_fault(text: str, feed: str) -> Planned:
    """Return the fault that ``text`` plans for a ``feed``: NAME, and perhaps @WHEN, =HOW-LONG, /EVERY, *TIMES.

    >>> parse_fault("stall@5s=8s/30s*2", "exchange").at
    5.0
    """
    parts = _SPECIFICATION.fullmatch(text)
    if parts is None:
        raise UsageError(f"--fault '{text}' is not of the form NAME[@WHEN][=HOW-LONG][/EVERY][*TIMES]", "as in gap@5s")
    fault = next((fault for fault in FAULTS if fault.name == parts["name"]), None)
    possible = [fault.name for fault in FAULTS if feed in fault.feeds]
    if fault is None:
        raise unknown("fault", parts["name"], possible, "'wsspec feed --faults'")
    if feed not in fault.feeds:
        raise UsageError(f"a feed '{feed}' has no fault '{fault.name}'", f"choose from {', '.join(possible)}")
    if parts["lasts"] and fault.lasts is None:
        raise UsageError(f"--fault {text}: '{fault.name}' is over at once", "leave out '='")
    if fault.stage is Stage.HANDSHAKE and (parts["at"] or parts["every"]):
        raise UsageError(f"--fault {text}: '{fault.name}' happens to whoever comes", "say how often, as in '*3'")
    every = None if parts["every"] is None else parse_duration(parts["every"])
    if every is not None and every <= 0:
        raise UsageError(f"--fault {text}: every {parts['every']} is too often", "as in /30s")
    if parts["times"] and every is None and fault.stage is not Stage.HANDSHAKE:
        raise UsageError(f"--fault {text}: nothing says how far apart", "as in gap@5s/30s*3")
    return Planned(
        fault=fault,
        at=fault.at if parts["at"] is None else parse_duration(parts["at"]),
        lasts=(fault.lasts or 0.0) if parts["lasts"] is None else parse_duration(parts["lasts"]),
        every=every,
        times=int(parts["times"]) if parts["times"] else 1 if every is None else 9999,
    )


@dataclass(slots=True)
class _Entry:
    planned: Planned
    moment: float
    left: int


class Schedule:
    """What is to go wrong, in the order in which it is ``planned``."""

    def __init__(self, planned: Iterable[Planned] = ()) -> None:
        planned = tuple(planned)
        refusals = [each for each in planned if each.fault.stage is Stage.HANDSHAKE]
        self._refusals = [each.fault.name for each in refusals for _ in range(each.times)]
        self._entries = [
            _Entry(each, each.at, each.times) for each in planned if each.fault.stage is not Stage.HANDSHAKE
        ]

    def refusal(self) -> str | None:
        """Return how the next opening handshake is refused, None if it is not."""
        return self._refusals.pop(0) if self._refusals else None

    def due(self, since: float) -> list[Planned]:
        """Return what goes wrong by ``since`` seconds behind the first subscription. What was missed is not made up."""
        found: list[Planned] = []
        for entry in self._entries:
            if entry.left and entry.moment <= since:
                found.append(entry.planned)
                entry.left -= 1
                entry.moment = max(entry.moment + (entry.planned.every or 0.0), since)
        return found
