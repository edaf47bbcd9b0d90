"""A run in Markdown, for job summaries, comments and release notes: what changed, why it failed, how much was met.

Texts of the record stand in code, in a span or behind a fence, where no link, mention, image or HTML is live. Services
drop what is too long, so the page ends early instead, at the end of a row or a block, and says so.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from ws_reports.console import failure_block
from ws_reports.escape import cut, markdown
from ws_reports.record import CaseResult, Cause, Run, Verdict, gravest_check, requirements_met
from ws_reports.standing import FAILING, State, by_target, run_standing, standing

PAGE_BYTES = 1_000_000
"""How long the page is at most; GitHub drops the summary of a step that is over 1 MiB."""
TEXT_LENGTH = 300
"""How many characters of one text are shown."""
BLOCK_LENGTH = 4000
"""How many characters of one failure are shown."""
EXAMPLES = 5
"""Of how many causes a failure is shown in full."""
CHANGES = 50
"""How many changed verdicts are listed."""
UNDECIDED = 20
"""How many reasons are listed why something is undecided."""

_BACKTICKS = re.compile(r"`+")


def render(
    run: Run, *, failing: Collection[Verdict] = FAILING, before: Run | None = None, limit: int = PAGE_BYTES
) -> str:
    """Return the page on ``run``, in which the verdicts in ``failing`` fail, at most ``limit`` bytes of UTF-8 long.

    With a run ``before``, what changed comes first.
    """
    parts = [*_head(run, failing)]
    if before is not None:
        parts += _changes(before, run)
    parts += [*_causes(run), *_departures(run, failing), *_counts(run), *_undecided(run), *_foot(run)]
    return "".join(_fitting(parts, limit))


def _fitting(parts: Sequence[str], limit: int) -> Iterator[str]:
    """Yield as many of ``parts`` as ``limit`` permits, and what was left out; none is cut in two."""
    sizes = [len(part.encode()) for part in parts]
    if sum(sizes) <= limit:
        yield from parts
        return
    notice = f"\n**Cut here**, to stay below {limit:,} bytes. The record of the run has it all.\n"
    room = limit - len(notice.encode())
    for part, size in zip(parts, sizes, strict=True):
        room -= size
        if room < 0:
            break
        yield part
    yield notice


def _head(run: Run, failing: Collection[Verdict]) -> Iterator[str]:
    stands = Counter(standing(case, failing).state for case in run.cases)
    played = sum(case.verdict.was_run for case in run.cases)
    if (whole := run_standing(run, failing)) is not None:
        yield f"## {Verdict.ERROR.sign} {whole.message[0].upper()}{whole.message[1:]}\n"
    elif stands[State.FAILED]:
        fail = "fails" if stands[State.FAILED] == 1 else "fail"
        yield f"## {Verdict.FAIL.sign} {stands[State.FAILED]:,} of {_cases(played)} {fail}\n"
    elif stands[State.UNDECIDED]:
        are = "is" if stands[State.UNDECIDED] == 1 else "are"
        yield f"## {Verdict.INCONCLUSIVE.sign} {stands[State.UNDECIDED]:,} of {_cases(played)} {are} undecided\n"
    else:
        yield f"## {Verdict.PASS.sign} {_cases(played)}\n"
    named = ", ".join(_target(target.name, target.url, target.agent) for target, _ in by_target(run)[:10])
    yield f"\n{named}: {', '.join(_met(run))}\n"


def _target(name: str, url: str | None, agent: str | None) -> str:
    return _code(" ".join(dict.fromkeys(filter(None, (name, url, agent)))))


def _met(run: Run) -> Iterator[str]:
    found = requirements_met(run.requirements)
    yield from (f"{level.upper()} {met}/{decided}" for level, (met, decided) in found.items() if decided)
    if not any(decided for _, decided in found.values()):
        yield "no requirement was decided"


# --- what changed -----------------------------------------------------------------------------------------------------


def _changes(before: Run, now: Run) -> Iterator[str]:
    """Yield what became of the cases that both runs have; a case whose meaning changed is not compared."""
    earlier = {(target.name, case.id): case for target, cases in by_target(before) for case in cases}
    pairs = [
        (earlier[target.name, case.id], case)
        for target, cases in by_target(now)
        for case in cases
        if (target.name, case.id) in earlier
    ]
    comparable = [(old, new) for old, new in pairs if old.rev == new.rev]
    changed = [(old, new) for old, new in comparable if old.verdict is not new.verdict]
    changed.sort(key=lambda pair: (_rank(pair[1].verdict), _rank(pair[0].verdict)))
    yield f"\n### Since run {_code(before.run.id)}\n\n"
    worse = sum(new.verdict is Verdict.FAIL for _, new in changed)
    better = sum(old.verdict is Verdict.FAIL for old, _ in changed)
    counts = {
        "newly failing": worse,
        "failing no more": better,
        "changed otherwise": len(changed) - worse - better,
        "not comparable, because the case has another revision": len(pairs) - len(comparable),
        "new": len(now.cases) - len(pairs),
    }
    words = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    yield f"{words or 'Nothing changed'}.\n"
    rows = (f"| {_code(new.id)} | {_verdict(old.verdict)} | {_verdict(new.verdict)} |\n" for old, new in changed)
    yield from _table("| case | before | now |\n|---|---|---|\n", rows, len(changed), CHANGES)


def _rank(verdict: Verdict) -> int:
    return tuple(Verdict).index(verdict)


# --- causes -----------------------------------------------------------------------------------------------------------


def _causes(run: Run) -> Iterator[str]:
    """Yield a table of what explains the failures, and one failure of each of the largest as a terminal shows it."""
    cases = {case.n: case for case in run.cases}
    members = [(cause, [cases[n] for n in cause.cases if n in cases]) for cause in run.causes]
    told = [(cause, those) for cause, those in members if not all(case.overlay == "xfail" for case in those)]
    if not told:
        return
    yield "\n### Causes\n"
    head = "| | cases | cause | requirement | again |\n|---|---|---|---|---|\n"
    yield from _table(head, (_cause(cause, those) for cause, those in told), len(told), None)
    for cause, those in told[:EXAMPLES]:
        block = failure_block(_unexcused(those)[0], run)
        yield f"\n{_code(cause.id)}\n\n{_fenced(cut(block, BLOCK_LENGTH))}"


def _cause(cause: Cause, cases: Sequence[CaseResult]) -> str:
    unexcused = _unexcused(cases)
    known = len(cases) - len(unexcused)
    number = f"{len(cases)}" + (f" ({known} known)" if known else "")
    check = gravest_check(unexcused[0])
    rule = _code(check.requirement) if check is not None else ""
    replay = unexcused[0].replay
    again = _code(f"wsspec replay {replay}") if replay is not None else ""
    return f"| {_code(cause.id)} | {number} | {_code(cause.words)} | {rule} | {again} |\n"


def _unexcused(cases: Iterable[CaseResult]) -> list[CaseResult]:
    return [case for case in cases if case.overlay != "xfail"]


def _departures(run: Run, failing: Collection[Verdict]) -> Iterator[str]:
    """Yield what fails in this run only because more than the MUSTs is asked for, by requirement."""
    counts: Counter[str] = Counter()
    for case in run.cases:
        check = gravest_check(case)
        if check is not None and case.verdict in failing and case.verdict is not Verdict.FAIL:
            counts[check.requirement] += 1
    if counts:
        yield "\n### Failing by --fail-on\n"
        rows = (f"| {_code(requirement)} | {count:,} |\n" for requirement, count in counts.most_common())
        yield from _table("| requirement | cases |\n|---|---|\n", rows, len(counts), None)


def _fenced(text: str) -> str:
    """Return ``text``, whose lines are harmless, as a block of code whose fence is longer than any in it."""
    longest = max((len(found[0]) for found in _BACKTICKS.finditer(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}\n"


# --- counts -----------------------------------------------------------------------------------------------------------


def _counts(run: Run) -> Iterator[str]:
    counts = [(verdict, run.summary.get(verdict, 0)) for verdict in Verdict]
    rows = (f"| {_verdict(verdict)} | {count:,} |\n" for verdict, count in counts if count)
    yield "\n### Counts\n"
    yield from _table("| verdict | cases |\n|---|---|\n", rows, sum(count > 0 for _, count in counts), None)
    if (baseline := run.baseline) is not None:
        words = [f"{baseline.xfail:,} as listed"]
        lists = {"pass now": baseline.stale, "fail in another way": baseline.changed}
        lists |= {"are past their date": baseline.expired, "match nothing": baseline.unmatched}
        words += [f"{len(entries):,} {what}" for what, entries in lists.items() if entries]
        yield f"\nBaseline {_code(baseline.file)}: {', '.join(words)}.\n"


def _undecided(run: Run) -> Iterator[str]:
    """Yield why cases have no verdict: each reason once, with the first case that has it."""
    reasons: dict[tuple[Verdict, str], list[CaseResult]] = {}
    for case in run.cases:
        stands = standing(case)
        if stands.state is State.UNDECIDED:
            reasons.setdefault((case.verdict, stands.message), []).append(case)
    if reasons:
        yield "\n### Undecided\n"
        rows = (
            f"| {_verdict(verdict)} | {len(cases)} | {_code(reason)} | {_code(cases[0].id)} |\n"
            for (verdict, reason), cases in reasons.items()
        )
        yield from _table("| verdict | cases | reason | first |\n|---|---|---|---|\n", rows, len(reasons), UNDECIDED)


def _foot(run: Run) -> Iterator[str]:
    suite = f"{run.suite.name} {run.suite.version}"
    yield f"\nRun {_code(run.run.id)}, {_code(suite)}, catalogue {_code(run.suite.catalogue.version)}.\n"


# --- pieces -----------------------------------------------------------------------------------------------------------


def _table(head: str, rows: Iterable[str], number: int, limit: int | None) -> Iterator[str]:
    """Yield a table of the first ``limit`` of ``rows``, of which there are ``number``; the head is with the first."""
    for index, row in enumerate(rows):
        if index == limit:
            yield f"\n{number - index:,} more are in the record.\n"
            return
        yield row if index else f"\n{head}{row}"


def _cases(count: int) -> str:
    return f"{count:,} {'case' if count == 1 else 'cases'}"


def _verdict(verdict: Verdict) -> str:
    return f"{verdict.sign} {verdict.value}"


def _code(text: str) -> str:
    return markdown(cut(text, TEXT_LENGTH))
