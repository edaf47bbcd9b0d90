"""A book of orders, put together from a snapshot and the deltas behind it."""

from __future__ import annotations

from collections.abc import Iterable

LEVELS = 10_000
"""How many levels a side may have. A book with more is given up."""


class Book:
    """What is wanted and offered, by price. Prices of a side are not kept in order: only the best one is needed."""

    def __init__(self) -> None:
        self._bids: dict[float, float] = {}
        self._asks: dict[float, float] = {}
        self._best_bid: float | None = None
        self._best_ask: float | None = None

    @property
    def best_bid(self) -> float | None:
        """The highest price that anybody wants to pay, None if nobody does."""
        return self._best_bid

    @property
    def best_ask(self) -> float | None:
        """The lowest price that anybody asks for, None if nobody does."""
        return self._best_ask

    @property
    def is_crossed(self) -> bool:
        """Whether somebody wants to pay what somebody asks for, or more: the two would have traded."""
        return self._best_bid is not None and self._best_ask is not None and self._best_bid >= self._best_ask

    @property
    def is_too_large(self) -> bool:
        return max(len(self._bids), len(self._asks)) > LEVELS

    def replace(self, bids: Iterable[tuple[float, float]], asks: Iterable[tuple[float, float]]) -> None:
        """Take in a snapshot."""
        self._bids = {price: size for price, size in bids if size}
        self._asks = {price: size for price, size in asks if size}
        self._best_bid = max(self._bids, default=None)
        self._best_ask = min(self._asks, default=None)

    def change(self, bids: Iterable[tuple[float, float]], asks: Iterable[tuple[float, float]]) -> None:
        """Take in a delta: a level takes the place of the one at its price, a size of 0 takes it away."""
        for price, size in bids:
            if size:
                self._bids[price] = size
                if self._best_bid is None or price > self._best_bid:
                    self._best_bid = price
            elif self._bids.pop(price, None) is not None and price == self._best_bid:
                self._best_bid = max(self._bids, default=None)
        for price, size in asks:
            if size:
                self._asks[price] = size
                if self._best_ask is None or price < self._best_ask:
                    self._best_ask = price
            elif self._asks.pop(price, None) is not None and price == self._best_ask:
                self._best_ask = min(self._asks, default=None)
