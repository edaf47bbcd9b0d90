"""What the page carries for its script: the record, cut to what a page can hold."""

import base64
import gzip
import json
from typing import Any

import pytest
from msgspec.structs import replace
from ws_reports.example import example_known_run, example_other_run, example_run
from ws_reports.html import packing
from ws_reports.html.columns import columns, rows
from ws_reports.html.holding import (
    EVENTS_AROUND,
    FIRST_BYTES,
    FIRST_EVENTS,
    HEAD_BYTES,
    ITEMS,
    LAST_BYTES,
    LAST_EVENTS,
    shown_events,
    shown_items,
)
from ws_reports.record import Run, WireEvent, with_cases

RUN = example_known_run()
FAILED = RUN.cases[1]


def unpacked(run: Run, *compared: Run) -> Any:
    """Return what a page on ``run`` carries, as its script reads it."""
    shown = columns(run, compared)
    return json.loads(gzip.decompress(base64.b64decode(packing.packed(run, shown, rows(shown), room=1_000_000))))


def test_a_case_has_the_names_and_values_of_the_record() -> None:
    (case,) = (case for case in unpacked(RUN)["cases"] if case["n"] == FAILED.n)

    assert case["id"] == FAILED.id
    assert case["steps"] == list(FAILED.steps)
    assert case["checks"][0]["known"]["issue"] == "#412"
    assert case["prints"] == [{"t": 0.0004, "text": FAILED.prints[0].text}]
    assert case["usage"] == {"memory": 4096, "cpu_seconds": 0.01}
    first, _, offending, _ = case["wire"]
    assert first == {
        "at": 0,
        "t": 0.0,
        "dir": "out",
        "kind": "frame",
        "length": 11,
        "hex": "c18537fa213d5f9f4d5158",
        "words": 'FIN RSV1 TEXT len 5 masked "hello"',
        "frame": {"fin": True, "rsv": 4, "op": 1, "masked": True, "len": 5, "key": "37fa213d"},
        "note": "stimulus",
        "state": "open",
    }
    assert offending["ok"] is False
    assert offending["allowed"][0] == "sends Close 1002"


def test_what_is_empty_is_left_out_and_zero_is_not() -> None:
    data = unpacked(RUN)

    skipped = next(case for case in data["cases"] if case["verdict"] == "skipped")
    assert "steps" not in skipped
    assert "observed" not in skipped
    assert skipped["seconds"] == 0.0


def test_the_gravest_cases_come_first_and_one_of_each_cause_before_any_other() -> None:
    data = unpacked(RUN)
    alike = [replace(FAILED, n=n) for n in (10, 11)]
    other = replace(FAILED, n=12, checks=(replace(FAILED.checks[0], signature="another"),))

    assert [case["verdict"] for case in data["cases"]][:3] == ["fail", "error", "inconclusive"]
    assert [case.n for case in packing.gravest_first([*alike, other])] == [10, 12, 11]


def test_rows_name_their_results_and_what_other_columns_have() -> None:
    data = unpacked(example_run(), example_other_run())

    assert data["columns"] == [
        {"letter": "A", "own": True},
        {"letter": "B", "own": False},
        {"letter": "C", "own": False},
    ]
    row = data["rows"][1]
    assert row["own"] == [2]
    assert row["cells"] == ["fail", "pass", "fail"]
    assert (row["differs"], row["odd"]) == (True, "B")
    assert unpacked(RUN)["rows"][1] == {"own": [2]}


@pytest.mark.parametrize(
    ("event", "head", "tail"),
    [
        (WireEvent(t=0, dir="in", kind="bytes", hex="ab" * 10, length=10), 10, 0),
        (WireEvent(t=0, dir="in", kind="bytes", hex="ab" * 1000, length=1000), FIRST_BYTES, LAST_BYTES),
        (WireEvent(t=0, dir="in", kind="bytes", hex="ab" * 1000, length=5000), FIRST_BYTES, 0),
        (WireEvent(t=0, dir="in", kind="http", hex="ab" * 1000, length=1000), 1000, 0),
        (WireEvent(t=0, dir="in", kind="http", hex="ab" * 9000, length=9000), HEAD_BYTES, LAST_BYTES),
    ],
)
def test_of_a_long_event_the_beginning_and_the_end_are_kept(event: WireEvent, head: int, tail: int) -> None:
    data = unpacked(with_cases(RUN, [replace(FAILED, wire=(event,))]))

    (kept,) = data["cases"][0]["wire"]
    assert len(kept["hex"]) == 2 * head
    assert len(kept.get("tail", "")) == 2 * tail
    assert kept["length"] == event.length


def test_of_a_long_conversation_the_ends_are_kept_and_what_was_judged() -> None:
    event = FAILED.wire[0]
    judged = replace(FAILED, wire=(event,) * 300, checks=(replace(FAILED.checks[0], event=150),))

    assert shown_events(judged) == [
        *range(FIRST_EVENTS),
        *range(150 - EVENTS_AROUND, 150 + EVENTS_AROUND + 1),
        *range(300 - LAST_EVENTS, 300),
    ]
    assert shown_events(replace(judged, wire=(event,) * 5)) == [0, 1, 2, 3, 4]
    data = unpacked(with_cases(RUN, [judged]))
    assert [kept["at"] for kept in data["cases"][0]["wire"]] == shown_events(judged)
    assert data["cases"][0]["events"] == 300


def test_long_lists_are_cut_and_say_so_where_people_read_them() -> None:
    data = unpacked(with_cases(RUN, [replace(FAILED, steps=("send",) * 1000)]))

    assert len(data["cases"][0]["steps"]) == ITEMS
    assert list(shown_items(["send"] * (ITEMS + 7)))[-1] == "… 7 more"


def test_when_the_page_is_full_only_the_outcome_of_a_case_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "OUTCOME_BYTES", 1_000_000)

    (case,) = (case for case in unpacked(RUN)["cases"] if case["n"] == FAILED.n)

    assert case["cut"] is True
    assert case["observed"] == FAILED.observed
    assert "wire" not in case
    assert "checks" not in case
