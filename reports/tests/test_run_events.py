"""The events file: what was gathered is never lost, and what is missing is never taken for complete."""

import pytest
from msgspec.structs import replace
from ws_reports.events import begin_line, case_line, end_line, read_events, write_events
from ws_reports.example import example_run
from ws_reports.record import Baseline, RecordError, Run, Verdict

RUN = example_run()


def test_a_whole_file_gives_the_run_back() -> None:
    assert read_events(write_events(RUN)) == RUN


def test_what_a_baseline_made_of_the_run_is_in_the_end_or_in_the_beginning() -> None:
    held = replace(RUN, baseline=Baseline(file="known.toml", xfail=1))
    lines = write_events(held).splitlines(keepends=True)

    assert read_events(write_events(held)) == held
    assert read_events(b"".join([write_events(RUN).splitlines(keepends=True)[0], *lines[1:]])) == held
    assert read_events(b"".join(lines[:-1])).baseline == held.baseline


def test_every_line_is_one_line() -> None:
    assert write_events(RUN).count(b"\n") == len(RUN.cases) + 2


def test_a_file_without_its_end_is_a_run_that_did_not_finish() -> None:
    lines = write_events(RUN).splitlines(keepends=True)

    run = read_events(b"".join(lines[:-1]))

    assert not run.run.complete
    assert (run.run.seconds, run.run.exit) == (None, None)
    assert run.cases == RUN.cases
    assert run.summary == RUN.summary


def test_an_unfinished_run_is_written_without_an_end() -> None:
    unfinished = read_events(b"".join(write_events(RUN).splitlines(keepends=True)[:4]))

    assert read_events(write_events(unfinished)) == unfinished


def test_a_file_cut_anywhere_gives_every_result_that_was_whole() -> None:
    data = write_events(RUN)
    first = data.index(b"\n")

    for end in range(first, len(data), 7):
        run = read_events(data[:end])
        whole = max(0, data.count(b"\n", 0, end) - 1)
        assert len(run.cases) in (whole, whole + 1)
        assert run.cases == RUN.cases[: len(run.cases)]


@pytest.mark.parametrize("end", [0, 1, 40])
def test_a_file_without_a_whole_first_line_is_refused(end: int) -> None:
    with pytest.raises(RecordError, match="line 1") as refusal:
        read_events(write_events(RUN)[:end])

    assert refusal.value.remedy


def test_a_file_that_begins_with_something_else_is_refused() -> None:
    with pytest.raises(RecordError, match="not 'begin'"):
        read_events(case_line(RUN.cases[0]))


def test_a_lost_line_is_noticed() -> None:
    lines = write_events(RUN).splitlines(keepends=True)

    run = read_events(b"".join(lines[:3] + lines[4:]))

    assert not run.run.complete
    assert run.run.exit == 1
    assert len(run.cases) == len(RUN.cases) - 1


def test_a_line_that_is_broken_in_the_middle_is_named() -> None:
    lines = write_events(RUN).splitlines(keepends=True)

    with pytest.raises(RecordError) as refusal:
        read_events(b"".join([*lines[:3], b"{\n", *lines[3:]]))
    assert refusal.value.place == "line 4 $"

    with pytest.raises(RecordError) as refusal:
        read_events(b"".join([*lines[:3], lines[3].replace(b'"seconds":', b'"seconds":-'), *lines[4:]]))
    assert refusal.value.place == "line 4 $.result.seconds"


def test_a_wrong_record_in_the_first_line_is_named() -> None:
    with pytest.raises(RecordError) as refusal:
        read_events(write_events(RUN).replace(b'"version":1', b'"version":9', 1))

    assert refusal.value.place == "line 1 $.record.version"


def test_a_kind_of_line_from_a_later_version_is_passed_over() -> None:
    lines = write_events(RUN).splitlines(keepends=True)

    assert read_events(b"".join([lines[0], b'{"event":"heartbeat","t":1}\n', *lines[1:]])) == RUN


def test_a_later_result_takes_the_place_of_an_earlier_one_with_its_number() -> None:
    again = replace(RUN.cases[1], verdict=Verdict.PASS)

    run = read_events(
        begin_line(_begun()) + case_line(RUN.cases[1]) + case_line(again) + end_line(seconds=1.0, exit_code=0, cases=1)
    )

    assert run.cases == (again,)
    assert run.run.complete


def _begun() -> Run:
    return replace(RUN, cases=(), run=replace(RUN.run, complete=False, seconds=None, exit=None))
