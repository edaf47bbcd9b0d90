"""What was true, and when: the state of books and of the chain as their makers had them, for whoever believes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

KEPT = 20_000
"""How many states of each thing are remembered."""


@dataclass(frozen=True, slots=True)
class Top:
    """The best prices of a book behind the change of that ``sequence``, from ``at`` on."""

    at: float
    sequence: int
    bid: str
    ask: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last block of the chain, from ``at`` on."""

    at: float
    number: int
    hash: str


class Truth:
    """Remembers the states that makers tell it, the newest last."""

    def __init__(self) -> None:
        self._tops: dict[str, deque[Top]] = {}
        self._heads: deque[Head] = deque(maxlen=KEPT)

    def top_is(self, market: str, top: Top) -> None:
        tops = self._tops.get(market)
        if tops is None:
            tops = self._tops[market] = deque(maxlen=KEPT)
        tops.append(top)

    def head_is(self, head: Head) -> None:
        self._heads.append(head)

    def was_top(self, market: str, bid: float, ask: float, since: float) -> bool:
        """Return whether these were the best prices of ``market`` at some moment from ``since`` on."""
        for top in reversed(self._tops.get(market, ())):
            if float(top.bid) == bid and float(top.ask) == ask:
                return True
            if top.at < since:
                return False  # this one held at ``since`` still, none before it did
        return False

    def was_head(self, number: int, hash_: str, since: float) -> bool:
        """Return whether this was the last block at some moment from ``since`` on."""
        for head in reversed(self._heads):
            if head.number == number and head.hash == hash_:
                return True
            if head.at < since:
                return False
        return False

    def newest_top(self, market: str) -> Top | None:
        tops = self._tops.get(market)
        return tops[-1] if tops else None

    def newest_head(self) -> Head | None:
        return self._heads[-1] if self._heads else None
