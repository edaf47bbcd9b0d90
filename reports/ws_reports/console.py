"""A run in the words of a terminal: pure functions from the record to text, in lines of 80 columns where possible.

Nothing here prints, measures a terminal or reads the environment: whether there is colour is the caller's word.
Every line goes through ``ws_reports.escape.line`` before colour is added, so that no text of a record reaches a
terminal or a CI service as anything but text. Lines hold no line end; blocks have no line end behind the last.
"""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ws_reports.escape import cut, line
from ws_reports.record import (
    CaseResult,
    Check,
    ExitCode,
    Level,
    RequirementResult,
    Run,
    Spread,
    Stream,
    Usage,
    Verdict,
    WireEvent,
    gravest_check,
    requirements_met,
)
from ws_reports.standing import known_words
from ws_reports.survey import judged_role, survey_words

COLUMNS = 80
TEXT_LENGTH = 600
"""How many characters of one field are shown."""
WORDS_LENGTH = 160
"""How many characters of the meaning of one event are shown."""
HEX_BYTES = 16
"""How many bytes of one event are shown."""
WIRE_LINES = 12
"""How many events a block shows before it leaves some out."""
PRINTED_LINES = 8
"""How many lines a block shows of what a process printed."""
CAUSES = 10
"""How many causes a summary shows."""
ENTRIES = 20
"""How many entries of each kind a summary shows of a list that does not hold."""

_LABEL_WIDTH = 13
_COUNTS: tuple[tuple[Verdict, str], ...] = (
    (Verdict.PASS, "pass"),
    (Verdict.LENIENT, "lenient"),
    (Verdict.FAIL, "FAIL"),
    (Verdict.INFO, "info"),
    (Verdict.INCONCLUSIVE, "inconclusive"),
    (Verdict.ERROR, "ERROR"),
    (Verdict.UNSUPPORTED, "n/a"),
    (Verdict.SKIPPED, "skipped"),
)
_COLOURS = {
    Verdict.PASS: "32",
    Verdict.LENIENT: "33",
    Verdict.FAIL: "1;31",
    Verdict.ERROR: "1;35",
    Verdict.INCONCLUSIVE: "35",
    Verdict.INFO: "36",
    Verdict.UNSUPPORTED: "2",
    Verdict.SKIPPED: "2",
}


@dataclass(frozen=True, slots=True)
class Style:
    """Whether text is coloured, and how. The sign and the word are there either way."""

    colour: bool = False

    def verdict(self, verdict: Verdict, text: str) -> str:
        """Return ``text`` in the colour of ``verdict``."""
        return self._select(_COLOURS[verdict], text)

    def dim(self, text: str) -> str:
        """Return ``text`` drawn back."""
        return self._select("2", text)

    def _select(self, rendition: str, text: str) -> str:
        return f"\x1b[{rendition}m{text}\x1b[0m" if self.colour else text


PLAIN = Style()


def failure_block(case: CaseResult, run: Run, style: Style = PLAIN) -> str:
    """Return all that a reader needs to understand why ``case`` did not pass: rule, plan, bytes, how to repeat it."""
    check = gravest_check(case)
    requirement = _requirement(run, check)
    lines = [style.verdict(case.verdict, text) for text in _title(case, check, requirement)]
    if check is not None and check.message:
        lines += _wrapped(check.message, "  ")
    if requirement is not None:
        lines += _labelled("rule", f"{_section(requirement)}: {requirement.text}", style)
    if len(run.targets) > 1:
        lines += _labelled("target", case.target, style)
    accepted = check.accepted if check is not None and check.accepted else case.accepted
    if accepted:
        lines += _labelled("accepted", " | ".join(accepted), style)
    observed = check.observed if check is not None and check.observed else case.observed
    if observed:
        lines += _labelled("observed", observed, style)
    lines += _wire(case, check, style)
    for other in case.checks:
        if other is not check and other.verdict in (Verdict.FAIL, Verdict.ERROR):
            lines += _labelled("also", f"{other.requirement}  {other.message or other.observed}", style)
    if case.reason:
        lines += _labelled("reason", case.reason, style)
    if case.printed:
        lines += _printed(case.printed, style)
    if case.usage is not None:
        lines += _labelled("cost", usage_words(case.usage), style)
    if len(case.attempts) > 1:
        lines += _labelled("attempts", _attempts(case.attempts), style)
    if check is not None and check.known is not None:
        lines += _labelled("known", known_words(check.known), style)
    if case.surveyed is not None:
        lines += _labelled("also fails", f"in {survey_words(case.surveyed, judged_role(run, case))}", style)
    if case.replay is not None:
        again = f"wsspec replay {case.replay}       stand-alone  wsspec repro {case.replay}"
        lines += _labelled("again", again, style)
    return "\n".join(lines)


