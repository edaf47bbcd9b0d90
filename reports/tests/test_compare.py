"""Comparing two runs: what counts as a regression, what is only another way, and of what nothing is said."""

import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from ws_reports import compare_report
from ws_reports.compare import Difference, Kind, Reason, compare
from ws_reports.console import Style
from ws_reports.example import PING, RSV, UTF8, example_run
from ws_reports.record import CaseResult, Check, ExitCode, Level, RecordError, Run, Verdict, with_cases

RUN = example_run()


def check(verdict: Verdict, requirement: str = RSV, signature: str | None = None, observed: str = "") -> Check:
    return Check(id="reaction", requirement=requirement, verdict=verdict, signature=signature, observed=observed)


def case(verdict: Verdict, *checks: Check, n: int = 1, **fields: object) -> CaseResult:
    result = CaseResult(n=n, id=f"area/case-{n}", target="app", verdict=verdict, checks=checks or (check(verdict),))
    return replace(result, **fields)


def run(*cases: CaseResult) -> Run:
    return with_cases(RUN, cases)


def difference(before: CaseResult, after: CaseResult) -> Difference:
    return compare(run(before), run(after))


def test_a_run_does_not_differ_from_itself() -> None:
    found = compare(RUN, RUN)

    assert found.changes == ()
    assert found.same == sum(each.verdict.was_run for each in RUN.cases)
    assert found.reasons == {Reason.NOT_PLAYED: 2}
    assert found.exit_code is ExitCode.OK


@pytest.mark.parametrize(
    ("before", "after", "kind", "code"),
    [
        (Verdict.PASS, Verdict.FAIL, Kind.NEWLY_FAILING, ExitCode.FAILURES),
        (Verdict.LENIENT, Verdict.FAIL, Kind.NEWLY_FAILING, ExitCode.FAILURES),
        (Verdict.INCONCLUSIVE, Verdict.FAIL, Kind.NEWLY_FAILING, ExitCode.FAILURES),
        (Verdict.ERROR, Verdict.FAIL, Kind.NEWLY_FAILING, ExitCode.FAILURES),
        (Verdict.FAIL, Verdict.PASS, Kind.NEWLY_PASSING, ExitCode.OK),
        (Verdict.FAIL, Verdict.LENIENT, Kind.NEWLY_PASSING, ExitCode.OK),
        (Verdict.PASS, Verdict.LENIENT, Kind.CHANGED, ExitCode.OK),
        (Verdict.INFO, Verdict.PASS, Kind.CHANGED, ExitCode.OK),
        (Verdict.PASS, Verdict.INCONCLUSIVE, Kind.UNDECIDED, ExitCode.UNDECIDED),
        (Verdict.FAIL, Verdict.ERROR, Kind.UNDECIDED, ExitCode.UNDECIDED),
        (Verdict.INCONCLUSIVE, Verdict.PASS, Kind.CHANGED, ExitCode.OK),
    ],
)
def test_a_verdict_that_changes_is_of_one_kind(before: Verdict, after: Verdict, kind: Kind, code: ExitCode) -> None:
    found = difference(case(before), case(after))

    assert [(change.kind, change.after.id) for change in found.changes] == [(kind, "area/case-1")]
    assert found.same == 0
    assert found.exit_code is code


def test_what_is_no_longer_decided_and_no_must_is_no_reason_to_stop() -> None:
    found = difference(case(Verdict.PASS), case(Verdict.INCONCLUSIVE, level=Level.SHOULD))

    assert found.of(Kind.UNDECIDED)
    assert found.exit_code is ExitCode.OK


def test_another_signature_is_another_way_to_fail() -> None:
    found = difference(
        case(Verdict.FAIL, check(Verdict.FAIL, signature="echoes")),
        case(Verdict.FAIL, check(Verdict.FAIL, signature="hangs")),
    )

    assert [change.kind for change in found.changes] == [Kind.CHANGED]
    assert found.exit_code is ExitCode.OK


def test_a_second_requirement_that_fails_in_a_failing_case_is_a_regression() -> None:
    found = difference(
        case(Verdict.FAIL, check(Verdict.FAIL), check(Verdict.PASS, PING)),
        case(Verdict.FAIL, check(Verdict.FAIL), check(Verdict.FAIL, PING)),
    )

    assert [change.kind for change in found.changes] == [Kind.NEWLY_FAILING]
    assert [each.requirement for each in found.changes[0].checks] == [PING]


def test_a_requirement_that_nobody_mentioned_was_kept() -> None:
    with_breach = case(Verdict.FAIL, check(Verdict.PASS), check(Verdict.FAIL, UTF8))

    assert [change.kind for change in difference(case(Verdict.PASS), with_breach).changes] == [Kind.NEWLY_FAILING]
    assert [change.kind for change in difference(with_breach, case(Verdict.PASS)).changes] == [Kind.NEWLY_PASSING]


