"""A made-up exchange: trades, books of orders, tickers and funding rates of made-up markets."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from .source import ALL, CATCH_UP_SECONDS, Answer, Chance, Made
from .truth import Top, Truth

MARKETS = ("ALPHA-BETA", "GAMMA-DELTA")
CHANNELS = ("trades", "book", "ticker", "funding")

DEPTH = 25
"""How many levels a side of a book has, about."""

WIDEST = 12
"""How far apart the best bid and the best ask may be before nobody takes the best offer away any more."""

LEASH = 1_000
"""How far prices may go from where they began, so that they stay above nothing however long it lasts."""

OLD = 64
"""After how many changes a book's state is put aside, for a snapshot of a while ago."""

REQUEST_BYTES = 4096
"""A longer message from a subscriber is refused."""


class _Request(msgspec.Struct, frozen=True):
    op: str
    channel: str = ""
    market: str = MARKETS[0]
    id: int | str | None = None


@dataclass(slots=True)
class _Market:
    """A market: prices are whole numbers of hundredths, sizes of thousandths."""

    name: str
    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)
    bid: int = 0
    ask: int = 0
    last: int = 0
    middle: int = 0
    numbers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHANNELS, 0))
    old: tuple[bytes, bytes] = (b"", b"")


class Exchange:
    """Makes ``rate`` messages a second, of all markets together. ``epoch`` is what makes ``now`` a time since 1970."""

    def __init__(self, chance: Chance, *, rate: float, now: float, epoch: float = 0.0) -> None:
        self.truth = Truth()
        self.skipped = 0
        self._chance = chance
        self._rate = rate
        self._epoch = epoch
        self._began = now
        self._count = 0
        self._stale = False
        self._markets = {name: self._opened(name, now) for name in MARKETS}
        self._in_turn = list(self._markets.values())

    def _opened(self, name: str, now: float) -> _Market:
        market = _Market(name)
        middle = 5_000 + int(self._chance() * 5_000)
        market.bid, market.ask, market.last, market.middle = middle - 1, middle + 1, middle, middle
        for level in range(DEPTH):
            market.bids[market.bid - level] = self._size()
            market.asks[market.ask + level] = self._size()
        market.old = (_snapshot(market), _snapshot(market))
        self._tell(market, now)
        return market

    def _size(self) -> int:
        return 1 + int(self._chance() * 9_999)

    def skip_to(self, now: float) -> None:
        self._began, self._count = now, 0

    def advance(self, now: float) -> list[Made]:
        due = int((now - self._began) * self._rate)
        most = int(self._rate * CATCH_UP_SECONDS) + 1
        if due - self._count > most:
            self.skipped += due - self._count - most
            self._count = due - most
        made: list[Made] = []
        chance, rate, began = self._chance, self._rate, self._began
        for number in range(self._count + 1, due + 1):
            at = began + number / rate
            market = self._in_turn[0] if chance() < 0.75 else self._in_turn[1]
            kind = chance()
            if kind < 0.75:
                made.append(self._change(market, at))
            elif kind < 0.93:
                made.append(self._trade(market, at))
            elif kind < 0.99:
                made.append(self._tick(market, at))
            else:
                made.append(self._fund(market, at))
        self._count = max(self._count, due)
        return made

    # --- one message ---

    def _head(self, kind: str, channel: str, market: _Market, at: float) -> str:
        number = market.numbers[channel] = market.numbers[channel] + 1
        micros = int((at + self._epoch) * 1e6)
        return f'{{"type":"{kind}","channel":"{channel}","market":"{market.name}","sequence":{number},"time":{micros}'

    def _change(self, market: _Market, at: float) -> Made:
        """Change a level of the book, now and then the best one."""
        buys = self._chance() < 0.5
        levels = market.bids if buys else market.asks
        before = best = market.bid if buys else market.ask
        step = 1 if buys else -1  # towards the other side
        what = self._chance()
        changes: list[tuple[int, int]] = []
        spread = market.ask - market.bid
        away = (market.middle - best) * step  # how far the side has gone from the middle, away from the other
        if what < 0.15 and spread > 1 and away > -LEASH:
            changes.append((best + step, self._size()))
        elif what < 0.30 and len(levels) > DEPTH // 2 and spread < WIDEST and away < LEASH:
            changes.append((best, 0))
        else:
            price = best - step * int(self._chance() ** 2 * DEPTH)
            is_dropped = price != best and price in levels and len(levels) > DEPTH // 2 and self._chance() < 0.3
            changes.append((price, 0 if is_dropped else self._size()))
        if len(levels) > DEPTH:
            furthest = min(levels) if buys else max(levels)
            if furthest != changes[0][0]:
                changes.append((furthest, 0))
        for price, size in changes:
            if size:
                levels[price] = size
                if (price > best) is buys and price != best:
                    best = price
            else:
                del levels[price]
        while best not in levels:
            best -= step
        if buys:
            market.bid = best
        else:
            market.ask = best
        head = self._head("delta", "book", market, at)
        shown = ",".join([f'["{price / 100:.2f}","{size / 1000:.3f}"]' for price, size in changes])
        sides = f'"bids":[{shown}],"asks":[]' if buys else f'"bids":[],"asks":[{shown}]'
        if market.numbers["book"] % OLD == 0:
            market.old = (market.old[1], _snapshot(market))
        if best != before:
            self._tell(market, at)
        return f"book/{market.name}", f"{head},{sides}}}".encode()

    def _tell(self, market: _Market, at: float) -> None:
        bid, ask = f"{market.bid / 100:.2f}", f"{market.ask / 100:.2f}"
        self.truth.top_is(market.name, Top(at, market.numbers["book"], bid, ask))

    def _trade(self, market: _Market, at: float) -> Made:
        side = "buy" if self._chance() < 0.5 else "sell"
        market.last = market.ask if side == "buy" else market.bid
        head = self._head("trade", "trades", market, at)
        body = f'"side":"{side}","price":"{market.last / 100:.2f}","size":"{self._size() / 1000:.3f}"'
        return f"trades/{market.name}", f"{head},{body}}}".encode()

    def _tick(self, market: _Market, at: float) -> Made:
        head = self._head("ticker", "ticker", market, at)
        body = f'"bid":"{market.bid / 100:.2f}","ask":"{market.ask / 100:.2f}","last":"{market.last / 100:.2f}"'
        return f"ticker/{market.name}", f"{head},{body}}}".encode()

    def _fund(self, market: _Market, at: float) -> Made:
        head = self._head("funding", "funding", market, at)
        return f"funding/{market.name}", f'{head},"rate":"{self._chance() / 1000 - 0.0005:.8f}"}}'.encode()

    def heartbeat(self, now: float) -> bytes | None:
        return f'{{"type":"heartbeat","time":{int((now + self._epoch) * 1e6)}}}'.encode()

    # --- subscribers ---

    def answer(self, request: bytes, now: float) -> Answer:
        try:
            asked = msgspec.json.decode(request, type=_Request) if len(request) <= REQUEST_BYTES else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            asked = None
        if asked is None:
            return Answer((_reply("error", None, reason="a request is a JSON object with op, channel, market, id"),))
        market = self._markets.get(asked.market)
        if market is None or asked.channel not in CHANNELS:
            return Answer((_reply("error", asked.id, reason="no such channel or market"),))
        topic = frozenset({f"{asked.channel}/{asked.market}"})
        about = {"channel": asked.channel, "market": asked.market}
        match asked.op:
            case "subscribe" if asked.channel == "book":
                replies = (_reply("subscribed", asked.id, **about), self._snapshot_of(market))
                return Answer(replies, is_snapshot=True, adds=topic)
            case "subscribe":
                return Answer((_reply("subscribed", asked.id, **about),), adds=topic)
            case "unsubscribe":
                return Answer((_reply("unsubscribed", asked.id, **about),), drops=topic)
            case "snapshot" if asked.channel == "book":
                return Answer((self._snapshot_of(market),), is_snapshot=True)
            case _:
                return Answer((_reply("error", asked.id, reason="op is subscribe, unsubscribe or snapshot"),))

    def _snapshot_of(self, market: _Market) -> bytes:
        if self._stale and market.numbers["book"] > OLD:
            self._stale = False
            return market.old[0]
        return _snapshot(market)

    # --- faults ---

    def marks(self, topic: str) -> bool:
        return topic == f"book/{MARKETS[0]}"

    def go_wrong(self, fault: str, now: float) -> list[Made]:
        market = self._in_turn[0]
        match fault:
            case "stale-snapshot":
                self._stale = True
            case "garbage":
                return [(ALL, b'{"type":"delta","channel":"book","bids":[[\x00')]
            case "crossed-book":
                head = self._head("delta", "book", market, now)
                levels = f'"bids":[["{(market.ask + 5) / 100:.2f}","1.000"]],"asks":[]'
                return [(f"book/{market.name}", f"{head},{levels}}}".encode())]
        return []


def _snapshot(market: _Market) -> bytes:
    bids = [(f"{price / 100:.2f}", f"{market.bids[price] / 1000:.3f}") for price in sorted(market.bids, reverse=True)]
    asks = [(f"{price / 100:.2f}", f"{market.asks[price] / 1000:.3f}") for price in sorted(market.asks)]
    sequence = market.numbers["book"]
    document = {"type": "snapshot", "channel": "book", "market": market.name, "sequence": sequence}
    return msgspec.json.encode({**document, "bids": bids, "asks": asks})


def _reply(kind: str, number: int | str | None, **more: str) -> bytes:
    return msgspec.json.encode({"type": kind, "id": number, **more})
