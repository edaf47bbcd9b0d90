"""How a result stands before a CI service: one word of four, the same everywhere, and true to how the run ended."""

import doctest

import pytest
from msgspec.structs import replace
from ws_reports import standing as module
from ws_reports.example import example_run
from ws_reports.record import CaseResult, ExitCode, Known, Overlay, Verdict, with_cases
from ws_reports.standing import FAILING, Standing, State, by_target, run_standing, standing, started_at

RUN = example_run()
PASSING, FAILED, INFO, LENIENT, INCONCLUSIVE, UNSUPPORTED, SKIPPED, ERROR = RUN.cases
KNOWN = Known(reason="is on its way", issue="#412", expires="2027-01-31")


def overlaid(case: CaseResult, overlay: Overlay) -> CaseResult:
    """Return ``case`` as a baseline with one entry leaves it."""
    return replace(case, overlay=overlay, checks=tuple(replace(c, overlay=overlay, known=KNOWN) for c in case.checks))


def test_the_doctests_of_standing_hold() -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("case", "state", "kind"),
    [
        (PASSING, State.PASSED, ""),
        (FAILED, State.FAILED, "MUST"),
        (INFO, State.PASSED, ""),
        (LENIENT, State.PASSED, ""),
        (INCONCLUSIVE, State.UNDECIDED, "inconclusive"),
        (UNSUPPORTED, State.SKIPPED, "unsupported"),
        (SKIPPED, State.SKIPPED, "skipped"),
        (ERROR, State.UNDECIDED, "harness"),
    ],
    ids=lambda value: value.id if isinstance(value, CaseResult) else None,
)
def test_every_verdict_is_one_of_four_words(case: CaseResult, state: State, kind: str) -> None:
    stands = standing(case)

    assert (stands.state, stands.kind) == (state, kind)
    assert bool(stands.message) == (state is not State.PASSED)


def test_what_is_asked_for_beyond_the_musts_fails() -> None:
    both = standing(LENIENT, FAILING | {Verdict.LENIENT}), standing(INFO, FAILING | {Verdict.INFO})

    assert [(stands.state, stands.kind) for stands in both] == [(State.FAILED, "SHOULD"), (State.FAILED, "INFO")]


@pytest.mark.parametrize(
    ("case", "overlay", "expected"),
    [
        (FAILED, "xfail", Standing(State.SKIPPED, "xfail", "#412 until 2027-01-31: is on its way")),
        (INCONCLUSIVE, "xfail", Standing(State.SKIPPED, "xfail", "#412 until 2027-01-31: is on its way")),
        (LENIENT, "xfail", Standing(State.PASSED)),
        (LENIENT, "changed", Standing(State.PASSED)),
    ],
)
def test_a_known_failure_is_skipped_and_nothing_else_is(case: CaseResult, overlay: Overlay, expected: Standing) -> None:
    assert standing(overlaid(case, overlay)) == expected


@pytest.mark.parametrize(
    ("case", "overlay", "kind", "words"),
    [
        (FAILED, "changed", "MUST", "in another way"),
        (FAILED, "expired", "stale-baseline", "no longer (#412 until 2027-01-31"),
        (PASSING, "xpass", "stale-baseline", "and passes"),
        (ERROR, "xfail", "harness", "error of its own"),
    ],
)
def test_a_list_that_does_not_hold_is_no_excuse(case: CaseResult, overlay: Overlay, kind: str, words: str) -> None:
    stands = standing(overlaid(case, overlay))

    assert stands.state in (State.FAILED, State.UNDECIDED)
    assert stands.kind == kind
    assert words in stands.message


def test_a_run_whose_results_say_it_all_has_nothing_to_add() -> None:
    assert run_standing(RUN) is None
    assert run_standing(with_cases(replace(RUN, run=replace(RUN.run, exit=0)), [PASSING])) is None


@pytest.mark.parametrize(
    ("exit_code", "complete", "state"),
    [
        (None, False, State.UNDECIDED),
        (ExitCode.NOT_REACHABLE, True, State.UNDECIDED),
        (ExitCode.INTERNAL_ERROR, True, State.UNDECIDED),
        (ExitCode.FAILURES, True, State.FAILED),
        (ExitCode.STALE_BASELINE, True, State.FAILED),
    ],
)
def test_a_run_without_failures_is_not_taken_for_a_good_one(
    exit_code: ExitCode | None, complete: bool, state: State
) -> None:
    info = replace(RUN.run, complete=complete, exit=exit_code)

    stands = run_standing(with_cases(replace(RUN, run=info), [PASSING]))

    assert stands is not None
    assert stands.state is state


def test_results_find_their_target_by_name_and_by_id_and_a_nameless_one_is_made_up() -> None:
    cases = [replace(PASSING, n=n, target=word) for n, word in enumerate(("t1", "app", "stranger"), start=1)]

    found = by_target(with_cases(RUN, cases))

    assert [(target.name, [case.n for case in mine]) for target, mine in found] == [("app", [1, 2]), ("stranger", [3])]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-22T10:14:03", "9999-12-31T23:59:59-14:00"])
def test_a_start_that_is_no_moment_is_none(text: str) -> None:
    assert started_at(replace(RUN, run=replace(RUN.run, started=text))) is None
