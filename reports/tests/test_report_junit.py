"""JUnit XML as other people's parsers read it."""

from xml.etree import ElementTree

import pytest
from junitparser import xunit2
from msgspec.structs import replace
from ws_reports.example import example_run
from ws_reports.junit import TEXT_BYTES, render
from ws_reports.record import CaseResult, Known, Overlay, Run, Target, Verdict, WireEvent, with_cases
from ws_reports.standing import FAILING

RUN = example_run()
FAILED = RUN.cases[1]
KNOWN = Known(reason="is on its way", issue="#412", expires="2027-01-31")


def read(document: bytes) -> list[xunit2.TestSuite]:
    """Return the suites that junitparser finds, once a stricter parser has taken the document."""
    ElementTree.fromstring(document)
    return list(xunit2.JUnitXml.fromstring(document))


def outcomes(run: Run, failing: frozenset[Verdict] = FAILING) -> dict[str, tuple[str, str, str]]:
    """Return tag, type and message of what did not pass, by class and name."""
    return {
        f"{case.classname} {case.name}": (result._tag, result.type, result.message)
        for suite in read(render(run, failing=failing))
        for case in suite
        for result in case.result
    }


def test_each_verdict_is_what_a_ci_service_makes_of_it() -> None:
    found = outcomes(RUN)

    assert {name: (tag, kind) for name, (tag, kind, _) in found.items()} == {
        "wsspec.t1.framing rsv/rsv1-without-extension": ("failure", "MUST"),
        "wsspec.t1.utf8 text/split-sequence": ("error", "inconclusive"),
        "wsspec.t1.handshake subprotocol/not-offered": ("skipped", "unsupported"),
        "wsspec.t1.framing length/64-bits": ("skipped", "skipped"),
        "wsspec.t1.control ping/125-bytes": ("error", "harness"),
    }
    assert "left out by --exclude" in found["wsspec.t1.framing length/64-bits"][2]


def test_a_missed_should_fails_if_asked_for() -> None:
    found = outcomes(RUN, failing=frozenset({Verdict.FAIL, Verdict.LENIENT}))

    assert found["wsspec.t1.closing fail/without-close"][:2] == ("failure", "SHOULD")


def test_a_suite_is_an_area_of_a_target_with_what_was_judged_by_what() -> None:
    suites = read(render(RUN))

    assert [suite.name for suite in suites] == [
        f"t1: {area}" for area in ("control", "framing", "closing", "utf8", "handshake")
    ]
    assert suites[0].timestamp == "2026-11-22T10:14:03"
    assert {(each.name, each.value) for each in suites[0].properties()} >= {
        ("suite", "wsspec 1.0.0"),
        ("catalogue", "2026.11"),
        ("profile", "rfc6455@2026.11"),
        ("target", "ws://127.0.0.1:9001/"),
    }


def test_counts_are_those_of_the_elements() -> None:
    document = ElementTree.fromstring(render(RUN))

    for element in (document, *document):
        for attribute, tag in (
            ("tests", "testcase"),
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
        ):
            assert int(element.attrib[attribute]) == len(list(element.iter(tag)))


def test_a_failure_tells_all_that_a_terminal_would() -> None:
    texts = [element.text or "" for element in ElementTree.fromstring(render(RUN)).iter("failure")]

    assert len(texts) == 1
    for wanted in ("rule       §5.2", "81 05 68656c6c6f", "not allowed", "wsspec replay 7QF3K2-002"):
        assert wanted in texts[0]


def test_a_case_names_its_requirements_and_how_to_repeat_it() -> None:
    case = next(case for suite in read(render(RUN)) for case in suite if case.name == "ping/empty")

    assert {(each.name, each.value) for each in case.properties()} >= {
        ("verdict", "pass"),
        ("requirements", "6455/5.5.2/ping-is-answered"),
        ("replay", "wsspec replay 7QF3K2-001"),
    }


def test_what_a_baseline_says_decides() -> None:
    def overlaid(n: int, case: CaseResult, overlay: Overlay) -> CaseResult:
        checks = tuple(replace(check, overlay=overlay, known=KNOWN) for check in case.checks)
        return replace(case, n=n, id=f"area/{overlay}", overlay=overlay, checks=checks)

    cases = [
        overlaid(1, FAILED, "xfail"),
        overlaid(2, FAILED, "changed"),
        overlaid(3, FAILED, "expired"),
        overlaid(4, RUN.cases[0], "xpass"),
    ]

    found = outcomes(with_cases(RUN, cases))

    assert {name.rpartition(" ")[2]: result[:2] for name, result in found.items()} == {
        "xfail": ("skipped", "xfail"),
        "changed": ("failure", "MUST"),
        "expired": ("failure", "stale-baseline"),
        "xpass": ("failure", "stale-baseline"),
    }
    assert found["wsspec.t1.area xfail"][2] == "#412 until 2027-01-31: is on its way"


def test_a_case_that_failed_and_then_passed_is_flaky_and_passes() -> None:
    case = replace(RUN.cases[0], attempts=(Verdict.FAIL, Verdict.PASS))

    (suite,) = read(render(with_cases(replace(RUN, run=replace(RUN.run, exit=0)), [case])))

    assert (suite.tests, suite.failures) == (1, 0)
    assert [each.message for each in next(iter(suite)).interim_result] == ["attempt 1 of 2 failed"]


def test_no_two_tests_have_one_name() -> None:
    names = ("app/a", "app a", "APP.A")
    targets = tuple(Target(id=f"t{n}", name=name, role="server") for n, name in enumerate(names))
    cases = [replace(FAILED, n=n, target=name) for n, name in enumerate((*names, "app a"), start=1)]

    suites = read(render(with_cases(replace(RUN, targets=targets), cases)))

    found = [(case.classname.lower(), case.name) for suite in suites for case in suite]
    assert len(found) == len(set(found)) == 4


@pytest.mark.parametrize(
    ("exit_code", "complete", "tag", "words"),
    [(None, False, "error", "did not finish"), (3, True, "error", "not reachable"), (1, True, "failure", "exit 1")],
)
def test_a_broken_run_without_failures_is_no_green_page(
    exit_code: int | None, complete: bool, tag: str, words: str
) -> None:
    run = replace(RUN, run=replace(RUN.run, exit=exit_code, complete=complete))

    found = outcomes(with_cases(run, []))

    assert found["wsspec ended well"][0] == tag
    assert words in found["wsspec ended well"][2]


def test_a_text_is_cut_and_says_so() -> None:
    case = replace(FAILED, wire=tuple(WireEvent(t=n, dir="in", kind="bytes", words="é" * 155) for n in range(12)))

    document = ElementTree.fromstring(render(with_cases(RUN, [case])))

    text = next(document.iter("failure")).text or ""
    assert TEXT_BYTES - 10 < len(text.encode()) < TEXT_BYTES + 60
    assert "bytes more are in the record" in text


def test_a_file_that_would_be_too_long_has_shorter_texts_and_then_fewer_tests() -> None:
    cases = [replace(FAILED if n % 2 else RUN.cases[0], n=n, id=f"area/case-{n}") for n in range(1, 401)]
    run = with_cases(RUN, cases)
    whole = len(render(run))

    shorter, fewer = render(run, limit=whole * 2 // 3), render(run, limit=100_000)

    assert len(shorter) <= whole * 2 // 3
    assert sum(suite.tests for suite in read(shorter)) == 400
    assert len(fewer) <= 100_000
    found = {case.name: case for suite in read(fewer) for case in suite}
    assert "results are left out" in found["all is here"].result[0].message
    assert "left out" in (found["case-1"].result[0].text or "")
    assert "case-2" not in found
