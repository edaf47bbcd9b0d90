"""The list of known failures: what an entry says, which checks it names, and how it is read.

An entry names checks by ``CASE#CHECK``, where ``*`` stands for one part of a case's path, or for any check, and ``**``
for any number of parts. It says how they fail: by an ``outcome``, or by several for what is known to vary. An outcome
is what a check shows (``outcome_of``), or the word of a verdict. Without any, every failure is the known one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache

import msgspec
from ws_reports import record
from ws_reports.escape import harmless
from ws_reports.record import CaseResult, Check

from ..documents import Document
from ..profiles import frozen_cases

FILE_NAME = "wsspec-baseline.toml"
OUTCOME_LENGTH = 200
"""How many characters of an outcome are kept."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Checks that are known to fail, by a pattern, for one target or for all; until when, how and why."""

    check: str
    target: str | None = None
    outcome: str | None = None
    outcomes: tuple[str, ...] = ()
    reason: str
    issue: str | None = None
    owner: str | None = None
    expires: date | None = None

    @property
    def allowed(self) -> frozenset[str]:
        """The outcomes that are known; none at all stands for every failure."""
        return frozenset(self.outcomes if self.outcome is None else (self.outcome,))

    @property
    def is_pattern(self) -> bool:
        """Whether it may name more than one check."""
        return "*" in self.check

    @property
    def words(self) -> str:
        """What it names, and for which target."""
        return harmless(self.check if self.target is None else f"{self.check} of {self.target}")

    def names_case(self, case_id: str) -> bool:
        """Return whether some of its checks are of this case."""
        return _case_pattern(self.check.partition("#")[0]).fullmatch(case_id) is not None

    def names(self, case_id: str, check_id: str) -> bool:
        """Return whether it names this check of this case."""
        return self.check.partition("#")[2] in ("*", check_id) and self.names_case(case_id)

    def in_record(self) -> record.Known:
        """Return what a record keeps of it."""
        until = None if self.expires is None else self.expires.isoformat()
        return record.Known(reason=self.reason, issue=self.issue, owner=self.owner, expires=until)


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which cases the suite had when the list was last brought up to date.

    Those of the profiles that were frozen as ``catalogue``, and ``more``.
    """

    catalogue: str | None = None
    more: tuple[str, ...] = ()

    def known_cases(self) -> frozenset[str]:
        """Return their ids."""
        return frozenset(self.more) | (frozen_cases(self.catalogue) if self.catalogue else frozenset())


class _Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is in the file."""

    baseline: Header = Header()
    known: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFailures:
    """A list as it was read from ``file``, with its ``text``."""

    file: str
    entries: tuple[Entry, ...] = ()
    header: Header = field(default_factory=Header)
    text: str = ""


def read_baseline(text: str, file: str) -> KnownFailures:
    """Return the list in ``text``; ``file`` is its name, for errors and for the record. Raises UsageError."""
    document = Document(file, text, "'wsspec baseline --help'")
    found = document.into(_Document)
    if found.baseline.catalogue is not None and not frozen_cases(found.baseline.catalogue):
        problem = f"baseline.catalogue '{harmless(found.baseline.catalogue)}' is not known to this wsspec"
        raise document.wrong(("baseline", "catalogue"), problem, "use the wsspec that wrote it, or a newer one")
    places: dict[tuple[str, str | None], int] = {}
    for place, entry in enumerate(found.known):
        for key, problem, remedy in _faults(entry):
            raise document.wrong(("known", place, key), problem, remedy)
        before = places.setdefault((entry.check, entry.target), place)
        if before != place:
            problem = f"'{entry.words}' is listed twice, as known {before + 1} and {place + 1}"
            raise document.wrong(("known", place), problem, "merge the two; outcomes = [...] takes several outcomes")
    return KnownFailures(file=file, entries=found.known, header=found.baseline, text=text)


def _faults(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Yield key, problem and remedy of what the types do not forbid."""
    case, number_sign, check = entry.check.partition("#")
    parts = [*case.split("/"), check]
    if not number_sign or not all(parts):
        yield "check", f"check is '{harmless(entry.check)}'", "write CASE#CHECK, or CASE#* for all checks of a case"
    elif any("*" in part and part not in ("*", "**") for part in parts) or check == "**":
        remedy = "'*' stands for a whole part of a path or for any check, '**' for any number of parts of a path"
        yield "check", f"check is '{harmless(entry.check)}'", remedy
    if entry.outcome is not None and entry.outcomes:
        yield "outcomes", f"'{entry.words}' has an outcome and outcomes", "keep one of the two"
    if not entry.reason.strip():
        yield "reason", f"the reason for '{entry.words}' is empty", "say why the failure is known and accepted"


@cache
def _case_pattern(pattern: str) -> re.Pattern[str]:
    *parts, last = pattern.split("/")
    words = ["(?:[^/]+/)*" if part == "**" else f"{_part_pattern(part)}/" for part in parts]
    return re.compile("".join([*words, ".+" if last == "**" else _part_pattern(last)]))


def _part_pattern(part: str) -> str:
    """Return what one part of a path matches. A star is a whole part, or some of one, which a target's list may say."""
    return "[^/]+" if part == "*" else "[^/]*".join(map(re.escape, part.split("*")))


# --- what is seen of a check ------------------------------------------------------------------------------------------


def check_name(case: CaseResult, check: Check) -> str:
    """Return what an entry calls ``check``."""
    return harmless(f"{case.id}#{check.id}")


def outcome_of(check: Check) -> str:
    """Return how ``check`` came out, in the few words by which a list knows it again.

    >>> from ws_reports.record import Verdict
    >>> outcome_of(Check(id="x", requirement="6455/1/x", verdict=Verdict.FAIL, signature="6455/1/x: a message"))
    'a message'
    """
    shown = (check.signature or "").removeprefix(check.requirement).removeprefix(": ")
    return harmless(shown[:OUTCOME_LENGTH]) or check.verdict.value
