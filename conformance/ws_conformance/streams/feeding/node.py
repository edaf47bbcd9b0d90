"""A made-up node of a made-up chain, over JSON-RPC: heads, logs, transactions that wait for a block, and branches."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import msgspec

from .source import ALL, CATCH_UP_SECONDS, Answer, Chance, Made
from .truth import Head, Truth

BLOCK_SECONDS = 0.5
"""How far apart blocks are."""

DEPTH = 3
"""How many blocks a branch replaces."""

KEPT = 64
"""How many of the last blocks can be replaced."""

LOGS = 3
"""How many logs a block has at most."""

REQUEST_BYTES = 4096

TOPICS = {"newHeads": "heads", "logs": "logs", "newPendingTransactions": "pending"}
_IDS = {"heads": "0x1", "logs": "0x2", "pending": "0x3"}
"""What subscriptions are called: the same for everybody, so that a message is made once."""


class _Request(msgspec.Struct, frozen=True):
    method: str
    id: int | str | None = None
    params: list[object] = []


@dataclass(slots=True)
class _Block:
    number: int
    hash: str
    parent: str
    time: float
    logs: list[dict[str, object]] = field(default_factory=list)


class Node:
    """Makes a block every BLOCK_SECONDS, and ``rate`` transactions a second between them."""

    def __init__(self, chance: Chance, *, rate: float, now: float, epoch: float = 0.0) -> None:
        self.truth = Truth()
        self.skipped = 0
        self._chance = chance
        self._rate = rate
        self._epoch = epoch
        self._blocks: deque[_Block] = deque([_Block(1_000, self._hash(), self._hash(), now)], maxlen=KEPT)
        self._pending: deque[str] = deque(maxlen=1_000)
        self.skip_to(now)

    def _hash(self) -> str:
        return f"0x{int(self._chance() * (1 << 53)):016x}{int(self._chance() * (1 << 53)):048x}"

    def skip_to(self, now: float) -> None:
        self._began, self._count = now, 0
        self._next_block = now + BLOCK_SECONDS

    def advance(self, now: float) -> list[Made]:
        made: list[Made] = []
        if now - self._next_block > CATCH_UP_SECONDS + BLOCK_SECONDS:
            self._next_block = now
        while self._next_block <= now:
            made += self._transactions(self._next_block)
            made += self._grow(self._blocks[-1], self._next_block)
            self._next_block += BLOCK_SECONDS
        made += self._transactions(now)
        return made

    def _transactions(self, now: float) -> list[Made]:
        due = int((now - self._began) * self._rate)
        most = int(self._rate * CATCH_UP_SECONDS) + 1
        if due - self._count > most:
            self.skipped += due - self._count - most
            self._count = due - most
        made: list[Made] = []
        while self._count < due:
            self._count += 1
            transaction = self._hash()
            self._pending.append(transaction)
            made.append(("pending", _notice("pending", transaction)))
        return made

    def _grow(self, parent: _Block, at: float) -> list[Made]:
        """Put a block on ``parent``, and what it takes up of what was waiting."""
        block = _Block(parent.number + 1, self._hash(), parent.hash, at)
        self._blocks.append(block)
        for index in range(min(len(self._pending), 1 + int(self._chance() * LOGS))):
            block.logs.append(
                {
                    "address": "0x" + "a" * 40,
                    "topics": [self._hash()],
                    "data": "0x",
                    "blockNumber": hex(block.number),
                    "blockHash": block.hash,
                    "transactionHash": self._pending.popleft(),
                    "logIndex": hex(index),
                    "removed": False,
                }
            )
        self.truth.head_is(Head(at, block.number, block.hash))
        head = {
            "number": hex(block.number),
            "hash": block.hash,
            "parentHash": block.parent,
            "timestamp": hex(max(0, int(at + self._epoch))),
            "milliTimestamp": hex(max(0, int((at + self._epoch) * 1000))),
        }
        return [("heads", _notice("heads", head)), *(("logs", _notice("logs", log)) for log in block.logs)]

    def _reorganise(self, now: float) -> list[Made]:
        """Replace the last blocks by a branch that is longer by one, as nodes tell it: logs first, then heads."""
        depth = min(DEPTH, len(self._blocks) - 1)
        dropped = [self._blocks.pop() for _ in range(depth)]
        made: list[Made] = []
        for block in dropped:
            for log in reversed(block.logs):
                made.append(("logs", _notice("logs", {**log, "removed": True})))
                self._pending.append(str(log["transactionHash"]))
        for _ in range(depth + 1):
            made += self._grow(self._blocks[-1], now)
        return made

    def heartbeat(self, now: float) -> bytes | None:
        return None

    # --- subscribers ---

    def answer(self, request: bytes, now: float) -> Answer:
        try:
            asked = msgspec.json.decode(request, type=_Request) if len(request) <= REQUEST_BYTES else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            asked = None
        if asked is None:
            return Answer((_error(None, -32700, "no request of JSON-RPC"),))
        first = asked.params[0] if asked.params else None
        match asked.method:
            case "eth_subscribe" if isinstance(first, str) and first in TOPICS:
                topic = TOPICS[first]
                return Answer((_result(asked.id, _IDS[topic]),), adds=frozenset({topic}))
            case "eth_unsubscribe" if first in _IDS.values():
                topics = frozenset(topic for topic, name in _IDS.items() if name == first)
                return Answer((_result(asked.id, True),), drops=topics)
            case "eth_blockNumber":
                return Answer((_result(asked.id, hex(self._blocks[-1].number)),))
            case "eth_subscribe" | "eth_unsubscribe":
                return Answer((_error(asked.id, -32602, "no such subscription"),))
            case _:
                return Answer((_error(asked.id, -32601, "no such method"),))

    # --- faults ---

    def marks(self, topic: str) -> bool:
        return topic == "heads"

    def go_wrong(self, fault: str, now: float) -> list[Made]:
        match fault:
            case "reorganisation":
                return self._reorganise(now)
            case "garbage":
                return [(ALL, b'{"jsonrpc":"2.0","method":"eth_subscr\x00')]
        return []


def _notice(topic: str, result: object) -> bytes:
    params = {"subscription": _IDS[topic], "result": result}
    return msgspec.json.encode({"jsonrpc": "2.0", "method": "eth_subscription", "params": params})


def _result(number: int | str | None, result: object) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": number, "result": result})


def _error(number: int | str | None, code: int, message: str) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}})
