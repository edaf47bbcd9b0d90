"""The badge: what was judged on the left, met of decided on the right, and never a number that means nothing."""

import json

import pytest
from msgspec.structs import replace
from ws_reports.badge import render
from ws_reports.example import example_run
from ws_reports.record import Profile, Run, Verdict, with_cases

RUN = example_run()
PASSING = with_cases(replace(RUN, run=replace(RUN.run, exit=0)), RUN.cases[:1])


def badge(run: Run) -> dict[str, object]:
    """Return the badge; its keys are those that shields.io's endpoint takes."""
    found: dict[str, object] = json.loads(render(run))
    assert found.keys() == {"schemaVersion", "label", "message", "color"}
    assert found["schemaVersion"] == 1
    return found


def test_it_says_what_was_judged_and_how_many_musts_are_met() -> None:
    found = badge(PASSING)

    assert (found["label"], found["message"], found["color"]) == ("rfc6455@2026.11", "MUST 1/1", "brightgreen")


def test_a_broken_must_is_red_and_an_undecided_one_is_told() -> None:
    failed, undecided = with_cases(RUN, RUN.cases[:2]), with_cases(PASSING, [RUN.cases[0], RUN.cases[4]])

    assert (badge(failed)["message"], badge(failed)["color"]) == ("MUST 1/2", "red")
    assert (badge(undecided)["message"], badge(undecided)["color"]) == ("MUST 1/1, 1 undecided", "yellow")


@pytest.mark.parametrize(
    "run",
    [
        replace(PASSING, run=replace(RUN.run, complete=False)),
        replace(PASSING, run=replace(RUN.run, exit=3)),
        with_cases(PASSING, []),
    ],
    ids=["partial", "not reachable", "nothing played"],
)
def test_a_run_that_says_nothing_gets_no_numbers(run: Run) -> None:
    assert (badge(run)["message"], badge(run)["color"]) == ("no verdict", "lightgrey")


def test_without_a_frozen_profile_the_catalogue_has_the_version() -> None:
    assert badge(replace(PASSING, suite=replace(RUN.suite, profile=None)))["label"] == "wsspec@2026.11"
    assert badge(replace(PASSING, suite=replace(RUN.suite, profile=Profile(id="mine"))))["label"] == "mine@2026.11"


def test_a_departure_from_a_should_does_not_count_against_the_musts() -> None:
    assert RUN.cases[3].verdict is Verdict.LENIENT
    assert badge(with_cases(PASSING, [RUN.cases[0], RUN.cases[3]]))["message"] == "MUST 1/1"