def test_a_case_that_fails_at_a_later_step_than_before_is_no_regression() -> None:
    found = difference(
        case(Verdict.FAIL, check(Verdict.FAIL), check(Verdict.INCONCLUSIVE, PING)),
        case(Verdict.FAIL, check(Verdict.PASS), check(Verdict.FAIL, PING)),
    )

    assert [change.kind for change in found.changes] == [Kind.CHANGED]
    assert {each.kind for each in found.changes[0].checks} == {Kind.NEWLY_PASSING, Kind.CHANGED}


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ([case(Verdict.PASS)], [case(Verdict.FAIL, rev=2)], Reason.REVISED),
        ([], [case(Verdict.FAIL)], Reason.NEW),
        ([case(Verdict.FAIL)], [], Reason.GONE),
        ([case(Verdict.UNSUPPORTED)], [case(Verdict.FAIL)], Reason.NOT_PLAYED),
        ([case(Verdict.FAIL)], [case(Verdict.SKIPPED)], Reason.NOT_PLAYED),
    ],
)
def test_of_what_cannot_be_compared_nothing_is_said(
    before: list[CaseResult], after: list[CaseResult], reason: Reason
) -> None:
    found = compare(run(*before), run(*after))

    assert found.changes == ()
    assert [each.reason for each in found.not_compared] == [reason]
    assert found.exit_code is ExitCode.OK


def test_several_results_of_one_case_are_compared_in_their_order() -> None:
    before = [case(Verdict.PASS), replace(case(Verdict.FAIL, n=2), id="area/case-1")]
    after = [case(Verdict.PASS), replace(case(Verdict.PASS, n=2), id="area/case-1")]

    found = compare(run(*before), run(*after))

    assert [(change.kind, change.after.n) for change in found.changes] == [(Kind.NEWLY_PASSING, 2)]
    assert found.same == 1


def test_new_failures_are_explained_by_their_causes() -> None:
    failing = [
        case(Verdict.FAIL, check(Verdict.FAIL, signature=signature), n=n)
        for n, signature in ((1, "a"), (2, "b"), (3, "b"))
    ]
    passing = [case(Verdict.PASS, n=n) for n in (1, 2, 3)]

    assert [cause.cases for cause in compare(run(*passing), run(*failing)).causes] == [(2, 3), (1,)]


def test_runs_without_a_common_target_or_with_another_role_are_refused() -> None:
    client = replace(RUN, targets=(replace(RUN.targets[0], role="client"),))
    elsewhere = replace(RUN, targets=(replace(RUN.targets[0], name="\x1bother"),))

    for other, problem in ((client, "is a client here, and was a server"), (elsewhere, "no target has the name")):
        with pytest.raises(RecordError, match=problem) as refusal:
            compare(RUN, other)
        assert str(refusal.value).isprintable()
        assert refusal.value.remedy


# --- durations --------------------------------------------------------------------------------------------------------


def timed(*seconds: float) -> Run:
    return run(*(case(Verdict.PASS, n=n, seconds=each) for n, each in enumerate(seconds, start=1)))


def test_durations_are_told_and_decide_nothing() -> None:
    found = compare(timed(0.1, 0.1, 0.1), timed(0.2, 0.2, 9.0))

    assert found.timing is not None
    assert (found.timing.before, found.timing.after) == (0.1, 0.2)
    assert [(was.seconds, now.seconds) for was, now in found.timing.slower] == [(0.1, 9.0)]
    assert (found.same, found.exit_code) == (3, ExitCode.OK)


def test_on_a_noisy_machine_a_case_has_to_be_slower_by_more() -> None:
    noisy = replace(timed(0.5), env=replace(RUN.env, noise_ms={"p50": 1.0, "p99": 400.0}))

    quiet = compare(timed(0.1), timed(0.5)).timing
    found = compare(timed(0.1), noisy).timing
    assert quiet is not None
    assert found is not None
    assert (len(quiet.slower), len(found.slower)) == (1, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda limits: replace(limits, scale=2.0),
        lambda limits: replace(limits, parallel=1),
        lambda limits: replace(limits, segmentation="bytes"),
    ],
)
def test_durations_of_runs_that_were_not_made_alike_are_not_compared(change: Callable[..., object]) -> None:
    other = replace(timed(1.0), limits=change(RUN.limits))

    assert compare(timed(0.1), other).timing is None


# --- in words ---------------------------------------------------------------------------------------------------------


