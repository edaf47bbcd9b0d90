"""A difference between two runs in words for a terminal, in Markdown, and in JSON.

Pure functions, like those of ``console``: each text of a record is made harmless for where it goes.
"""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ws_reports.compare import DECIDED, Change, CheckChange, Difference, Kind, Reason, Timing
from ws_reports.console import COLUMNS, PLAIN, TEXT_LENGTH, Style
from ws_reports.escape import line, markdown
from ws_reports.record import Check, ExitCode, Run, Verdict

NAMES = 10
"""How many cases are named of which the same is to be said, before the rest is counted."""

GROUPS = 10
"""Of how many groups of such cases something is said, for each kind of change."""

SLOWER = 3
"""How many of the cases that got slower are named."""

WORDS_LENGTH = 120
"""How many characters are shown of what came before and after."""

_Named = Callable[[str], str]
"""Makes a name harmless where it goes."""

_LABEL = 20
_SIGNS: Mapping[Kind, Verdict] = {
    Kind.NEWLY_FAILING: Verdict.FAIL,
    Kind.NEWLY_PASSING: Verdict.PASS,
    Kind.UNDECIDED: Verdict.INCONCLUSIVE,
    Kind.CHANGED: Verdict.LENIENT,
}
_ENDINGS = {ExitCode.OK: "no regression", ExitCode.FAILURES: "regression", ExitCode.UNDECIDED: "undecided"}


def text(difference: Difference, style: Style = PLAIN) -> str:
    """Return ``difference`` as lines for a terminal, the exit code last."""
    lines: list[str] = []
    for kind, verdict in _SIGNS.items():
        changes = difference.of(kind)
        if changes:
            label = f"{verdict.sign} {len(changes):,} {kind.value}"
            first, *others = (part for item in _items(difference, kind) for part in _lines(item))
            lines.append(style.verdict(verdict, f"{label:<{_LABEL - 2}}  ") + first)
            lines += [" " * _LABEL + other for other in others]
    lines += _remark(f"{difference.same:,} same", f"timing: {_timing_words(difference)}")
    if difference.not_compared:
        lines += _remark("not comparable", _reasons(difference))
    for words in _unfinished(difference):
        lines += _remark("partial", words)
    code = difference.exit_code
    verdict = Verdict.PASS if code is ExitCode.OK else Verdict.FAIL
    return "\n".join([*lines, style.verdict(verdict, f"exit {int(code)}  {_ENDINGS[code]}")])


def as_markdown(difference: Difference) -> str:
    """Return ``difference`` as Markdown: a headline, what changed, and what else there is to know."""
    code = difference.exit_code
    counts = ", ".join(f"{len(difference.of(kind)):,} {kind.value}" for kind in _SIGNS if difference.of(kind))
    sign = Verdict.PASS.sign if code is ExitCode.OK else Verdict.FAIL.sign
    lines = [f"### {sign} {_ENDINGS[code].capitalize()}: {counts or 'nothing changed'}", ""]
    for kind, verdict in _SIGNS.items():
        changes = difference.of(kind)
        if changes:
            lines += [f"{verdict.sign} **{len(changes):,} {kind.value}**", ""]
            for item in _items(difference, kind):
                said = f": {item.label}" * bool(item.label) + f" {markdown(item.words)}" * bool(item.words)
                lines.append(f"- {_names(item, markdown)}{said}")
            lines.append("")
    lines.append(f"{difference.same:,} same. Timing: {_timing_words(difference, markdown)}.")
    if difference.not_compared:
        lines.append(f"Not comparable: {_reasons(difference, markdown)}.")
    lines += [f"Partial: {words}." for words in _unfinished(difference, markdown)]
    return "\n".join(lines) + "\n"


