"""Which cases are measured: those that wait for nothing and say little, and those that Autobahn has as well."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice
from typing import TypeVar

from ..autobahn import autobahn_table
from ..cases import CASES
from ..memory import rehearse
from ..model import Case, Expect, Quiet, steps_for
from ..mutants import reference_peer
from ..peer import Role
from ..selection import STRAINING

Chosen = TypeVar("Chosen")

SHORT_BYTES = 4 * 1024
"""How much a short case says at most."""

AFAR = ("9", "12", "13")
"""The sections of Autobahn's suite that measure performance or need compression; the others are its core."""

FOR_SERVERS = tuple(case for case in CASES if Role.SERVER in case.roles)


ORDINARY = tuple(case for case in FOR_SERVERS if STRAINING not in case.tags)
"""What a run plays that asks for nothing else."""


def short_cases() -> tuple[Case, ...]:
    """Return the cases that the reference ends at once, with little said, and in which no server may just wait."""
    return tuple(case for case in FOR_SERVERS if not _may_wait(case) and _is_short(case))


def _may_wait(case: Case) -> bool:
    """Return whether silence is among the permitted reactions: then it is the clock that ends the step."""
    steps = (step for step in steps_for(Role.SERVER, case.steps) if isinstance(step, Expect))
    return any(Quiet in step.kinds for step in steps)


def _is_short(case: Case) -> bool:
    transcript = rehearse(case, reference_peer(Role.SERVER), Role.SERVER).transcript
    said = sum(len(chunk) for turn in transcript for chunk in turn.said if isinstance(chunk, bytes))
    return transcript[-1].at == 0 and said <= SHORT_BYTES


def core_cases() -> tuple[Case, ...]:
    """Return the cases that cover those of Autobahn's core."""
    covering = {case_id for number, ids in autobahn_table().items() for case_id in ids if _section(number) not in AFAR}
    return tuple(case for case in FOR_SERVERS if case.id in covering)


def _section(number: str) -> str:
    return number.partition(".")[0]


def spread(cases: Sequence[Chosen], count: int) -> tuple[Chosen, ...]:
    """Return ``count`` of ``cases`` from all over them; where there are fewer, some of them several times.

    >>> spread("abcdef", 3), spread("ab", 3)
    (('a', 'c', 'e'), ('a', 'b', 'a'))
    """
    step = max(1, len(cases) // count)
    return tuple(islice(cycle(cases[::step]), count))
