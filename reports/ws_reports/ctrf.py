"""A run in the Common Test Report Format: JSON of which comments, chat messages and dashboards are made.

An undecided result is "other" there; our own word stands beside it as ``rawStatus``.
"""

from collections import Counter
from collections.abc import Collection, Mapping

import msgspec

from ws_reports.console import failure_block
from ws_reports.escape import cut, harmless
from ws_reports.record import CaseResult, Run, Verdict
from ws_reports.standing import FAILING, Standing, State, area, run_standing, standing, started_at

SPECIFICATION = "0.0.0"
"""The version of the format that is written."""
TEXT_LENGTH = 4096
"""How many characters one text has at most."""
ATTEMPTS = 20
"""How many earlier attempts of a case are listed."""

_STATUS: Mapping[State, str] = {
    State.PASSED: "passed",
    State.FAILED: "failed",
    State.SKIPPED: "skipped",
    State.UNDECIDED: "other",
}


def render(run: Run, *, failing: Collection[Verdict] = FAILING) -> bytes:
    """Return the report on ``run``, in which the verdicts in ``failing`` fail, as JSON in UTF-8."""
    whole = run_standing(run, failing)
    tests = [_test(case, standing(case, failing), run) for case in run.cases]
    if whole is not None:
        status = _STATUS[whole.state]
        tests.append({"name": "the run itself", "status": status, "duration": 0, "message": _text(whole.message)})
    statuses = Counter(test["status"] for test in tests)
    started = started_at(run)
    start = 0 if started is None else int(started.timestamp() * 1000)
    duration = round((run.run.seconds or 0) * 1000)
    document = {
        "reportFormat": "CTRF",
        "specVersion": SPECIFICATION,
        "runId": _text(run.run.id or "unknown"),
        "generatedBy": "wsspec",
        "results": {
            "tool": {"name": _text(run.suite.name or "unknown"), "version": _text(run.suite.version)},
            "summary": {
                "tests": len(tests),
                **{status: statuses[status] for status in ("passed", "failed", "skipped", "pending", "other")},
                "suites": len({(case.target, area(case)) for case in run.cases}),
                "flaky": sum("flaky" in test for test in tests),
                "start": start,
                "stop": start + duration,
                "duration": duration,
            },
            "tests": tests,
            "environment": _environment(run, healthy=whole is None),
        },
    }
    return msgspec.json.encode(document) + b"\n"


def _test(case: CaseResult, stands: Standing, run: Run) -> dict[str, object]:
    test: dict[str, object] = {
        "testId": _text(f"{case.target}: {case.id}"),
        "name": _text(case.id or "unknown"),
        "status": _STATUS[stands.state],
        "duration": round(case.seconds * 1000),
        "suite": [_text(case.target), _text(area(case))],
        "rawStatus": case.overlay or case.verdict.value,
        "tags": [_text(tag) for tag in case.tags],
        "labels": {"level": case.level.value, **_requirements(case)},
        "extra": {"number": case.n, "revision": case.rev, "kind": stands.kind, "replay": case.replay},
    }
    if stands.message:
        test["message"] = _text(stands.message)
    if stands.state in (State.FAILED, State.UNDECIDED):
        test["trace"] = cut(failure_block(case, run), TEXT_LENGTH)
    if len(case.attempts) > 1:
        earlier = case.attempts[-1 - ATTEMPTS : -1]
        test["retries"] = len(case.attempts) - 1
        test["retryAttempts"] = [
            {"attempt": number, "status": _STATUS[_state(verdict)]}
            for number, verdict in enumerate(earlier, start=len(case.attempts) - len(earlier))
        ]
        if stands.state is State.PASSED and Verdict.FAIL in earlier:
            test["flaky"] = True
    return test


def _requirements(case: CaseResult) -> dict[str, list[str]]:
    """Return the label that names what ``case`` is about; a label without values is not permitted."""
    return {"requirements": [_text(requirement) for requirement in case.requirements]} if case.requirements else {}


def _state(verdict: Verdict) -> State:
    """Return how an attempt stands of which nothing is known but its ``verdict``."""
    match verdict:
        case Verdict.FAIL:
            return State.FAILED
        case Verdict.INCONCLUSIVE | Verdict.ERROR:
            return State.UNDECIDED
        case Verdict.UNSUPPORTED | Verdict.SKIPPED:
            return State.SKIPPED
        case _:
            return State.PASSED


def _environment(run: Run, *, healthy: bool) -> dict[str, object]:
    names = dict.fromkeys(target.name for target in run.targets)
    builds = dict.fromkeys(target.build for target in run.targets if target.build)
    found: dict[str, object] = {"appName": _text(", ".join(names)), "healthy": healthy}
    if builds:
        found["appVersion"] = _text(", ".join(builds))
    if run.env.os is not None:
        found["osPlatform"] = _text(run.env.os)
    return found


def _text(text: str) -> str:
    return harmless(cut(text, TEXT_LENGTH))