def as_json(difference: Difference) -> bytes:
    """Return ``difference`` as a JSON document, with a line end behind it."""
    document = {
        "format": "wsspec.diff",
        "version": 1,
        "before": _run_fields(difference.before),
        "after": _run_fields(difference.after),
        "exit": int(difference.exit_code),
        "changes": [_change_fields(change) for change in difference.changes],
        "causes": difference.causes,
        "same": difference.same,
        "not_compared": [
            {"reason": each.reason.value, "target": each.target, "case": each.case} for each in difference.not_compared
        ],
        "timing": None if difference.timing is None else _timing_fields(difference.timing),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


# --- the parts of a text ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Item:
    """Some cases of which the same is to be said. Of the cases only the first NAMES have a name here."""

    names: tuple[str, ...]
    count: int
    words: str = ""
    label: str = ""


def _items(difference: Difference, kind: Kind) -> Iterator[_Item]:
    """Yield what there is to say of the changes of ``kind``, the same of as many as possible."""
    changes = difference.of(kind)
    if kind is Kind.NEWLY_PASSING:
        yield _item(difference, changes)
        return
    if kind is Kind.NEWLY_FAILING:
        left = {change.after.n: change for change in changes}
        groups = [(cause.words, [left.pop(n) for n in cause.cases if n in left]) for cause in difference.causes]
        if left:
            groups.append(("not said in the record", list(left.values())))
        label = "one cause" if len(groups) == 1 else "cause"
    else:
        label = ""
        by_way: dict[str, list[Change]] = {}
        for change in changes:
            by_way.setdefault(_way(change), []).append(change)
        groups = sorted(by_way.items(), key=lambda group: -len(group[1]))
    for words, group in groups[:GROUPS]:
        yield _item(difference, group, words, label)
    if more := sum(len(group) for _, group in groups[GROUPS:]):
        yield _Item((), more)


def _item(difference: Difference, changes: Sequence[Change], words: str = "", label: str = "") -> _Item:
    several = len(difference.after.targets) > 1
    names = (f"{each.after.target}: {each.after.id}" if several else each.after.id for each in changes[:NAMES])
    return _Item(tuple(map(_cut, names)), len(changes), words[:TEXT_LENGTH], label)


def _names(item: _Item, name: _Named = str) -> str:
    more = item.count - len(item.names)
    counted = [f"{more:,} more"] if more > 0 else []
    return " and ".join([*([", ".join(map(name, item.names))] if item.names else []), *counted])


def _lines(item: _Item) -> Iterator[str]:
    """Yield ``item`` as lines that fit beside the labels, what is said of several cases below their names."""
    if item.label:
        said = [_names(item), f"{item.label}: {item.words}"]
    elif item.count > 1:
        said = [_names(item), item.words]
    else:
        said = [f"{_names(item)}  {item.words}"]
    for words in said:
        yield from _wrapped(words)


def _remark(label: str, words: str) -> Iterator[str]:
    """Yield ``words`` behind ``label``, as lines."""
    for index, part in enumerate(_wrapped(words)):
        yield f"{f'  {label}' if index == 0 else '':<{_LABEL}}{part}"


def _wrapped(words: str) -> Iterator[str]:
    lines = textwrap.wrap(words, COLUMNS - _LABEL, break_long_words=False, break_on_hyphens=False)
    yield from map(line, lines or [""])


def _way(change: Change) -> str:
    """Return what came before and what came after, and whether both are accepted."""
    if change.kind is Kind.UNDECIDED:
        return (
            f"{change.before.verdict.value} → {change.after.verdict.value}  {_cut(change.after.reason or '')}".rstrip()
        )
    if not change.checks:
        return f"{change.before.verdict.value} → {change.after.verdict.value}"
    first = change.checks[0]
    fails = [verdict is Verdict.FAIL for verdict in (change.before.verdict, change.after.verdict)]
    both = "  (both accepted)" if not any(fails) else "  (both fail)" if all(fails) else ""
    return f"{_seen(first.before, change.before.verdict)} → {_seen(first.after, change.after.verdict)}{both}"


def _seen(check: Check | None, verdict: Verdict) -> str:
    """Return what a check saw, or what it came to, if it saw nothing worth a word, in a case with ``verdict``."""
    if check is None:
        return Verdict.PASS.value if verdict in DECIDED else verdict.value
    return _cut(check.observed or check.message) or check.verdict.value


def _cut(words: str) -> str:
    return words if len(words) <= WORDS_LENGTH else f"{words[:WORDS_LENGTH]}…"


def _timing_words(difference: Difference, name: _Named = str) -> str:
    timing = difference.timing
    if timing is None:
        return "not compared, because the runs were not made alike"
    slower = [f"{name(now.id)} {was.seconds:.2f} → {now.seconds:.2f} s" for was, now in timing.slower[:SLOWER]]
    more = len(timing.slower) - SLOWER
    noise = f"slower beyond noise: {', '.join(slower)}" + (f" and {more:,} more" if more > 0 else "")
    medians = f"median {timing.before * 1000:.1f} → {timing.after * 1000:.1f} ms"
    return f"{medians}, {noise if slower else 'no case beyond noise'}"


def _reasons(difference: Difference, name: _Named = str) -> str:
    versions = [run.suite.catalogue.version for run in (difference.before, difference.after)]
    words = []
    for reason in Reason:
        if count := difference.reasons.get(reason, 0):
            words.append(f"{count:,} {reason.value}")
            if reason is Reason.NEW and versions[0] != versions[1]:
                words[-1] = f"{count:,} new in catalogue {name(versions[1])}"
    return f"{', '.join(words)} (not counted)"


def _unfinished(difference: Difference, name: _Named = str) -> Iterator[str]:
    for run in (difference.before, difference.after):
        if not run.run.complete:
            yield f"run {name(run.run.id)} did not finish, and is compared as far as it came"


# --- the parts of a document ------------------------------------------------------------------------------------------


def _run_fields(run: Run) -> dict[str, object]:
    return {
        "id": run.run.id,
        "started": run.run.started,
        "complete": run.run.complete,
        "suite": f"{run.suite.name} {run.suite.version}",
        "catalogue": run.suite.catalogue,
        "targets": run.targets,
    }


def _change_fields(change: Change) -> dict[str, object]:
    return {
        "kind": change.kind.value,
        "target": change.after.target,
        "case": change.after.id,
        "rev": change.after.rev,
        "n": {"before": change.before.n, "after": change.after.n},
        "verdict": {"before": change.before.verdict, "after": change.after.verdict},
        "checks": [_check_fields(check) for check in change.checks],
    }


def _check_fields(change: CheckChange) -> dict[str, object]:
    return {
        "requirement": change.requirement,
        "kind": change.kind.value,
        "before": change.before,
        "after": change.after,
    }


def _timing_fields(timing: Timing) -> dict[str, object]:
    return {
        "median": {"before": timing.before, "after": timing.after},
        "slower": [
            {"target": now.target, "case": now.id, "before": was.seconds, "after": now.seconds}
            for was, now in timing.slower
        ],
    }
