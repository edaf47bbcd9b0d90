"""SARIF by the schema of the standard, and by what code-scanning services ask for beyond it."""

import doctest
import json
from typing import Any

import pytest
from msgspec.structs import replace
from sarif_kit.validate import validation_errors
from ws_reports import anchor as anchor_module
from ws_reports.anchor import Anchor, find_markers
from ws_reports.example import RSV, example_run
from ws_reports.record import CaseResult, Known, Run, Target, Verdict, WireEvent, with_cases
from ws_reports.sarif import CASES, STEPS, render

RUN = example_run()
FAILED = RUN.cases[1]
ANCHOR = Anchor("src/ws.rs", {RSV: 42})


def runs(run: Run, before: Run | None = None) -> list[dict[str, Any]]:
    """Return the runs in the report on ``run``, once the schema has taken it."""
    document = json.loads(render(run, ANCHOR, before=before))
    assert validation_errors(document) == []
    found: list[dict[str, Any]] = document["runs"]
    return found


def results(run: Run, before: Run | None = None) -> list[dict[str, Any]]:
    return [result for each in runs(run, before) for result in each["results"]]


def test_the_doctests_of_anchors_hold() -> None:
    assert doctest.testmod(anchor_module).failed == 0


def test_a_marker_counts_where_it_comes_first() -> None:
    source = (
        f"// wsspec: anchor 6455/5.5/x\r\n/* wsspec: anchor {RSV} */ // wsspec: anchor 6455/5.5/x\n# wsspec: anchor\n"
    )

    assert find_markers(source) == {"6455/5.5/x": 1, RSV: 2}


def test_failures_and_missed_shoulds_are_results_and_nothing_else_is() -> None:
    found = [(result["ruleId"], result["level"], result["kind"]) for result in results(RUN)]

    assert found == [(RSV, "error", "fail"), ("6455/7.1.7/close-frame-comes-first", "warning", "fail")]


def test_a_result_says_what_was_seen_how_often_and_how_to_see_it_again() -> None:
    cases = [replace(FAILED, n=n, id=f"framing/rsv/{n}") for n in range(1, CASES + 11)]

    (result,) = results(with_cases(RUN, cases))

    assert result["occurrenceCount"] == CASES + 10
    assert result["message"]["text"] == (
        f"The server echoed the message; it should have failed the connection (§5.2); {CASES + 10} cases show it, "
        "first framing/rsv/1; again: wsspec replay 7QF3K2-002"
    )
    assert len(result["locations"][0]["logicalLocations"]) == CASES


