"""Every case against every faulty copy of the reference: proof that the cases can fail, and for the right reason.

A case notices a mutant if the target departs from something that is worth more than a remark. A mutant is noticed if a
case does that which verifies one of the requirements it breaks, or names one of them. A case that notices no mutant is
blind: nobody knows whether it can fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from .catalogue import Grade, grade
from .coverage import requirements_of
from .memory import Delivery, rehearse, whole
from .model import Case, Need, Outcome, RequirementId, Result, Send, SendBytes, Setting, steps_for
from .mutants import SOUND, Mutant
from .mutants.base import MakePeer
from .peer import Role


@dataclass(frozen=True)
class Matrix:
    """What was noticed: for each mutant, by its place, the places of the cases that notice it.

    ``apt`` are those of them that notice it for the right reason. Pairs that were not played are noticed by nobody.
    ``departed`` are the requirements that some mutant was seen to depart from.
    """

    cases: tuple[Case, ...]
    mutants: tuple[Mutant, ...]
    noticing: tuple[frozenset[int], ...]
    apt: tuple[frozenset[int], ...]
    departed: frozenset[RequirementId]

    @cached_property
    def unnoticed(self) -> tuple[Mutant, ...]:
        """The mutants that no case notices for the right reason."""
        return tuple(mutant for mutant, cases in zip(self.mutants, self.apt, strict=True) if not cases)

    @cached_property
    def blind(self) -> tuple[Case, ...]:
        """The cases that notice no mutant."""
        seeing = frozenset[int]().union(*self.noticing)
        return tuple(case for place, case in enumerate(self.cases) if place not in seeing)


def matrix(cases: Sequence[Case], mutants: Sequence[Mutant], role: Role, *, every_pair: bool = False) -> Matrix:
    """Rehearse ``cases`` with ``mutants`` in ``role``, one after another, in this process.

    Unless ``every_pair`` is asked for, a case is first played against the mutants that break what it is about, and
    against others only as long as it is blind.
    """
    return _matrix(cases, mutants, role, every_pair, None)


def matrix_in_parallel(
    cases: Sequence[Case],
    mutants: Sequence[Mutant],
    role: Role,
    *,
    every_pair: bool = False,
    processes: int | None = None,
) -> Matrix:
    """Do the same in several processes. The cases and mutants have to be among CASES and MUTANTS."""
    with ProcessPoolExecutor(processes) as pool:
        return _matrix(cases, mutants, role, every_pair, pool)


def sparing_matrix(cases: Sequence[Case], mutants: Sequence[Mutant], role: Role) -> Matrix:
    """Do the same with as few plays as it takes, light cases first: for cases that take more than a moment."""
    found = _Found(
        tuple(case for case in cases if role in case.roles),
        tuple(mutant for mutant in mutants if role in mutant.roles),
    )
    sees: set[int] = set()
    for column, case in sorted(enumerate(found.cases), key=lambda numbered: _weight(numbered[1], role)):
        about = frozenset(requirements_of(case, case.roles))
        concerned = [place for place, mutant in enumerate(found.mutants) if about.intersection(mutant.breaks)]
        others = [place for place in range(len(found.mutants)) if place not in concerned]
        for place in (*concerned, *others):
            if column in sees and (place in others or found.apt[place]):
                continue
            sight = _seen(found.mutants[place], case, role)
            found.note(place, column, sight)
            if sight.noticed:
                sees.add(column)
    return found.matrix()


def _weight(case: Case, role: Role) -> int:
    """Return about how many bytes ``case`` sends."""
    steps = tuple(steps_for(role, case.steps))
    frames = (frame for step in steps if isinstance(step, Send) for frame in step.frames)
    return sum(len(step.data) for step in steps if isinstance(step, SendBytes)) + sum(
        2 + len(frame.payload) for frame in frames
    )


def breaking(cases: Sequence[Case], mutants: Sequence[Mutant]) -> tuple[Mutant, ...]:
    """Return those of ``mutants`` that break something that ``cases`` verify."""
    verified = frozenset(requirement for case in cases for requirement in case.verifies)
    return tuple(mutant for mutant in mutants if not verified.isdisjoint(mutant.breaks))


def notices(result: Result) -> bool:
    """Return whether ``result`` is one that a sound implementation does not get."""
    graded = (grade(departure.requirement) for departure in result.finding.departures)
    return result.finding.outcome is Outcome.FAILED or any(worth is not Grade.INFO for worth in graded)


def rehearse_probed(case: Case, mutant: Mutant, role: Role) -> Result:
    """Return what comes of ``case``; where nothing does, as it would be played against a target that can do less."""
    settings = [Setting(can=can) for can in _ABILITIES if case.needs <= can]
    for setting in settings:
        result = rehearse(case, mutant.make(role), role, setting=setting)
        if result.finding.outcome not in (Outcome.UNDECIDED, Outcome.UNSUPPORTED):
            break
    return result


def rehearse_sound(case: Case, role: Role, delivery: Delivery = whole) -> Result:
    """Return what comes of ``case`` with the first sound reference that passes it, or with the last that does not."""
    return _sound(case, role, delivery)[1]


def sound_reference(case: Case, role: Role) -> MakePeer:
    """Return a maker of the first sound reference that passes ``case``, or of the last that does not."""
    return _sound(case, role, whole)[0]


def _sound(case: Case, role: Role, delivery: Delivery) -> tuple[MakePeer, Result]:
    for make in SOUND[role]:
        result = rehearse(case, make(role), role, delivery=delivery)
        if result.finding.outcome is Outcome.PLAYED and not result.finding.departures:
            break
    return make, result


_ABILITIES = (frozenset(Need), frozenset({Need.REPLY, Need.ECHO}), frozenset[Need]())


def _matrix(
    cases: Sequence[Case], mutants: Sequence[Mutant], role: Role, every_pair: bool, pool: Executor | None
) -> Matrix:
    found = _Found(
        tuple(case for case in cases if role in case.roles),
        tuple(mutant for mutant in mutants if role in mutant.roles),
    )
    about = [frozenset(requirements_of(case, case.roles)) for case in found.cases]

    def play(rows: Iterable[tuple[int, list[int]]]) -> None:
        planned = [(place, columns) for place, columns in rows if columns]
        jobs = [(found.mutants[place], [found.cases[column] for column in columns], role) for place, columns in planned]
        played = map(_row, jobs) if pool is None else _in_pool(pool, jobs)
        for (place, columns), row in zip(planned, played, strict=True):
            for column, sight in zip(columns, row, strict=True):
                found.note(place, column, sight)

    everything = list(range(len(found.cases)))
    if every_pair:
        play((place, everything) for place in range(len(found.mutants)))
        return found.matrix()
    related = [
        [column for column in everything if about[column].intersection(mutant.breaks)] for mutant in found.mutants
    ]
    play(enumerate(related))
    for place in range(len(found.mutants)):
        seeing = set[int]().union(*found.noticing)
        wanted = everything if not found.apt[place] else [column for column in everything if column not in seeing]
        play([(place, [column for column in wanted if column not in related[place]])])
    return found.matrix()


class _Sight(NamedTuple):
    """What one case saw of one mutant: whether it noticed it, for the right reason, and what it departed from."""

    noticed: bool
    is_apt: bool
    departed: frozenset[RequirementId]


class _Found:
    """A matrix that is being made."""

    def __init__(self, cases: tuple[Case, ...], mutants: tuple[Mutant, ...]) -> None:
        self.cases = cases
        self.mutants = mutants
        self.noticing: list[set[int]] = [set() for _ in mutants]
        self.apt: list[set[int]] = [set() for _ in mutants]
        self._departed: set[RequirementId] = set()

    def note(self, place: int, column: int, sight: _Sight) -> None:
        """Take in what the case at ``column`` saw of the mutant at ``place``."""
        self._departed |= sight.departed
        if sight.noticed:
            self.noticing[place].add(column)
        if sight.noticed and sight.is_apt:
            self.apt[place].add(column)

    def matrix(self) -> Matrix:
        noticing, apt = tuple(map(frozenset, self.noticing)), tuple(map(frozenset, self.apt))
        return Matrix(self.cases, self.mutants, noticing, apt, frozenset(self._departed))


_Job = tuple[Mutant, list[Case], Role]
_Row = list[_Sight]


def _row(job: _Job) -> _Row:
    mutant, cases, role = job
    return [_seen(mutant, case, role) for case in cases]


def _seen(mutant: Mutant, case: Case, role: Role) -> _Sight:
    result = rehearse_probed(case, mutant, role)
    departed = frozenset(departure.requirement for departure in result.finding.departures)
    return _Sight(notices(result), not departed.union(case.verifies).isdisjoint(mutant.breaks), departed)


# --- other processes: mutants hold functions, so names travel instead -------------------------------------------------


def _in_pool(pool: Executor, jobs: list[_Job]) -> Iterable[_Row]:
    named = [(mutant.name, [case.id for case in cases], role) for mutant, cases, role in jobs]
    return pool.map(_named_row, named)


def _named_row(job: tuple[str, list[str], Role]) -> _Row:
    from .cases import CASES
    from .mutants import MUTANTS

    name, ids, role = job
    by_id = {case.id: case for case in CASES}
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name and role in mutant.roles)
    return _row((mutant, [by_id[case_id] for case_id in ids], role))
