"""Which cases look at which requirement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .catalogue import load_catalogue
from .model import Case, Expect, RequirementId, steps_for
from .peer import Role


def covering(cases: Iterable[Case], roles: Iterable[Role] = Role) -> Mapping[RequirementId, tuple[str, ...]]:
    """Return the requirements that ``cases`` can show to be broken by ``roles``, and of each the ids of those that can.

    What the observer finds on the way in every case is not in here. A requirement that restates others is looked at by
    the cases that look at those.
    """
    found: dict[RequirementId, list[str]] = {}
    tested = frozenset(roles)
    for case in cases:
        for requirement in dict.fromkeys(requirements_of(case, case.roles & tested)):
            found.setdefault(requirement, []).append(case.id)
    for restating in load_catalogue().values():
        there = [case_id for requirement in restating.restates for case_id in found.get(requirement, ())]
        if there:
            found[restating.id] = list(dict.fromkeys((*found.get(restating.id, ()), *there)))
    return {requirement: tuple(ids) for requirement, ids in found.items()}


def requirements_of(case: Case, roles: frozenset[Role]) -> tuple[RequirementId, ...]:
    """Return what ``case`` verifies of ``roles``, and what its steps and reactions name besides."""
    if not roles:
        return ()
    steps = [step for role in roles for step in steps_for(role, case.steps) if isinstance(step, Expect)]
    return (
        *case.verifies,
        *(requirement for step in steps for requirement in step.about),
        *(requirement for step in steps for reaction in step.reactions for requirement in reaction.departs_from),
    )