def stream_lines(stream: Stream) -> Iterator[str]:
    """Yield what was measured of ``stream``."""
    per_second = stream.messages / stream.seconds if stream.seconds else 0.0
    yield (
        f"stream   {stream.messages:,} messages in {stream.seconds:.1f} s ({per_second:,.0f}/s), "
        f"{stream.wire_bytes:,} bytes, {stream.connections} connection{'s' * (stream.connections != 1)}"
    )
    for label, spread in (("delay", stream.delay), ("jitter", stream.jitter), ("pong", stream.pong)):
        if spread is not None:
            yield f"{label:<9}{_spread_words(spread)}"
    if stream.compressed_bytes:
        share = stream.compressed_bytes / max(1, stream.inflated_bytes)
        cost = f", inflated in {time_words(stream.inflating_seconds)}" if stream.inflating_seconds else ""
        yield f"deflate  {stream.inflated_bytes:,} bytes came as {stream.compressed_bytes:,} ({share:.0%}){cost}"
    if stream.first_message is not None:
        yield f"first    {time_words(stream.first_message)} from the open connection to the first message of the stream"
    if stream.recoveries:
        yield f"back     after {', '.join(time_words(seconds) for seconds in stream.recoveries[:10])}"
    if stream.blocks:
        deepest = f", {stream.deepest_reorganisation} blocks deep at most" if stream.reorganisations else ""
        times = "" if stream.reorganisations == 1 else "s"
        yield f"chain    {stream.blocks:,} heads, {stream.reorganisations} reorganisation{times}{deepest}"


def _spread_words(spread: Spread) -> str:
    values = (("50 %", spread.p50), ("90 %", spread.p90), ("99 %", spread.p99), ("99.9 %", spread.p999))
    return (
        "  ".join(f"{name} {time_words(value)}" for name, value in values) + f"  longest {time_words(spread.longest)}"
    )