def test_every_result_and_step_is_in_the_anchor_at_its_marker() -> None:
    failure, departure = results(RUN)

    for result, line in ((failure, 42), (departure, 1)):
        steps = [step["location"] for step in result["codeFlows"][0]["threadFlows"][0]["locations"]]
        for place in (*result["locations"], *steps):
            assert place["physicalLocation"] == {
                "artifactLocation": {"uri": "src/ws.rs", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": line},
            }


def test_the_path_of_an_anchor_is_a_uri() -> None:
    document = json.loads(render(RUN, Anchor("my src/ä#1.rs")))

    place = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20src/%C3%A4%231.rs"


def test_the_conversation_ends_where_the_departure_was_seen() -> None:
    wire = tuple(WireEvent(t=n / 1000, dir="in", kind="bytes", words=f"event {n}") for n in range(200))
    case = replace(FAILED, wire=wire, checks=(replace(FAILED.checks[0], event=150),))

    (result,) = results(with_cases(RUN, [case]))

    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert len(steps) == STEPS
    assert steps[-1]["location"]["message"]["text"] == "150.000 ms, target: event 150"


def test_a_rule_leads_to_its_section() -> None:
    rule = runs(RUN)[0]["tool"]["driver"]["rules"][0]

    assert rule["id"] == RSV
    assert rule["helpUri"] == "https://www.rfc-editor.org/rfc/rfc6455#section-5.2"
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert rule["fullDescription"]["text"].startswith("A reserved bit")
    assert "wsspec explain" in rule["help"]["markdown"]


def test_rules_are_those_that_results_refer_to() -> None:
    for run in runs(RUN):
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert [rules[result["ruleIndex"]] for result in run["results"]] == [
            result["ruleId"] for result in run["results"]
        ]
        assert set(rules) == {result["ruleId"] for result in run["results"]}


def test_a_finding_keeps_its_name_whatever_the_time_the_bytes_and_the_cases() -> None:
    other = replace(FAILED, n=7, id="framing/rsv/another", seconds=9.0, wire=(), observed="something", replay="X-007")
    elsewhere = replace(RUN, run=replace(RUN.run, id="ABCDEF", started="2027-01-01T00:00:00Z"))

    names = [results(run)[0]["partialFingerprints"] for run in (RUN, with_cases(elsewhere, [other]))]

    assert names[0] == names[1]


@pytest.mark.parametrize("changed", ["requirement", "id", "signature"])
def test_findings_that_differ_have_names_that_differ(changed: str) -> None:
    check = replace(FAILED.checks[0], **{changed: "6455/5.5/other"})
    second = replace(FAILED, n=3, checks=(check,))

    names = [result["partialFingerprints"] for result in results(with_cases(RUN, [FAILED, second]))]

    assert len({name["primaryLocationLineHash"] for name in names}) == 2
    assert len({name["wsspecCheck/v1"] for name in names}) == 2


def test_each_target_has_a_run_that_replaces_only_its_own() -> None:
    targets = tuple(Target(id=f"t{n}", name=name, role="server") for n, name in enumerate(("a b", "a/b", "c")))
    cases = [replace(FAILED, n=n, target=target.name) for n, target in enumerate(targets, start=1)]

    found = runs(with_cases(replace(RUN, targets=targets), cases))

    identities = [run["automationDetails"]["id"] for run in found]
    assert identities == ["wsspec/a_b/rfc6455/", "wsspec/a_b-2/rfc6455/", "wsspec/c/rfc6455/"]
    assert [len(run["results"]) for run in found] == [1, 1, 1]


def known(case: CaseResult, overlay: str = "xfail") -> CaseResult:
    says = Known(reason="is on its way", issue="#412", expires="2027-01-31")
    return replace(case, checks=tuple(replace(check, overlay=overlay, known=says) for check in case.checks))


def test_a_known_failure_is_suppressed_with_its_reason_and_a_stale_one_is_not() -> None:
    suppressed, stale = (results(with_cases(RUN, [known(FAILED, overlay)]))[0] for overlay in ("xfail", "expired"))

    assert suppressed["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "#412 until 2027-01-31: is on its way"}
    ]
    assert "suppressions" not in stale


def test_a_finding_is_shown_again_if_one_of_its_cases_is_not_known() -> None:
    (result,) = results(with_cases(RUN, [known(FAILED), replace(FAILED, n=3)]))

    assert "suppressions" not in result


def test_with_a_run_before_each_result_says_whether_it_is_new() -> None:
    before = with_cases(RUN, [case for case in RUN.cases if case is not FAILED])

    assert [result["baselineState"] for result in results(RUN, before)] == ["new", "unchanged"]
    assert all("baselineState" not in result for result in results(RUN))


def test_what_could_not_be_decided_is_a_notification_and_no_result() -> None:
    invocation = runs(RUN)[0]["invocations"][0]

    assert invocation["executionSuccessful"] is True
    assert invocation["exitCode"] == 1
    assert [note["message"]["text"] for note in invocation["toolExecutionNotifications"]] == [
        "utf8/text/split-sequence: a reset may overtake the Close frame",
        "control/ping/125-bytes: the examiner stopped with an error of its own",
    ]


def test_a_run_that_did_not_finish_says_so() -> None:
    partial = replace(RUN, run=replace(RUN.run, complete=False, exit=None, started="some day"))

    invocation = runs(partial)[0]["invocations"][0]

    assert invocation["executionSuccessful"] is False
    assert "did not finish" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_a_run_without_findings_is_a_report_too() -> None:
    passing = [case for case in RUN.cases if case.verdict is Verdict.PASS]

    assert results(with_cases(RUN, passing)) == []
