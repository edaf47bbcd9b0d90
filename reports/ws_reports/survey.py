"""A survey: what many implementations come to by each case, as bare facts, so that a failure can be told from a custom.

A survey is one JSON document. ``targets`` names implementations, each with version and role; ``outcomes`` has, for each
case, a text with one letter for each target in their order (see ``LETTERS``). Nothing else of a run is in it.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ws_reports.escape import harmless
from ws_reports.field import Kind, kind_of
from ws_reports.record import CaseResult, Role, Run, Surveyed, Verdict, decode_as
from ws_reports.schemas import published, schema_of

FORMAT = "wsspec.survey"
VERSION = 1
NAMED = 5
"""How many implementations are named that fail as well."""

LETTERS: Mapping[Verdict, str] = {
    Verdict.PASS: "p",
    Verdict.LENIENT: "l",
    Verdict.FAIL: "f",
    Verdict.INFO: "i",
    Verdict.INCONCLUSIVE: "q",
    Verdict.ERROR: "e",
    Verdict.UNSUPPORTED: "u",
    Verdict.SKIPPED: "s",
}
"""Verdicts by one letter each. NOT_ASKED stands for a case that a target was not judged by."""
NOT_ASKED = "."

_SAYS_SOMETHING = frozenset(LETTERS[verdict] for verdict in (Verdict.PASS, Verdict.LENIENT, Verdict.FAIL, Verdict.INFO))


class SurveyTarget(msgspec.Struct, frozen=True, kw_only=True):
    """An implementation, in the version and the role in which it was judged."""

    name: str
    version: str = ""
    role: Kind


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """A survey. ``date`` is the day of the run, YYYY-MM-DD, ``suite`` the version that judged."""

    format: Literal["wsspec.survey"] = "wsspec.survey"
    version: Literal[1] = 1
    date: Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    suite: str
    targets: tuple[SurveyTarget, ...]
    outcomes: dict[str, str] = {}

    def surveyed(self, case_id: str, role: Role, but: str = "") -> Surveyed | None:
        """Return who fails a case among those of ``role`` that were judged by it, all ``but`` one; None for nobody."""
        letters = zip(self.targets, self.outcomes.get(case_id, ""), strict=False)
        asked = [
            (target.name, letter)
            for target, letter in letters
            if target.role == role and target.name != but and letter in _SAYS_SOMETHING
        ]
        if not asked:
            return None
        failing = tuple(harmless(name) for name, letter in asked if letter == LETTERS[Verdict.FAIL])
        return Surveyed(asked=len(asked), failing=failing)


def survey_words(surveyed: Surveyed, role: str) -> str:
    """Return how many others do the same.

    >>> survey_words(Surveyed(asked=41, failing=("aiohttp", "tornado")), "server")
    '2 of 41 surveyed servers: aiohttp, tornado'
    """
    names = ", ".join(surveyed.failing[:NAMED]) + (", …" if len(surveyed.failing) > NAMED else "")
    count = f"{len(surveyed.failing):,} of {surveyed.asked:,} surveyed {role}{'s' * (surveyed.asked != 1)}"
    return f"{count}: {names}" if names else count


def judged_role(run: Run, case: CaseResult) -> str:
    """Return the role of the target that ``case`` was played against."""
    roles = {target.role for target in run.targets if case.target in (target.name, target.id)}
    return roles.pop() if len(roles) == 1 else "target"


def survey_of(run: Run) -> Survey:
    """Return the survey that ``run``, of many implementations, is."""
    present = [target for target in run.targets if target.absent is None]
    places = {target.name: place for place, target in enumerate(present)}
    outcomes: dict[str, list[str]] = {}
    for case in run.cases:
        if case.target in places:
            letters = outcomes.setdefault(case.id, [NOT_ASKED] * len(present))
            letters[places[case.target]] = LETTERS[case.verdict]
    return Survey(
        date=run.run.started[:10],
        suite=run.suite.version,
        targets=tuple(
            SurveyTarget(name=target.implementation or target.name, version=target.build or "", role=kind_of(target))
            for target in present
        ),
        outcomes={identifier: "".join(letters) for identifier, letters in sorted(outcomes.items())},
    )


def joined(surveys: Sequence[Survey]) -> Survey:
    """Return one survey of all targets in ``surveys``; where two judged the same by the same case, the later one holds.

    Of a target in two versions, only the outcomes of the later one are kept. Date and suite are those of the newest.
    """
    columns: dict[tuple[str, Kind], tuple[SurveyTarget, dict[str, str]]] = {}
    for survey in surveys:
        for place, target in enumerate(survey.targets):
            before, outcomes = columns.get((target.name, target.role), (target, {}))
            said = {identifier: letters[place] for identifier, letters in survey.outcomes.items()}
            said = {identifier: letter for identifier, letter in said.items() if letter != NOT_ASKED}
            kept = outcomes if before == target else {}
            columns[target.name, target.role] = (target, kept | said)
    identifiers = sorted({identifier for _, outcomes in columns.values() for identifier in outcomes})
    return msgspec.structs.replace(
        max(surveys, key=lambda survey: survey.date),
        targets=tuple(target for target, _ in columns.values()),
        outcomes={
            identifier: "".join(outcomes.get(identifier, NOT_ASKED) for _, outcomes in columns.values())
            for identifier in identifiers
        },
    )


def encode(survey: Survey) -> bytes:
    """Return ``survey`` as a compact JSON document, in which each case has a line of its own."""
    head = msgspec.json.encode(msgspec.structs.replace(survey, outcomes={}))
    assert head.endswith(b'"outcomes":{}}')
    lines = b",\n".join(
        msgspec.json.encode(identifier) + b":" + msgspec.json.encode(letters)
        for identifier, letters in survey.outcomes.items()
    )
    return head.removesuffix(b"}}") + b"\n" + lines + b"\n}}\n"


def decode(data: bytes, place: str = "$") -> Survey:
    """Return the survey in the JSON document ``data``. Raises RecordError, with the path under ``place``."""
    return decode_as(Survey, data, place)


def schema() -> dict[str, object]:
    """Return the JSON Schema of a survey."""
    made = schema_of(Survey, words=f"survey:{VERSION}", title="wsspec survey", required=("format", "version"))
    letters = "".join(LETTERS.values())
    made["$defs"]["Survey"]["properties"]["outcomes"]["additionalProperties"]["pattern"] = f"^[{letters}{NOT_ASKED}]*$"
    return made


def schema_document() -> bytes:
    """Return the schema as it is published beside this module, in ``survey.schema.json``."""
    return published(schema())


if __name__ == "__main__":
    sys.stdout.buffer.write(schema_document())
