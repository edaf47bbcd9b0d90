"""What a client says that it believes, line by line, held against what was true a moment ago."""

from __future__ import annotations

import msgspec
from ws_reports.escape import visible

from ..spawning import Printed
from .feeding.exchange import MARKETS
from .feeding.truth import Truth
from .witnessing import Belief

LINE_BYTES = 16 * 1024
"""A longer line is no belief."""

BELIEFS = 100_000
"""How many beliefs are checked in one life."""

WRONG_KEPT = 100
SHOWN = 120


class _Line(msgspec.Struct, frozen=True):
    """A belief: the best prices of a market's book, or the last block."""

    market: str = MARKETS[0]
    bid: str | float | None = None
    ask: str | float | None = None
    block: str | int | None = None
    hash: str | None = None


class Believing(Printed):
    """What a client prints, of which each line that is a JSON object is checked as it comes.

    ``{"market": "ALPHA-BETA", "bid": "71.20", "ask": "71.30"}`` is a belief about a book, ``{"block": 1007, "hash":
    "0x…"}`` one about the chain. What was true within ``lag_seconds`` is true.
    """

    def __init__(self, truth: Truth, lag_seconds: float) -> None:
        super().__init__()
        self.beliefs: list[Belief] = []
        self._truth = truth
        self._lag = lag_seconds
        self._rest = b""
        self._wrong = 0

    def add(self, at: float, data: bytes) -> None:
        super().add(at, data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-LINE_BYTES:]
        for line in lines:
            self._check(line, at)

    def _check(self, line: bytes, at: float) -> None:
        if not line.startswith(b"{") or len(line) > LINE_BYTES or len(self.beliefs) >= BELIEFS:
            return
        try:
            said = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        is_true = is_true_belief(said, self._truth, at - self._lag)
        if is_true is not None:
            self._wrong += not is_true
            words = visible(line, SHOWN) if not is_true and self._wrong <= WRONG_KEPT else ""
            self.beliefs.append(Belief(at, words, is_true))


def is_true_belief(said: _Line, truth: Truth, since: float) -> bool | None:
    """Return whether ``said`` was true at some moment from ``since`` on, None if it is no belief."""
    if said.block is not None and said.hash is not None:
        try:
            number = int(said.block, 0) if isinstance(said.block, str) else said.block
        except ValueError:
            return False
        return truth.was_head(number, said.hash, since)
    if said.bid is not None and said.ask is not None:
        try:
            bid, ask = float(said.bid), float(said.ask)
        except ValueError:
            return False
        return truth.was_top(said.market, bid, ask, since)
    return None
