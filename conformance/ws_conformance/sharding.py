"""Shards: parts of a run that are played apart, on machines that know nothing of each other, and merged afterwards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from ws_reports.escape import visible

from .catalogue import catalogue_digest
from .model import Case
from .usage import UsageError

MOST = 1000
"""Into how many shards a run can be divided."""

_WRITTEN = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True)
class Shard:
    """The ``number``-th of ``count`` shards, the first being 1."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def holds(self, case: Case) -> bool:
        """Return whether ``case`` is played in this shard, which its id alone decides, by its hash.

        Where a case goes must not depend on the others: a case that is added, left out or moved to another place moves
        no other, so that a shard can be repeated with ``--failed`` and its durations can be compared over months. To
        deal out every n-th case would balance shards better than chance does, and give that up.
        """
        return int.from_bytes(sha256(case.id.encode()).digest()[:8], "big") % self.count == self.number - 1


def parse_shard(written: str) -> Shard:
    """Return the shard that ``written`` names as NUMBER/COUNT. Raises UsageError."""
    found = _WRITTEN.fullmatch(written)
    if found is None or int(found[2]) > MOST or int(found[1]) > int(found[2]):
        raise UsageError(
            f"--shard '{visible(written, 20)}' is no shard", f"write 1/4 for the first of four; {MOST} is the most"
        )
    return Shard(int(found[1]), int(found[2]))


def shared_seed() -> int:
    """Return a seed that all shards have in common, so that the merged record has one that makes their keys again."""
    return int(catalogue_digest()[:8], 16)
