"""A run in the Test Anything Protocol, version 14, for harnesses of projects in C, Perl and the like.

What does not simply pass has a block of YAML behind it, whose values are strings as JSON writes them: YAML reads those
alike.
"""

import json
from collections.abc import Collection, Iterator

from ws_reports.escape import cut, harmless, tap_description
from ws_reports.record import CaseResult, Run, Verdict, gravest_check
from ws_reports.standing import FAILING, Standing, State, run_standing, standing

TEXT_LENGTH = 1000
"""How many characters one text has at most."""


def render(run: Run, *, failing: Collection[Verdict] = FAILING) -> str:
    """Return the report on ``run``, in which the verdicts in ``failing`` fail.

    Known failures are TODO. A run that says nothing about its targets ends with ``Bail out!``.
    """
    several = len({case.target for case in run.cases}) > 1
    lines: list[str] = []
    for number, case in enumerate(run.cases, start=1):
        lines += _result(number, case, standing(case, failing), with_target=several)
    whole = run_standing(run, failing)
    is_failure = whole is not None and whole.state is State.FAILED
    if whole is not None and is_failure:
        lines.append(f"not ok {len(run.cases) + 1} - {tap_description(whole.message)}")
    elif whole is not None:
        lines.append(f"Bail out! {tap_description(whole.message)}")
    lines = ["TAP version 14", f"1..{len(run.cases) + is_failure}", *lines]
    return "\n".join(lines) + "\n"


def _result(number: int, case: CaseResult, stands: Standing, *, with_target: bool) -> Iterator[str]:
    name = f"{case.target}: {case.id}" if with_target else case.id
    is_ok = stands.state is State.PASSED or (stands.state is State.SKIPPED and stands.kind != "xfail")
    line = f"{'ok' if is_ok else 'not ok'} {number} - {_shown(name)}"
    if stands.state is State.SKIPPED:
        line += f" # {'TODO' if stands.kind == 'xfail' else 'SKIP'} {_shown(stands.message)}"
    yield line
    is_plain = stands.state is State.SKIPPED or (stands.state is State.PASSED and case.verdict is Verdict.PASS)
    if not is_plain:
        yield "  ---"
        for key, value in _diagnosis(case, stands):
            yield f"  {key}: {json.dumps(harmless(cut(value, TEXT_LENGTH)), ensure_ascii=False)}"
        yield "  ..."


def _diagnosis(case: CaseResult, stands: Standing) -> Iterator[tuple[str, str]]:
    yield "verdict", case.verdict.value
    if stands.message:
        yield "message", stands.message
    check = gravest_check(case)
    if check is not None:
        yield "requirement", check.requirement
        yield "accepted", " | ".join(check.accepted or case.accepted)
        yield "observed", check.observed or case.observed
    if case.replay is not None:
        yield "replay", f"wsspec replay {case.replay}"


def _shown(text: str) -> str:
    return tap_description(cut(text, TEXT_LENGTH))
