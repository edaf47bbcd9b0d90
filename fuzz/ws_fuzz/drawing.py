"""Scripts by chance, as many as wanted: the same ones for the same seed, and without anything to find.

They are drawn in short rounds, each with a seed of its own. Within one round Hypothesis keeps coming back to what it
drew before; many short rounds reach more rules of a receiver than a long one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

ROUND = 25
"""How many scripts are drawn in one round."""

Drawn = TypeVar("Drawn")


def seeds(chance: int) -> Iterator[int]:
    """Yield the seed of each round, without end."""
    source = Random(chance)
    while True:
        yield source.getrandbits(64)


def drawn_in_a_round(strategy: st.SearchStrategy[Drawn], count: int, chance: int) -> list[Drawn]:
    """Return up to ``count`` values of ``strategy``, those that a test with this seed would be given."""
    found: list[Drawn] = []

    @seed(chance)
    @settings(
        max_examples=count,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        # What is large is meant to be, and takes time to draw.
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Drawn) -> None:
        found.append(value)

    collect()
    return found


def drawn(strategy: st.SearchStrategy[Drawn], count: int, chance: int) -> list[Drawn]:
    """Return ``count`` values of ``strategy``, round by round."""
    rounds = (drawn_in_a_round(strategy, ROUND, one) for one in seeds(chance))
    return list(islice((value for values in rounds for value in values), count))
