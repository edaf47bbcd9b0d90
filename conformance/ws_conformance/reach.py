"""What a run could not look at because of what its target does not do, and which behaviour would let it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set

from ws_reports.record import Run, Verdict

from .cases import ALL_CASES
from .model import Need
from .probing import Behaviour

ANSWERS_PINGS = "answers to Pings"

_LEAST_FIRST = (Behaviour.OPAQUE.value, ANSWERS_PINGS, Behaviour.REPLY.value, Behaviour.ECHO.value)


def out_of_reach(run: Run) -> Mapping[str, int]:
    """Return how many requirements each behaviour would reach that the behaviour of the target did not.

    What several would reach counts for the one that asks least of a target.
    """
    wanted = {case.id: _wanted(needs) for case in ALL_CASES if Need.DEFLATE not in (needs := case.needs)}
    ids = {case.n: case.id for case in run.cases}
    return Counter(
        min((wanted[ids[n]] for n in requirement.cases if ids[n] in wanted), key=_LEAST_FIRST.index)
        for requirement in run.requirements
        if requirement.verdict is Verdict.UNSUPPORTED and any(ids[n] in wanted for n in requirement.cases)
    )


def _wanted(needs: Set[Need]) -> str:
    """Return what a target has to do, at the least, for a case with ``needs`` to be played."""
    if Need.ECHO in needs:
        return Behaviour.ECHO.value
    if Need.REPLY in needs:
        return Behaviour.REPLY.value
    return ANSWERS_PINGS if Need.PONG in needs else Behaviour.OPAQUE.value
