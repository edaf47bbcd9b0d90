"""The Test Anything Protocol as another project's parser reads it."""

from collections.abc import Iterator

from msgspec.structs import replace
from tap.line import Bail, Plan, Result
from tap.parser import Parser
from ws_reports.example import example_run
from ws_reports.record import Known, Run, Verdict, with_cases
from ws_reports.tap import render

RUN = example_run()


def parsed(run: Run, **how: frozenset[Verdict]) -> list[object]:
    lines = list(Parser().parse_text(render(run, **how)))
    assert "unknown" not in {line.category for line in lines}
    return lines


def results(run: Run, **how: frozenset[Verdict]) -> Iterator[Result]:
    return (line for line in parsed(run, **how) if isinstance(line, Result))


def test_the_plan_counts_the_results_and_their_numbers_run_on() -> None:
    lines = parsed(RUN)

    (plan,) = (line for line in lines if isinstance(line, Plan))
    assert [result.number for result in results(RUN)] == list(range(1, plan.expected_tests + 1))


def test_each_verdict_is_ok_or_not_or_left_out_with_a_reason() -> None:
    found = {result.description: (result.ok, result.skip) for result in results(RUN)}

    assert found == {
        "- control/ping/empty": (True, False),
        "- framing/rsv/rsv1-without-extension": (False, False),
        "- framing/length/16-bits-for-5": (True, False),
        "- closing/fail/without-close": (True, False),
        "- utf8/text/split-sequence": (False, False),
        "- handshake/subprotocol/not-offered": (True, True),
        "- framing/length/64-bits": (True, True),
        "- control/ping/125-bytes": (False, False),
    }
    assert "offers no subprotocol" in next(r.directive.text for r in results(RUN) if r.skip)


def test_a_missed_should_is_not_ok_if_asked_for() -> None:
    asked = results(RUN, failing=frozenset({Verdict.FAIL, Verdict.LENIENT}))

    assert [result.number for result in asked if not result.ok] == [2, 4, 5, 8]


def test_what_is_not_plainly_well_is_explained_in_yaml() -> None:
    failed = next(result for result in results(RUN) if result.number == 2)

    assert failed.yaml_block == {
        "verdict": "fail",
        "message": f"{RUN.cases[1].checks[0].requirement}: {RUN.cases[1].checks[0].message}",
        "requirement": "6455/5.2/reserved-bit-set-fails-the-connection",
        "accepted": "Close 1002 and end | end without a Close",
        "observed": 'text "hello", then the Pong of the fence',
        "replay": "wsspec replay 7QF3K2-002",
    }


def test_a_known_failure_is_to_do() -> None:
    known = Known(reason="is on its way", issue="#412")
    case = RUN.cases[1]
    case = replace(case, overlay="xfail", checks=(replace(case.checks[0], overlay="xfail", known=known),))

    (result, *_) = results(with_cases(RUN, [case]))

    assert (result.ok, result.todo) == (False, True)
    assert result.directive.text == r"TODO \x23412: is on its way"


def test_a_known_failure_that_passes_is_not_ok_and_says_why() -> None:
    (result, *_) = results(with_cases(RUN, [replace(RUN.cases[0], overlay="xpass")]))

    assert (result.ok, result.yaml_block["verdict"]) == (False, "pass")
    assert "known to fail" in result.yaml_block["message"]


def test_several_targets_are_told_apart() -> None:
    cases = [replace(RUN.cases[0], n=n, target=f"t{n}") for n in (1, 2)]

    described = [result.description for result in results(with_cases(RUN, cases))]

    assert described[:2] == ["- t1: control/ping/empty", "- t2: control/ping/empty"]


def test_a_run_that_did_not_finish_bails_out_and_one_that_failed_otherwise_is_not_ok() -> None:
    partial = replace(RUN, run=replace(RUN.run, complete=False))

    assert any(isinstance(line, Bail) and "did not finish" in line.reason for line in parsed(partial))
    assert [result.ok for result in results(with_cases(RUN, []))] == [False]
