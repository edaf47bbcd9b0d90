"""Requirements in the order of the RFCs, section by section: what is met, and why the rest has no verdict."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from ws_reports.record import RequirementResult, Verdict

_MET = (Verdict.PASS, Verdict.LENIENT, Verdict.INFO)


@dataclass(frozen=True, slots=True)
class Part:
    """What an RFC requires, or one ``section`` of it. Each requirement is met, broken, open or untestable."""

    rfc: int
    section: str
    requirements: tuple[RequirementResult, ...]

    @property
    def met(self) -> int:
        return sum(requirement.verdict in _MET for requirement in self.requirements)

    @property
    def broken(self) -> int:
        return sum(requirement.verdict is Verdict.FAIL for requirement in self.requirements)

    @property
    def untestable(self) -> int:
        return sum(_is_untestable(requirement) for requirement in self.requirements)

    @property
    def open(self) -> int:
        """How many could be met or broken, and are not known to be either."""
        return len(self.requirements) - self.met - self.broken - self.untestable

    @property
    def shares(self) -> Mapping[Verdict, int]:
        """The same as verdicts, for a bar."""
        return {
            Verdict.FAIL: self.broken,
            Verdict.PASS: self.met,
            Verdict.UNSUPPORTED: self.open,
            Verdict.SKIPPED: self.untestable,
        }


def sections(requirements: Iterable[RequirementResult]) -> list[Part]:
    """Return ``requirements`` section by section, in RFC order."""
    grouped = groupby(sorted(requirements, key=_rfc_order), key=lambda each: (each.rfc, each.section))
    return [Part(rfc, section, tuple(group)) for (rfc, section), group in grouped]


def coverage(requirements: Iterable[RequirementResult]) -> list[Part]:
    """Return ``requirements`` RFC by RFC."""
    grouped = groupby(sorted(requirements, key=_rfc_order), key=lambda each: each.rfc)
    return [Part(rfc, "", tuple(group)) for rfc, group in grouped]


def gap(requirement: RequirementResult) -> str:
    """Return why ``requirement`` has no verdict that says whether it is met; empty if it has one."""
    if requirement.verdict in (*_MET, Verdict.FAIL):
        return ""
    if _is_untestable(requirement):
        return f"not tested: {requirement.untestable}. {requirement.because or ''}".rstrip()
    return "no case of this run bears on it" if requirement.verdict is None else _UNDECIDED[requirement.verdict]


_UNDECIDED = {
    Verdict.INCONCLUSIVE: "its cases failed for another reason, or could not be decided",
    Verdict.ERROR: "its cases met an error of the suite",
    Verdict.UNSUPPORTED: "the target does not offer what its cases need",
    Verdict.SKIPPED: "its cases were left out",
}


def _is_untestable(requirement: RequirementResult) -> bool:
    return requirement.verdict is None and requirement.untestable is not None


def _rfc_order(requirement: RequirementResult) -> tuple[bool, int, list[tuple[int, str]]]:
    """Return what sorts by RFC, RFC 6455 first, then by section as a reader counts: 5.2 before 5.10 before 10."""
    parts = requirement.section.split(".")
    numbers = [(int(part), "") if part.isdecimal() and len(part) < 6 else (0, part) for part in parts]
    return requirement.rfc != 6455, requirement.rfc, numbers
