"""A run as workflow commands of GitHub's runner, which shows each as an annotation of the commit.

The runner shows ten of a step. So a command is a cause, not a case, and the last says what had no room.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from ws_reports.anchor import Anchor
from ws_reports.escape import command_property, command_value, cut
from ws_reports.record import CaseResult, Cause, Run, Verdict, gravest_check
from ws_reports.standing import FAILING, Standing, State, run_standing, standing

COMMANDS = 10
"""How many annotations of one step are shown."""
TITLE_LENGTH = 150
TEXT_LENGTH = 500
CASES = 3
"""How many cases of one cause are named."""


def render(run: Run, *, failing: Collection[Verdict] = FAILING, anchor: Anchor | None = None) -> str:
    """Return a line for each annotation, at most ``COMMANDS``, when the verdicts in ``failing`` fail.

    With an ``anchor``, each cause is shown in that file.
    """
    lines = list(_commands(run, failing, anchor))
    if len(lines) > COMMANDS:
        words = f"{len(lines) - COMMANDS + 1} more annotations had no room; the report has them all"
        lines = [*lines[: COMMANDS - 1], _command("notice", "more", words)]
    return "".join(f"{line}\n" for line in lines)


def _commands(run: Run, failing: Collection[Verdict], anchor: Anchor | None) -> Iterator[str]:
    if (whole := run_standing(run, failing)) is not None:
        yield _command("error", "the run itself", whole.message)
    stands = {case.n: (case, standing(case, failing)) for case in run.cases}
    stale: list[Cause] = []
    for cause in run.causes:
        members = [stands[n] for n in cause.cases if n in stands and stands[n][1].state is State.FAILED]
        unexcused = [case for case, each in members if each.kind != "stale-baseline"]
        if unexcused:
            yield _cause(cause, unexcused, anchor)
        elif members:
            stale.append(cause)
    asked = [case.id for case, each in stands.values() if each.kind in ("SHOULD", "INFO")]
    if asked:
        yield _command("error", f"failing by --fail-on: {_number(asked)}", _some(asked))
    yield from _baseline(run, stands, stale)
    undecided = [case.id for case, each in stands.values() if each.state is State.UNDECIDED]
    if undecided:
        yield _command("warning", f"undecided: {_number(undecided)}", _some(undecided))


def _cause(cause: Cause, cases: Sequence[CaseResult], anchor: Anchor | None) -> str:
    first = cases[0]
    check = gravest_check(first)
    requirement = cause.signature if check is None else check.requirement
    title = f"{requirement} fails: {_number(cases)}"
    parts = [cause.words, _some([case.id for case in cases])]
    if first.replay is not None:
        parts.append(f"again: wsspec replay {first.replay}")
    return _command("error", title, "; ".join(parts), anchor, requirement)


def _baseline(run: Run, stands: Mapping[int, tuple[CaseResult, Standing]], stale: Sequence[Cause]) -> Iterator[str]:
    """Yield what of the baseline no longer holds."""
    if stale:
        words = "; ".join(cause.words for cause in stale)
        yield _command("warning", f"known failures past their date: {len(stale)}", words)
    passing = [case.id for case, _ in stands.values() if case.overlay == "xpass"]
    if passing:
        yield _command("warning", f"known failures that pass now: {_number(passing)}", _some(passing))
    if run.baseline is not None and run.baseline.unmatched:
        words = "; ".join(run.baseline.unmatched)
        yield _command("warning", f"known failures that match nothing: {len(run.baseline.unmatched)}", words)


def _command(kind: str, title: str, words: str, anchor: Anchor | None = None, requirement: str = "") -> str:
    properties = {"title": cut(title, TITLE_LENGTH)}
    if anchor is not None:
        properties = {"file": anchor.path, "line": str(anchor.line(requirement)), **properties}
    named = ",".join(f"{name}={command_property(value)}" for name, value in properties.items())
    return f"::{kind} {named}::{command_value(cut(words, TEXT_LENGTH))}"


def _number(cases: Sequence[object]) -> str:
    return f"{len(cases)} {'case' if len(cases) == 1 else 'cases'}"


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:CASES]) + (f" and {len(ids) - CASES} more" if len(ids) > CASES else "")
