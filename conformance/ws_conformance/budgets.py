"""What a case may cost a server that the suite started, and how much is too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from .model import Departure, RequirementId, Result, Way

MIB = 1 << 20

SIZE_LIMITS: RequirementId = "6455/10.4/size-limits-protect"
TRUSTS_NO_INPUT: RequirementId = "6455/10.1/server-trusts-no-input"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one case cost, beyond what the server used before it.

    ``memory`` in bytes, and ``cpu_seconds``, at the highest. ``files`` and ``threads`` are those left over at the end,
    or fewer than before if negative.
    """

    memory: int
    cpu_seconds: float
    files: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most of one ``resource`` that the cases under ``cases`` may cost, and what is departed from beyond that."""

    cases: str
    resource: Literal["memory", "cpu_seconds"]
    most: float
    departs_from: RequirementId


BUDGETS = (
    Budget(cases="limits/announced/", resource="memory", most=16 * MIB, departs_from=SIZE_LIMITS),
    Budget(cases="limits/fragments/", resource="memory", most=64 * MIB, departs_from=SIZE_LIMITS),
    Budget(cases="limits/pings/", resource="memory", most=16 * MIB, departs_from=TRUSTS_NO_INPUT),
    Budget(cases="limits/heads/", resource="memory", most=16 * MIB, departs_from=TRUSTS_NO_INPUT),
    Budget(cases="limits/announced/", resource="cpu_seconds", most=1.0, departs_from=TRUSTS_NO_INPUT),
    Budget(cases="limits/heads/", resource="cpu_seconds", most=1.0, departs_from=TRUSTS_NO_INPUT),
    Budget(cases="limits/slow/", resource="cpu_seconds", most=1.0, departs_from=TRUSTS_NO_INPUT),
    Budget(cases="limits/pings/", resource="cpu_seconds", most=10.0, departs_from=TRUSTS_NO_INPUT),
    Budget(cases="limits/fragments/", resource="cpu_seconds", most=20.0, departs_from=TRUSTS_NO_INPUT),
)
"""None for long messages: what they need depends on how the application handles them, and it is its own to give."""


def too_much(case_id: str, usage: Usage) -> tuple[Departure, ...]:
    """Return what ``usage`` departs from in the case ``case_id``."""
    return tuple(
        Departure(budget.departs_from, _over(budget, usage), Way.REACTION)
        for budget in BUDGETS
        if case_id.startswith(budget.cases) and getattr(usage, budget.resource) > budget.most
    )


def with_departures(result: Result, departures: tuple[Departure, ...]) -> Result:
    """Return ``result`` with ``departures`` beside those that the examiner found."""
    if not departures:
        return result
    finding = result.finding
    reason = "; ".join(dict.fromkeys((finding.reason, *(departure.detail for departure in departures))))
    return replace(result, finding=replace(finding, departures=(*finding.departures, *departures), reason=reason))


def _over(budget: Budget, usage: Usage) -> str:
    if budget.resource == "memory":
        return f"{usage.memory / MIB:.0f} MiB more memory than before the case, where {budget.most / MIB:.0f} should do"
    return f"{usage.cpu_seconds:.1f} s of processor time, where {budget.most:.0f} should do"