def example_difference() -> Difference:
    """Return a difference of which every line has something to say."""
    verdicts = (
        (Verdict.PASS, Verdict.FAIL),
        (Verdict.FAIL, Verdict.PASS),
        (Verdict.PASS, Verdict.LENIENT),
        (Verdict.PASS, Verdict.INCONCLUSIVE),
        (Verdict.PASS, Verdict.PASS),
    )
    before = [case(was, n=n) for n, (was, _) in enumerate(verdicts, start=1)]
    after = [
        case(now, check(now, observed=f"seen \x1b[2J|{n}`"), n=n, reason="gone" if n == 4 else None)
        for n, (_, now) in enumerate(verdicts, start=1)
    ]
    unfinished = replace(RUN.run, complete=False)
    new = case(Verdict.FAIL, n=9)
    return compare(run(*before), replace(run(*after, new), run=unfinished))


def test_a_difference_is_told_in_few_lines() -> None:
    lines = compare_report.text(example_difference()).splitlines()

    assert lines[0] == "✗ 1 newly failing   area/case-1"
    assert "✓ 1 newly passing   area/case-2" in lines
    assert "~ 1 changed way     area/case-3  pass → seen \\x1b[2J|3`  (both accepted)" in lines
    assert "? 1 no longer decided  area/case-4  pass → inconclusive  gone" in lines
    assert any(line.startswith("  1 same            timing: ") for line in lines)
    assert "  not comparable    1 only in the later run (not counted)" in lines
    assert any(line.startswith("  partial           run 7QF3K2 did not finish") for line in lines)
    assert lines[-1] == "exit 1  regression"
    assert all(len(line) <= 80 and line.isprintable() for line in lines)


def test_colour_changes_no_word() -> None:
    coloured = compare_report.text(example_difference(), Style(colour=True))

    assert "\x1b[1;31m✗ 1 newly failing" in coloured


def test_markdown_has_the_same_and_nothing_of_a_record_is_alive_in_it() -> None:
    document = compare_report.as_markdown(example_difference())

    assert document.startswith(
        "### ✗ Regression: 1 newly failing, 1 newly passing, 1 no longer decided, 1 changed way\n"
    )
    assert "- `area/case-2`" in document
    assert "`pass → seen \\x1b[2J\\x7c3\\x60  (both accepted)`" in document
    assert "\x1b" not in document


def test_json_has_every_change_with_its_checks() -> None:
    document = json.loads(compare_report.as_json(example_difference()))

    assert (document["format"], document["version"], document["exit"]) == ("wsspec.diff", 1, 1)
    assert [change["kind"] for change in document["changes"]] == [
        *("newly failing", "newly passing", "changed way", "no longer decided"),
    ]
    assert document["changes"][0]["checks"][0]["after"]["verdict"] == "fail"
    assert document["not_compared"] == [{"reason": "only in the later run", "target": "app", "case": "area/case-9"}]
    assert document["after"]["complete"] is False


def test_many_cases_are_counted_and_not_all_named() -> None:
    many = range(1, 2 * compare_report.NAMES)
    found = compare(run(*(case(Verdict.PASS, n=n) for n in many)), run(*(case(Verdict.LENIENT, n=n) for n in many)))

    assert f"{compare_report.NAMES - 1} more" in compare_report.text(found)
    assert f"and {compare_report.NAMES - 1} more `pass → lenient" in compare_report.as_markdown(found)


def test_many_ways_are_counted_and_not_all_told() -> None:
    many = range(1, 2 * compare_report.GROUPS)
    before = run(*(case(Verdict.PASS, n=n) for n in many))
    after = run(*(case(Verdict.LENIENT, check(Verdict.LENIENT, observed=f"way {n}"), n=n) for n in many))

    assert compare_report.text(compare(before, after)).count(" → way ") == compare_report.GROUPS
    assert f"- {compare_report.GROUPS - 1} more\n" in compare_report.as_markdown(compare(before, after))


def test_failures_that_a_foreign_record_does_not_explain_are_told_all_the_same() -> None:
    without_checks = replace(case(Verdict.FAIL, id=" "), checks=())
    only_a_check = case(Verdict.PASS, check(Verdict.FAIL), n=2)

    found = compare(
        run(replace(case(Verdict.PASS), id=" "), case(Verdict.PASS, n=2)), run(without_checks, only_a_check)
    )

    assert len(found.of(Kind.NEWLY_FAILING)) == 2
    assert "cause: not said in the record" in compare_report.text(found)
    assert "area/case-2" in compare_report.as_markdown(found)


def test_in_runs_of_several_targets_each_case_says_which() -> None:
    other = replace(RUN.targets[0], id="t2", name="t2")
    before, after = (
        replace(run(case(verdict)), targets=(*RUN.targets, other)) for verdict in (Verdict.PASS, Verdict.FAIL)
    )

    assert "app: area/case-1" in compare_report.text(compare(before, after))