def time_words(seconds: float) -> str:
    """Return ``seconds`` in the unit that they are read best in."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def summary_block(run: Run, style: Style = PLAIN, files: Sequence[str] = ()) -> str:
    """Return the last lines of a run: counts, causes, requirements met, the ``files`` written, how it ended.

    Causes of nothing but known failures are left out.
    """
    lines = _counts(run, style)
    known = {case.n for case in run.cases if case.overlay == "xfail"}
    causes = [cause for cause in run.causes if not known.issuperset(cause.cases)]
    for cause in causes[:CAUSES]:
        label = "causes" if cause is causes[0] else ""
        number = f"{len(cause.cases)} {'case ' if len(cause.cases) == 1 else 'cases'}"
        lines += _wrapped(cause.words, f"{label:<8}{cause.id[:3]:<2}{number:>9}  ")
    if len(causes) > CAUSES:
        lines.append(line(f"        … {len(causes) - CAUSES} more"))
    if run.requirements:
        lines.append(line(f"met     {'   '.join(_met(run))}   requirements without a verdict: {_undecided(run)}"))
    if files:
        lines += _wrapped("  ".join(files), "files   ")
    lines += expectation_lines(run, style)
    lines += _ending(run, style)
    return "\n".join(lines)


def expectation_lines(run: Run, style: Style = PLAIN) -> list[str]:
    """Return what became of known failures, and which entries of their list do not hold, one line or more for each."""
    lines = _profile(run)
    baseline = run.baseline
    if baseline is None:
        return lines
    if baseline.xfail:
        lines += _wrapped(f"{baseline.xfail:,} as listed in {baseline.file}", "xfail   ")
    if baseline.declared:
        lines += _wrapped(f"{baseline.declared:,} of what is declared as not implemented", "declared ")
    for label, entries in (
        ("✗ stale", baseline.stale),
        ("✗ other", baseline.changed),
        ("✗ expired", baseline.expired),
        ("✗ unmatched", baseline.unmatched),
        ("! soon", baseline.soon),
    ):
        verdict = Verdict.FAIL if label.startswith(Verdict.FAIL.sign) else Verdict.LENIENT
        for entry in entries[:ENTRIES]:
            lines += [style.verdict(verdict, text) for text in _wrapped(entry, f"{label:<8} ")]
        if len(entries) > ENTRIES:
            lines.append(style.verdict(verdict, f"{label:<8} … {len(entries) - ENTRIES:,} more"))
    return lines


def area_lines(run: Run, style: Style = PLAIN) -> list[str]:
    """Return one line for each area, in the order of the run: how many cases were played, and what was not well."""
    areas: dict[str, Counter[Verdict]] = {}
    for case in run.cases:
        areas.setdefault(case.id.partition("/")[0], Counter())[case.verdict] += 1
    return [_area(name, counts, style) for name, counts in areas.items()]


def all_well_line(run: Run, style: Style = PLAIN, files: Sequence[str] = ()) -> str:
    """Return the one line that a run without a failure needs."""
    played = sum(case.verdict.was_run for case in run.cases)
    parts = [f"{Verdict.PASS.sign} {played:,} cases", *_met(run), *_seconds(run)]
    return style.verdict(Verdict.PASS, line("    ".join([", ".join(parts), *files])))


# --- the parts of a block ---------------------------------------------------------------------------------------------


def _title(case: CaseResult, check: Check | None, requirement: RequirementResult | None) -> list[str]:
    """Return sign, case and requirement on one line if they fit, else on two."""
    left = line(f"{case.verdict.sign} {cut(case.id, TEXT_LENGTH)}")
    if check is None:
        return [left]
    level = case.level if requirement is None else requirement.level
    about = "" if check.requirement == case.id else f"  {cut(check.requirement, TEXT_LENGTH)}"
    right = line(level.upper() + about)
    if len(left) + 3 + len(right) <= COLUMNS:
        return [left + right.rjust(COLUMNS - len(left))]
    return [left, right.rjust(COLUMNS)]


def _requirement(run: Run, check: Check | None) -> RequirementResult | None:
    if check is None:
        return None
    return next((requirement for requirement in run.requirements if requirement.id == check.requirement), None)


def _section(requirement: RequirementResult) -> str:
    """Return "§5.2" for a section of RFC 6455, and "RFC 9110 §7.8" for one of any other."""
    return f"§{requirement.section}" if requirement.rfc == 6455 else f"RFC {requirement.rfc} §{requirement.section}"


def _wire(case: CaseResult, check: Check | None, style: Style) -> Iterator[str]:
    """Yield the lines of what was on the wire; of a long conversation, its start and what is around the check."""
    focus = len(case.wire) - 1 if check is None or check.event is None else check.event
    shown = [
        index for index in range(len(case.wire)) if len(case.wire) <= WIRE_LINES or index < 4 or abs(index - focus) < 4
    ]
    width = max((len(_hex(case.wire[index])) for index in shown), default=0)
    expected = 0
    for index in shown:
        if index > expected:
            yield style.dim(f"      … {index - expected} more")
        yield from _event(case.wire[index], width, style)
        expected = index + 1
    if expected < len(case.wire):
        yield style.dim(f"      … {len(case.wire) - expected} more")


def _event(event: WireEvent, width: int, style: Style) -> list[str]:
    """Return clock, direction, bytes and meaning of ``event``; the meaning is on a second line if it is long."""
    arrow = "→" if event.dir == "out" else "←"
    left = f"  {event.t * 1000:>8.3f} ms {arrow} "
    words = cut(event.words or event.kind, WORDS_LENGTH)
    if event.note and event.note != "stimulus":
        words += f"  ({cut(event.note, TEXT_LENGTH)})"
    if event.ok is False:
        words += f"  {Verdict.FAIL.sign} not allowed"
    text = f"{left}{_hex(event):<{width}}  {words}" if width else left + words
    lines = [text] if len(text) <= COLUMNS else [f"{left}{_hex(event)}".rstrip(), *_wrapped(words, " " * len(left))]
    lines = [line(text) for text in lines]
    return [style.verdict(Verdict.FAIL, text) for text in lines] if event.ok is False else lines


def _hex(event: WireEvent) -> str:
    """Return the first bytes of ``event``; those of a frame with its first two, its key and its payload set apart.

    The words of an HTTP head are its bytes, so it has no others.
    """
    if event.kind == "http":
        return ""
    shown = event.hex[: 2 * HEX_BYTES]
    if event.frame is not None:
        key = 4 if event.frame.masked else 0
        payload = event.length - event.frame.len
        ends = (1, 2, payload - key, payload, HEX_BYTES)
        parts = [shown[2 * start : 2 * end] for start, end in zip((0, *ends), ends, strict=False)]
        shown = " ".join(part for part in parts if part)
    return shown + ("…" if event.length > HEX_BYTES else "") if shown else ""


def _printed(text: str, style: Style) -> Iterator[str]:
    """Yield the last lines of what a target's process printed."""
    lines = text.splitlines()
    left_out = len(lines) - PRINTED_LINES
    shown = ([f"… {left_out} more"] if left_out > 0 else []) + lines[-PRINTED_LINES:]
    for index, words in enumerate(shown):
        yield from _labelled("" if index else "printed", words, style)


def usage_words(usage: Usage) -> str:
    """Return what a case cost, in units that people know."""
    return f"{usage.memory / (1 << 20):+.1f} MiB of memory, {usage.cpu_seconds:.2f} s of processor time"


