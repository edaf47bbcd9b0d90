"""The language of questions to a table: what it can ask, and that it can do nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from ws_reports.where import LENGTH, WhereError, parse_where

FACTS: Mapping[str, int | str] = {
    "failing": 1,
    "passing": 4,
    "lenient": 0,
    "inconclusive": 0,
    "unsupported": 2,
    "targets": 7,
    "area": "closing",
    "id": "closing/code/1005",
}


@pytest.mark.parametrize(
    "text",
    [
        "failing==1",
        "failing == 1 and passing >= 4",
        "failing != 0 and (lenient > 0 or targets < 8)",
        "not failing==2 and not not area==closing",
        "area=='closing' and id==closing/*",
        'area != "framing"',
        "passing > failing and failing <= targets",
        "failing==2 or failing==3 or failing==1",
    ],
)
def test_what_holds_is_found(text: str) -> None:
    assert parse_where(text)(FACTS)


@pytest.mark.parametrize(
    "text", ["failing==0", "failing==1 and passing==5", "not (failing==1)", "id==closing", "area!=c*"]
)
def test_what_does_not_hold_is_left_out(text: str) -> None:
    assert not parse_where(text)(FACTS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is missing at the end"),
        ("failing", "a comparison is missing"),
        ("failing==", "a value is missing"),
        ("failing=1", "cannot be read"),
        ("broken==1", "there is no 'broken'"),
        ("'failing'==1", "there is no 'failing'"),
        ("failing==x", "'x' is none"),
        ("failing==99999999999", "is none"),
        ("area>1", "area is a word"),
        ("(failing==1", "a bracket is not closed"),
        ("failing==1 failing==2", "was not expected there"),
        ("__import__('os')==1", "there is no '__import__'"),
        ("failing==1; exit()", "cannot be read"),
        ("failing ( 1", "is no comparison"),
        ("(" * (LENGTH + 1), "longer than"),
        ("\x1b[2J", "\\x1b"),
    ],
)
def test_what_means_nothing_is_refused_with_words(text: str, words: str) -> None:
    with pytest.raises(WhereError) as raised:
        parse_where(text)

    assert words in raised.value.problem
    assert raised.value.remedy


def test_brackets_and_negations_nest_as_deep_as_an_expression_is_long() -> None:
    deep = (LENGTH - len("failing==1")) // 2

    assert parse_where("(" * deep + "failing==1" + ")" * deep)(FACTS)
    assert parse_where("not " * 100 + "failing==1")(FACTS)
