"""The survey that comes with the suite, and what is said of failures by it."""

from __future__ import annotations

from msgspec.structs import replace
from ws_conformance.cases import ALL_CASES
from ws_conformance.targets.surveyed import load_survey, with_survey
from ws_reports.example import example_run
from ws_reports.record import Target, Verdict


def test_the_survey_is_about_cases_of_the_suite_and_about_each_target_once() -> None:
    survey = load_survey()

    assert survey.outcomes.keys() <= {case.id for case in ALL_CASES}
    assert len({(target.name, target.role) for target in survey.targets}) == len(survey.targets)
    assert {len(letters) for letters in survey.outcomes.values()} == {len(survey.targets)}


def test_only_failures_are_told_who_else_fails_and_never_that_they_do_themselves() -> None:
    survey = load_survey()
    identifier, failing = next(
        (case, target)
        for case, letters in survey.outcomes.items()
        for target, letter in zip(survey.targets, letters, strict=True)
        if letter == "f" and target.role == "server"
    )
    name = f"{failing.name} server"
    run = example_run()
    case = replace(run.cases[0], id=identifier, target=name, verdict=Verdict.FAIL)
    run = replace(run, targets=(Target(id="t1", name=name, role="server"),), cases=(case, *run.cases[1:]))

    told = with_survey(run)

    assert told.cases[0].surveyed is not None
    assert failing.name not in told.cases[0].surveyed.failing
    assert all(case.surveyed is None for case in told.cases[1:])