def _attempts(attempts: Sequence[Verdict]) -> str:
    counts = Counter(attempts)
    return ", ".join(f"{verdict.value} {counts[verdict]} of {len(attempts)}" for verdict in Verdict if counts[verdict])


# --- the parts of a summary -------------------------------------------------------------------------------------------


def _counts(run: Run, style: Style) -> list[str]:
    """Return how many cases have each verdict, and the seconds, on as many lines as they need."""
    played = sum(run.summary.get(verdict, 0) for verdict in Verdict if verdict.was_run)
    first = f"{played:,} run"
    indent = " " * len(first)
    rows: list[list[tuple[str, str]]] = [[(first, first)]]
    for verdict, word in _COUNTS:
        if count := run.summary.get(verdict, 0):
            plain = f"{count:,} {verdict.sign} {word}"
            if _width(rows[-1]) + 2 + len(plain) > COLUMNS:
                rows.append([(indent, indent)])
            rows[-1].append((plain, style.verdict(verdict, plain)))
    lines = ["  ".join(styled for _, styled in row) for row in rows]
    for seconds in _seconds(run):
        lines[-1] += f"  {seconds:>{max(0, COLUMNS - 2 - _width(rows[-1]))}}"
    return lines


def _width(row: Iterable[tuple[str, str]]) -> int:
    return len("  ".join(plain for plain, _ in row))


def _seconds(run: Run) -> list[str]:
    return [] if run.run.seconds is None else [f"{run.run.seconds:.1f} s"]


def _met(run: Run) -> list[str]:
    """Return "MUST 214/221" for each level of which a requirement was decided; MUST is always there."""
    return [
        f"{level.upper()} {met}/{decided}"
        for level, (met, decided) in requirements_met(run.requirements).items()
        if decided or level is Level.MUST
    ]


def _profile(run: Run) -> list[str]:
    """Return what has changed in the suite since the profile of the run was frozen."""
    profile = run.suite.profile
    if profile is None or profile.frozen is None:
        return []
    since = f"since {profile.id}@{profile.frozen} was frozen"
    changed = [case.id for case in run.cases if case.id in profile.changed]
    lines = []
    if changed:
        count = f"{len(changed):,} {'case has' if len(changed) == 1 else 'cases have'} another meaning {since}"
        lines += _wrapped(f"{count}, and cannot make the run fail: {', '.join(changed)}", "changed ")
    if profile.retired:
        count = f"{len(profile.retired):,} {'case is' if len(profile.retired) == 1 else 'cases are'} gone {since}"
        lines += _wrapped(f"{count}: {', '.join(profile.retired)}", "retired ")
    return lines


def _undecided(run: Run) -> int:
    """Return how many requirements could be tested and have no verdict that says anything."""
    telling = (Verdict.PASS, Verdict.LENIENT, Verdict.FAIL, Verdict.INFO)
    return sum(
        requirement.untestable is None and requirement.verdict not in telling for requirement in run.requirements
    )


def _ending(run: Run, style: Style) -> list[str]:
    lines = []
    if not run.run.complete:
        words = f"partial  the run did not finish: {len(run.cases):,} results so far"
        lines.append(style.verdict(Verdict.INCONCLUSIVE, words))
    if run.run.exit is not None:
        known = run.run.exit in frozenset(ExitCode)
        text = f"exit {run.run.exit}" + (f"  {ExitCode(run.run.exit).words}" if known else "")
        lines.append(style.verdict(Verdict.PASS if run.run.exit == ExitCode.OK else Verdict.FAIL, text))
    return lines


def _area(name: str, counts: Counter[Verdict], style: Style) -> str:
    played = sum(count for verdict, count in counts.items() if verdict.was_run)
    notable = [(verdict, counts[verdict]) for verdict, _ in _COUNTS[1:] if counts[verdict] and verdict.was_run]
    text = line(f"  {cut(name, TEXT_LENGTH):<14} {f'{played}/{counts.total()}':>9}")
    return "  ".join([text, *(style.verdict(verdict, f"{count} {verdict.sign}") for verdict, count in notable)])


# --- lines ------------------------------------------------------------------------------------------------------------


def _labelled(label: str, text: str, style: Style) -> list[str]:
    first, *others = _wrapped(text, f"  {label}".ljust(_LABEL_WIDTH))
    return [style.dim(first[:_LABEL_WIDTH]) + first[_LABEL_WIDTH:], *others]


def _wrapped(text: str, before: str) -> list[str]:
    """Return ``text`` behind ``before``, cut into lines between words; the others are indented as the first."""
    lines = textwrap.wrap(
        cut(text, TEXT_LENGTH), COLUMNS - len(before), break_long_words=False, break_on_hyphens=False
    ) or [""]
    indent = " " * len(before)
    return [line((before if index == 0 else indent) + part) for index, part in enumerate(lines)]
