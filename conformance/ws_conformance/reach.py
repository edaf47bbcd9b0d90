"""What a run could not look at because of what its target does not do, and which behaviour would let it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ws_reports.record import Run, Verdict

from .cases import ALL_CASES
from .model import Case, Need
from .probing import Behaviour

ANSWERS_PINGS = "answers to Pings"

_LEAST_FIRST = (Behaviour.OPAQUE.value, ANSWERS_PINGS, Behaviour.REPLY.value, Behaviour.ECHO.value)


def out_of_reach(run: Run) -> Mapping[str, int]:
    """Return how many requirements each behaviour would reach that the behaviour of the target did not.

    What several would reach counts for the one that asks least of a target.
    """
    wanted = {case.id: _wanted(case) for case in ALL_CASES if Need.DEFLATE not in case.needs}
    ids = {case.n: case.id for case in run.cases}
    return Counter(
        min((wanted[ids[n]] for n in requirement.cases if ids[n] in wanted), key=_LEAST_FIRST.index)
        for requirement in run.requirements
        if requirement.verdict is Verdict.UNSUPPORTED and any(ids[n] in wanted for n in requirement.cases)
    )


def _wanted(case: Case) -> str:
    """Return what a target has to do, at the least, for ``case`` to be played."""
    if Need.ECHO in case.needs:
        return Behaviour.ECHO.value
    if Need.REPLY in case.needs:
        return Behaviour.REPLY.value
    return ANSWERS_PINGS if Need.PONG in case.needs else Behaviour.OPAQUE.value
