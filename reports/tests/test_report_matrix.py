"""The table of requirements, as the csv module and a spreadsheet read it."""

import csv
import io

from msgspec.structs import replace
from ws_reports.example import MINIMAL, PING, RSV, example_run
from ws_reports.matrix_csv import CASES, render
from ws_reports.record import Run, Target, Verdict, with_cases

RUN = example_run()


def rows(run: Run) -> dict[str, dict[str, str]]:
    """Return the rows by their requirement."""
    return {row["requirement"]: row for row in csv.DictReader(io.StringIO(render(run), newline=""), strict=True)}


def test_there_is_a_row_for_each_requirement_and_lines_end_as_the_format_has_it() -> None:
    assert list(rows(RUN)) == [requirement.id for requirement in RUN.requirements]
    assert render(RUN).count("\r\n") == len(RUN.requirements) + 1


def test_a_row_says_what_came_of_the_rule_and_by_which_cases() -> None:
    row = rows(RUN)[RSV]

    assert row == {
        "requirement": RSV,
        "rfc": "6455",
        "section": "5.2",
        "level": "MUST",
        "binds": "client server",
        "text": "A reserved bit that no extension gave a meaning fails the connection.",
        "verdict": "fail",
        "failed cases": "framing/rsv/rsv1-without-extension",
        "cases": "framing/rsv/rsv1-without-extension",
        "number of cases": "1",
        "untestable": "",
        "because": "",
    }
    assert rows(RUN)[MINIMAL]["number of cases"] == "2"


def test_a_rule_that_cannot_be_tested_says_why() -> None:
    row = rows(RUN)["6455/5.3/masking-key-is-from-strong-entropy"]

    assert (row["verdict"], row["untestable"]) == ("", "from outside")
    assert row["because"].startswith("Keys can be shown")


def test_each_of_several_targets_has_its_verdict() -> None:
    targets = tuple(Target(id=name, name=name, role="server") for name in ("good", "bad"))
    failing = replace(RUN.cases[0].checks[0], verdict=Verdict.FAIL)
    cases = [
        replace(RUN.cases[0], n=1, target="good"),
        replace(RUN.cases[0], n=2, target="bad", verdict=Verdict.FAIL, checks=(failing,)),
    ]

    row = rows(with_cases(replace(RUN, targets=targets), cases))[PING]

    assert (row["verdict"], row["verdict of good"], row["verdict of bad"]) == ("fail", "pass", "fail")


def test_many_cases_are_counted_and_the_first_are_named() -> None:
    cases = [replace(RUN.cases[0], n=n, id=f"control/ping/{n}") for n in range(1, CASES + 6)]

    row = rows(with_cases(RUN, cases))[PING]

    assert row["number of cases"] == str(CASES + 5)
    assert row["cases"].endswith(f"control/ping/{CASES} and 5 more")
