"""A run in SARIF 2.1.0, for the pages of code-scanning services.

A result is not a case but what lies behind some: one requirement, departed from in one way by one target. A service
keeps results apart over the years by a fingerprint, which is made of just these. Because a service refuses results
that are in no file, each is shown in the user's anchor. Every target has a run of its own, since services replace
what an earlier file said by the run's id. Rules are those that results refer to.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from ws_reports.anchor import Anchor
from ws_reports.escape import cut, distinct, file_name, markdown, sarif_message
from ws_reports.record import CaseResult, Check, Level, RequirementResult, Run, Target, Verdict
from ws_reports.standing import State, by_target, known_words, run_standing, standing, started_at

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
TEXT_LENGTH = 1000
"""How many characters one text has at most."""
STEPS = 60
"""How many events of one conversation are shown: those up to the departure, the last of them."""
CASES = 50
"""How many cases one result names."""
NOTIFICATIONS = 100
"""How many undecided cases a run lists."""

_LEVELS: Mapping[Level, str] = {Level.MUST: "error", Level.SHOULD: "warning", Level.MAY: "note"}
_SECTION = re.compile(r"[0-9A-Z][0-9A-Za-z]*(\.[0-9]+)*")


@dataclass(frozen=True, slots=True)
class _Finding:
    """Cases in which ``target`` departs from one requirement in one way; ``check`` is that of the first."""

    target: Target
    check: Check
    cases: tuple[CaseResult, ...]
    suppressed: bool

    @property
    def fingerprint(self) -> str:
        """Return what names the finding in every run: neither time, nor bytes, nor cases are in it."""
        parts = (self.check.requirement, self.check.id, self.check.signature or "", self.target.name)
        return hashlib.sha256("\0".join(parts).encode(errors="backslashreplace")).hexdigest()


def render(run: Run, anchor: Anchor, *, before: Run | None = None) -> bytes:
    """Return the report on ``run`` as JSON in UTF-8, each finding in ``anchor``.

    With a run ``before``, each says whether it is new.
    """
    earlier = None if before is None else {each.fingerprint for pair in by_target(before) for each in _findings(*pair)}
    pairs = by_target(run)
    slugs = distinct((target.name for target, _ in pairs), file_name)
    runs = [_run(run, target, cases, slugs[target.name], anchor, earlier) for target, cases in pairs]
    return msgspec.json.encode({"$schema": SCHEMA, "version": "2.1.0", "runs": runs}) + b"\n"


def _findings(target: Target, cases: Iterable[CaseResult]) -> list[_Finding]:
    """Return what ``cases`` show of ``target``, failures first, and what more cases show before what fewer do."""
    groups: dict[tuple[str, str, str | None], list[tuple[Check, CaseResult]]] = {}
    for case in cases:
        for check in case.checks:
            if check.verdict in (Verdict.FAIL, Verdict.LENIENT):
                groups.setdefault((check.requirement, check.id, check.signature), []).append((check, case))
    found = [
        _Finding(
            target=target,
            check=members[0][0],
            cases=tuple(case for _, case in members),
            suppressed=all(check.overlay == "xfail" for check, _ in members),
        )
        for members in groups.values()
    ]
    return sorted(found, key=lambda each: (each.check.verdict is not Verdict.FAIL, -len(each.cases)))


def _run(
    run: Run, target: Target, cases: Sequence[CaseResult], slug: str, anchor: Anchor, earlier: Collection[str] | None
) -> dict[str, object]:
    findings = _findings(target, cases)
    requirements = {_text(requirement.id): requirement for requirement in run.requirements}
    rules = list(dict.fromkeys(_text(finding.check.requirement) for finding in findings))
    profile = "all" if run.suite.profile is None else run.suite.profile.id
    return {
        "tool": {
            "driver": {
                "name": _text(run.suite.name),
                "version": _text(run.suite.version),
                "rules": [_rule(rule, requirements.get(rule)) for rule in rules],
            }
        },
        "automationDetails": {"id": f"wsspec/{slug}/{file_name(profile)}/"},
        "invocations": [_invocation(run, cases)],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(finding, rules.index(_text(finding.check.requirement)), requirements, anchor, earlier)
            for finding in findings
        ],
        "properties": {"run": _text(run.run.id), "target": _text(target.url or target.name)},
    }


# --- rules ------------------------------------------------------------------------------------------------------------


def _rule(identifier: str, requirement: RequirementResult | None) -> dict[str, object]:
    words = identifier.rpartition("/")[2].replace("-", " ") or identifier
    rule: dict[str, object] = {"id": identifier, "shortDescription": {"text": words}}
    if requirement is None:
        return rule
    level = requirement.level.value.upper()
    place = f"RFC {requirement.rfc} §{requirement.section}"
    help_text = f"{level}, {place}: {requirement.text}"
    help_lines = (
        f"**{level}** {markdown(cut(requirement.text, TEXT_LENGTH))}",
        f"[RFC {requirement.rfc}]({section_url(requirement)}), section {markdown(cut(requirement.section, 20))}",
        markdown(f"wsspec explain {identifier}"),
    )
    return rule | {
        "fullDescription": {"text": _text(requirement.text)},
        "helpUri": section_url(requirement),
        "help": {"text": _text(help_text), "markdown": "\n\n".join(help_lines)},
        "defaultConfiguration": {"level": _LEVELS[requirement.level]},
        "properties": {"tags": ["websocket", f"rfc{requirement.rfc}", requirement.level.value]},
    }


def section_url(requirement: RequirementResult) -> str:
    """Return where the text of a requirement is. Of the record, only numbers and plain section names go into it."""
    address = f"https://www.rfc-editor.org/rfc/rfc{requirement.rfc:d}"
    return f"{address}#section-{requirement.section}" if _SECTION.fullmatch(requirement.section) else address


# --- results ----------------------------------------------------------------------------------------------------------


def _result(
    finding: _Finding,
    rule_index: int,
    requirements: Mapping[str, RequirementResult],
    anchor: Anchor,
    earlier: Collection[str] | None,
) -> dict[str, object]:
    check, first = finding.check, finding.cases[0]
    rule = _text(check.requirement)
    requirement = requirements.get(rule)
    place = _place(anchor, check.requirement)
    result: dict[str, object] = {
        "ruleId": rule,
        "ruleIndex": rule_index,
        "kind": "fail",
        "level": _level(check, requirement),
        "message": {"text": _message(finding)},
        "locations": [{**place, "logicalLocations": _logical(finding.cases[:CASES])}],
        # Services tell results of one rule in one line apart by the first; the second says what it is made of.
        "partialFingerprints": {
            "primaryLocationLineHash": f"{finding.fingerprint[:16]}:1",
            "wsspecCheck/v1": finding.fingerprint,
        },
        "occurrenceCount": len(finding.cases),
        "properties": {
            "target": _text(finding.target.name),
            "accepted": [_text(accepted) for accepted in check.accepted or first.accepted],
            "observed": _text(check.observed or first.observed),
        },
    }
    if first.wire:
        result["codeFlows"] = [{"threadFlows": [{"locations": list(_steps(check, first, place))}]}]
    if finding.suppressed:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": _justification(check)}]
    if earlier is not None:
        result["baselineState"] = "unchanged" if finding.fingerprint in earlier else "new"
    return result


def _message(finding: _Finding) -> str:
    check, first = finding.check, finding.cases[0]
    count = len(finding.cases)
    parts = [
        (check.message or check.observed or check.requirement).rstrip("."),
        f"{count} {'case shows' if count == 1 else 'cases show'} it, first {first.id}",
    ]
    if first.replay is not None:
        parts.append(f"again: wsspec replay {first.replay}")
    return "; ".join(map(_text, parts))


def _level(check: Check, requirement: RequirementResult | None) -> str:
    if check.verdict is Verdict.FAIL:
        return "error"
    return "note" if requirement is not None and requirement.level is Level.MAY else "warning"


def _justification(check: Check) -> str:
    return _text("known failure" if check.known is None else known_words(check.known))


def _place(anchor: Anchor, requirement: str) -> dict[str, object]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(anchor.path), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": anchor.line(requirement)},
        }
    }


def _logical(cases: Iterable[CaseResult]) -> list[dict[str, str]]:
    names = dict.fromkeys(_text(case.id) for case in cases)
    return [{"fullyQualifiedName": name, "kind": "test"} for name in names]


def _steps(check: Check, case: CaseResult, place: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """Yield what was on the wire, up to where the check found a departure."""
    end = len(case.wire) if check.event is None else min(check.event + 1, len(case.wire))
    for index in range(max(0, end - STEPS), end):
        event = case.wire[index]
        who = "examiner" if event.dir == "out" else "target"
        words = f"{event.t * 1000:.3f} ms, {who}: {event.words or event.kind}"
        yield {
            "location": {**place, "message": {"text": _text(words)}},
            "executionOrder": index + 1,
            "importance": "essential" if event.ok is False or event.note == "stimulus" else "important",
        }


# --- the run ----------------------------------------------------------------------------------------------------------


def _invocation(run: Run, cases: Iterable[CaseResult]) -> dict[str, object]:
    """Return how the run went, with what could not be decided: that is no finding about the target."""
    whole = run_standing(run)
    is_judged = whole is None or whole.state is not State.UNDECIDED
    invocation: dict[str, object] = {"executionSuccessful": is_judged}
    if (started := started_at(run)) is not None:
        invocation["startTimeUtc"] = started.strftime("%Y-%m-%dT%H:%M:%SZ")
    if run.run.exit is not None:
        invocation["exitCode"] = run.run.exit
    notes = [] if whole is None else [{"level": "error", "message": {"text": _text(whole.message)}}]
    for case in cases:
        stands = standing(case)
        if stands.state is State.UNDECIDED and len(notes) < NOTIFICATIONS:
            notes.append({"level": "warning", "message": {"text": _text(f"{case.id}: {stands.message}")}})
    return invocation | {"toolExecutionNotifications": notes}


def _text(text: str) -> str:
    return sarif_message(cut(text, TEXT_LENGTH))
