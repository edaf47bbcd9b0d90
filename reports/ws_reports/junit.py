"""A run as JUnit XML, for the test pages of CI services.

A suite is one area of one target, a test is a case. Services show messages and texts, keep results apart by class and
name, and refuse large files: so a text has all that a reader needs, no two tests have one name, and the file is kept
below ``FILE_BYTES``, by shorter texts first and then without what matters least, which a test of its own says.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ws_reports.console import failure_block
from ws_reports.escape import cut, distinct, file_name, markup
from ws_reports.record import CaseResult, Run, Target, Verdict
from ws_reports.standing import FAILING, Standing, State, area, run_standing, standing, started_at, targets

TEXT_BYTES = 4096
"""How many bytes the text of one failure has at most, before it is escaped."""
ATTRIBUTE_LENGTH = 1000
"""How many characters of one attribute are shown."""
FILE_BYTES = 29_000_000
"""How long the file is at most; GitLab takes 30 MB."""
FLAKY_FAILURES = 20
"""How many failed attempts of one passing case are listed."""

_GRAVEST_FIRST = tuple(State)
_TAGS = {State.FAILED: "failure", State.UNDECIDED: "error", State.SKIPPED: "skipped"}


@dataclass(frozen=True, slots=True)
class _Test:
    """A result with the names by which services know it."""

    case: CaseResult
    standing: Standing
    suite: str
    class_name: str
    name: str


def render(run: Run, *, failing: Collection[Verdict] = FAILING, limit: int = FILE_BYTES) -> bytes:
    """Return the report on ``run``, in which the verdicts in ``failing`` fail, at most ``limit`` bytes long."""
    tests = _tests(run, failing)
    gravest_first = sorted(range(len(tests)), key=lambda index: _GRAVEST_FIRST.index(tests[index].standing.state))
    kept, text_bytes = len(tests), TEXT_BYTES
    while True:
        shown = [tests[index] for index in sorted(gravest_first[:kept])]
        document = _document(run, failing, shown, text_bytes).encode()
        if len(document) <= limit or not kept:
            return document
        if text_bytes:
            text_bytes = text_bytes // 8 if text_bytes > 64 else 0
        else:
            kept //= 2


def _tests(run: Run, failing: Collection[Verdict]) -> list[_Test]:
    classes = distinct((case.target for case in run.cases), _class_name)
    taken: set[tuple[str, str]] = set()
    tests: list[_Test] = []
    for case in run.cases:
        class_name = f"wsspec.{classes[case.target]}.{_class_name(area(case))}"
        name = cut(case.id.partition("/")[2] or case.id, ATTRIBUTE_LENGTH // 2)
        while (class_name, name) in taken:
            name += f" ({len(tests) + 1})"
        taken.add((class_name, name))
        tests.append(_Test(case, standing(case, failing), f"{case.target}: {area(case)}", class_name, name))
    return tests


def _document(run: Run, failing: Collection[Verdict], tests: Sequence[_Test], text_bytes: int) -> str:
    suites: dict[str, list[_Test]] = {}
    for test in tests:
        suites.setdefault(test.suite, []).append(test)
    known = targets(run)
    parts = [_suite(run, known.get(members[0].case.target), members, text_bytes) for members in suites.values()]
    notices = dict(_notices(run, failing, len(run.cases) - len(tests)))
    if notices:
        parts.append(_notice_suite(run, notices))
    counts = _counts([*(test.standing for test in tests), *notices.values()])
    seconds = {} if run.run.seconds is None else {"time": f"{run.run.seconds:.3f}"}
    body = _element("testsuites", {"name": "wsspec", **counts, **seconds}, parts)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _suite(run: Run, target: Target | None, tests: Sequence[_Test], text_bytes: int) -> str:
    attributes = {
        "name": tests[0].suite,
        **_counts([test.standing for test in tests]),
        "time": f"{sum(test.case.seconds for test in tests):.6f}",
        **_timestamp(run),
    }
    cases = (_test_case(test, run, text_bytes) for test in tests)
    return _element("testsuite", attributes, [_properties(_suite_properties(run, target)), *cases])


def _suite_properties(run: Run, target: Target | None) -> dict[str, str]:
    """Return what a reader wants to know about all results of a suite."""
    suite = run.suite
    found = {"suite": f"{suite.name} {suite.version}", "catalogue": suite.catalogue.version, "run": run.run.id}
    if suite.profile is not None:
        found["profile"] = "@".join(filter(None, (suite.profile.id, suite.profile.frozen)))
    if target is not None:
        about = {"target": target.url, "agent": target.agent, "build": target.build, "role": target.role}
        found |= {name: value for name, value in about.items() if value}
    return found


def _test_case(test: _Test, run: Run, text_bytes: int) -> str:
    attributes = {"classname": test.class_name, "name": test.name, "time": f"{test.case.seconds:.6f}"}
    outcome = _outcome(test.case, test.standing, run, text_bytes)
    return _element("testcase", attributes, [_properties(_test_properties(test.case)), *outcome])


def _test_properties(case: CaseResult) -> dict[str, str]:
    found = {"verdict": case.verdict.value, "number": str(case.n), "revision": str(case.rev)}
    if case.requirements:
        found["requirements"] = " ".join(case.requirements)
    if case.replay is not None:
        found["replay"] = f"wsspec replay {case.replay}"
    if len(case.attempts) > 1:
        found["attempts"] = " ".join(attempt.value for attempt in case.attempts)
    if case.overlay is not None:
        found["overlay"] = case.overlay
    return found


def _outcome(case: CaseResult, stands: Standing, run: Run, text_bytes: int) -> Iterator[str]:
    """Yield the element that says how ``case`` ended, where it did not simply pass, and the attempts that failed."""
    if stands.state is State.PASSED:
        failed = [n for n, attempt in enumerate(case.attempts, start=1) if attempt is Verdict.FAIL]
        for n in failed[:FLAKY_FAILURES]:
            words = f"attempt {n} of {len(case.attempts)} failed"
            yield _element("flakyFailure", {"type": "MUST", "message": words})
    else:
        text = _text(case, run, text_bytes) if stands.state is not State.SKIPPED else ""
        yield _element(_TAGS[stands.state], {"type": stands.kind, "message": stands.message}, text=text)


def _text(case: CaseResult, run: Run, text_bytes: int) -> str:
    """Return the block that a terminal shows of ``case``, at most about ``text_bytes`` long."""
    if not text_bytes:
        return "left out, lest the file grow too large; it is in the record of the run"
    data = failure_block(case, run).encode()
    if len(data) <= text_bytes:
        return data.decode()
    return f"{data[:text_bytes].decode(errors='ignore')}…\n{len(data) - text_bytes:,} bytes more are in the record"


# --- what the run as a whole has to say -------------------------------------------------------------------------------


def _notices(run: Run, failing: Collection[Verdict], left_out: int) -> Iterator[tuple[str, Standing]]:
    """Yield name and outcome of tests that are no cases: how the run itself stands, and what this file lacks."""
    if (whole := run_standing(run, failing)) is not None:
        yield "ended well", whole
    if left_out:
        words = f"{left_out:,} results are left out, lest the file grow too large; they are in the record of the run"
        yield "all is here", Standing(State.SKIPPED, "cut", words)


def _notice_suite(run: Run, notices: Mapping[str, Standing]) -> str:
    attributes = {"name": "the run itself", **_counts(list(notices.values())), "time": "0", **_timestamp(run)}
    return _element("testsuite", attributes, [_notice(name, notice) for name, notice in notices.items()])


def _notice(name: str, notice: Standing) -> str:
    outcome = _element(_TAGS[notice.state], {"type": notice.kind, "message": notice.message})
    return _element("testcase", {"classname": "wsspec", "name": name, "time": "0"}, [outcome])


def _counts(stands: Sequence[Standing]) -> dict[str, str]:
    states = [each.state for each in stands]
    return {
        "tests": str(len(states)),
        "failures": str(states.count(State.FAILED)),
        "errors": str(states.count(State.UNDECIDED)),
        "skipped": str(states.count(State.SKIPPED)),
    }


def _timestamp(run: Run) -> dict[str, str]:
    """Return when the run began, in the form that schemas of JUnit files ask for: UTC, without saying so."""
    started = started_at(run)
    return {} if started is None else {"timestamp": started.strftime("%Y-%m-%dT%H:%M:%S")}


def _class_name(text: str) -> str:
    """Return ``text`` as one component of a class name: services cut those at dots."""
    return file_name(text).replace(".", "_")


# --- XML --------------------------------------------------------------------------------------------------------------


def _properties(found: Mapping[str, str]) -> str:
    parts = [_element("property", {"name": name, "value": value}) for name, value in found.items()]
    return _element("properties", {}, parts)


def _element(tag: str, attributes: Mapping[str, str], children: Iterable[str] = (), text: str = "") -> str:
    """Return an element with ``text``, whose line ends are kept, or with ``children``, which are XML already."""
    named = "".join(f' {name}="{markup(cut(value, ATTRIBUTE_LENGTH))}"' for name, value in attributes.items())
    inside = "\n".join(map(markup, text.split("\n"))) if text else "\n".join(children)
    return f"<{tag}{named}>{inside}</{tag}>" if inside else f"<{tag}{named}/>"
