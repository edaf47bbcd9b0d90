"""A chain of blocks as its heads come: each has a parent, and now and then a branch takes the place of another."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

BLOCKS = 4096
"""How many blocks are remembered. A branch that leaves the chain further back is one whose parent is not known."""

LOGS = 20_000
"""How many logs are remembered, of all blocks together. Of later ones it is not judged whether they are taken back."""


@dataclass(slots=True)
class Block:
    """A block that was seen, and the logs in it that were."""

    hash: str
    parent: str
    number: int
    logs: set[tuple[str, ...]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Follows:
    """A head whose parent is the head before."""


@dataclass(frozen=True, slots=True)
class Again:
    """The head that there was already, or a block that was seen."""


@dataclass(frozen=True, slots=True)
class Branches:
    """A head whose parent is an earlier block: ``dropped`` are no longer in the chain, the last one first."""

    dropped: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Orphan:
    """A head whose parent nobody has seen."""

    head: Block


class Chain:
    """The blocks seen so far. ``head`` is the last of them, None before the first and behind a pause in watching."""

    def __init__(self) -> None:
        self.head: Block | None = None
        self._blocks: OrderedDict[str, Block] = OrderedDict()
        self._early: dict[str, set[tuple[str, ...]]] = {}
        self._log_count = 0

    def extend(self, block: Block) -> Follows | Again | Branches | Orphan:
        """Take in a new head, and return how it fits."""
        before = self.head
        known = self._blocks.get(block.hash)
        if known is not None and before is None:
            self.head = known
            return Follows()
        if known is not None:
            return Again()
        block.logs |= self._early.pop(block.hash, set())
        self._blocks[block.hash] = block
        if len(self._blocks) > BLOCKS:
            _, oldest = self._blocks.popitem(last=False)
            self._log_count -= len(oldest.logs)
        self.head = block
        if before is None or block.parent == before.hash:
            return Follows()
        if block.parent in self._blocks:
            return Branches(tuple(self._down_from(before, self._blocks[block.parent])))
        return Orphan(before)

    def _down_from(self, head: Block, fork: Block) -> Iterator[Block]:
        """Yield ``head`` and its ancestors down to ``fork``, which is still in the chain."""
        block: Block | None = head
        while block is not None and block.hash != fork.hash and block.number > fork.number:
            yield block
            block = self._blocks.get(block.parent)

    def pause(self) -> None:
        """Note that heads may come and go unseen from now on."""
        self.head = None

    def add_log(self, hash_: str, identity: tuple[str, ...]) -> bool:
        """Note a log of the block ``hash_``, which may be still to come; return whether it is new."""
        block = self._blocks.get(hash_)
        logs = block.logs if block is not None else self._early.get(hash_, set())
        if identity in logs:
            return False
        if self._log_count < LOGS:
            if block is None:
                self._early[hash_] = logs
            logs.add(identity)
            self._log_count += 1
        return True

    def take_back(self, hash_: str, identity: tuple[str, ...]) -> bool:
        """Note that a log is taken back; return whether it was there."""
        block = self._blocks.get(hash_)
        logs = block.logs if block is not None else self._early.get(hash_, set())
        if identity not in logs:
            return False
        logs.discard(identity)
        self._log_count -= 1
        return True
