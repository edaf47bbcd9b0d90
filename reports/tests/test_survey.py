"""A survey: made of a record, kept as bare facts, and asked who else fails."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace
from ws_reports import survey
from ws_reports.console import failure_block
from ws_reports.example import example_run
from ws_reports.html import render
from ws_reports.record import CaseResult, RecordError, Run, Surveyed, Target, Verdict, with_cases
from ws_reports.survey import (
    Survey,
    SurveyTarget,
    decode,
    encode,
    joined,
    schema,
    schema_document,
    survey_of,
    survey_words,
)

V = Verdict
FACTS = Survey(
    date="2026-11-28",
    suite="1.0.0",
    targets=(
        SurveyTarget(name="a", version="a 1", role="server"),
        SurveyTarget(name="b", version="b 1", role="server"),
        SurveyTarget(name="c", role="server"),
        SurveyTarget(name="a", role="client"),
        SurveyTarget(name="p", role="proxy"),
    ),
    outcomes={"x/y": "fpuff", "x/z": "....."},
)


def test_a_survey_is_what_a_record_says_without_its_particulars() -> None:
    targets = (
        Target(id="t1", name="a server", role="server", implementation="a", build="a 1"),
        Target(id="t2", name="gone server", role="server", implementation="gone", absent="why"),
        Target(id="t3", name="p proxy", role="server", implementation="p", stands_before="wsspec echo"),
    )
    cases = [
        CaseResult(n=1, id="x/y", target="a server", verdict=V.FAIL),
        CaseResult(n=2, id="x/y", target="p proxy", verdict=V.PASS),
        CaseResult(n=3, id="x/a", target="p proxy", verdict=V.INCONCLUSIVE),
    ]
    run: Run = with_cases(replace(example_run(), targets=targets), cases)

    found = survey_of(run)

    assert [(target.name, target.role) for target in found.targets] == [("a", "server"), ("p", "proxy")]
    assert found.outcomes == {"x/a": ".q", "x/y": "fp"}
    assert found.date == run.run.started[:10]
    assert decode(encode(found)) == found


def test_a_survey_is_as_its_schema_says_and_the_published_schema_is_current() -> None:
    jsonschema.validate(json.loads(encode(FACTS)), schema())
    published = Path(survey.__file__).with_name("survey.schema.json").read_bytes()

    assert published.replace(b"\r\n", b"\n") == schema_document()


def test_of_those_that_were_judged_in_the_same_role_it_says_who_fails() -> None:
    assert FACTS.surveyed("x/y", "server") == Surveyed(asked=2, failing=("a",))
    assert FACTS.surveyed("x/y", "server", but="a") == Surveyed(asked=1)
    assert FACTS.surveyed("x/y", "client") == Surveyed(asked=1, failing=("a",))


def test_where_nobody_was_asked_it_says_nothing() -> None:
    assert FACTS.surveyed("x/z", "server") is None
    assert FACTS.surveyed("unknown", "server") is None


def test_the_words_name_some_of_many() -> None:
    assert survey_words(Surveyed(asked=1), "client") == "0 of 1 surveyed client"
    assert survey_words(Surveyed(asked=41, failing=tuple("abcdefg")), "server").endswith("servers: a, b, c, d, e, …")


def test_a_document_that_is_no_survey_is_an_error_that_names_the_place() -> None:
    with pytest.raises(RecordError) as raised:
        decode(b'{"date": 1}', "survey.json $")

    assert raised.value.place.startswith("survey.json $")


def test_a_failure_says_who_else_fails_on_the_console_and_on_the_page() -> None:
    run = example_run()
    first = next(case for case in run.cases if case.verdict is V.FAIL)
    told = replace(first, surveyed=Surveyed(asked=41, failing=("aiohttp", "tornado")))
    run = with_cases(run, [told if case.n == first.n else case for case in run.cases])

    assert "  also fails in 2 of 41 surveyed servers: aiohttp, tornado" in failure_block(told, run).splitlines()
    assert "2 of 41 surveyed servers: aiohttp, tornado" in render(run)
    assert "surveyed" not in failure_block(first, run)


def test_of_several_surveys_the_later_ones_hold_and_outcomes_of_another_version_go() -> None:
    def survey(day: str, outcomes: dict[str, str], *targets: SurveyTarget) -> Survey:
        return Survey(date=f"2026-11-{day}", suite=day, targets=targets, outcomes=outcomes)

    old, new = SurveyTarget(name="a", version="1", role="server"), SurveyTarget(name="a", version="2", role="server")
    client = SurveyTarget(name="a", role="client")
    first = survey("28", {"x": "fp", "y": "pp", "w": "p."}, old, client)
    second = survey("27", {"x": "pf", "z": "l."}, new, client)

    found = joined([first, second])

    assert (found.date, found.suite) == ("2026-11-28", "28")
    assert found.targets == (new, client)
    assert found.outcomes == {"x": "pf", "y": ".p", "z": "l."}
