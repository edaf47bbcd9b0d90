"""Records and events files from anywhere: what can be read can be shown, and what cannot is a RecordError."""

from __future__ import annotations

from harness import Choices, instrumented, main

with instrumented():
    from ws_reports.console import failure_block, summary_block
    from ws_reports.events import read_events, write_events
    from ws_reports.html import render
    from ws_reports.record import RecordError, Run, decode, encode

CASES = 20
"""How many cases are shown one by one."""


def test_one_input(data: bytes) -> None:
    """No document makes a reader raise anything but RecordError, or lets anything through to who reads the report."""
    choices = Choices(data)
    read = (decode, read_events)[choices.number(2)]
    try:
        run = read(choices.rest())
    except RecordError as error:
        show_error(error)
    else:
        show(run)


def show_error(error: RecordError) -> None:
    assert str(error).isprintable()


def show(run: Run) -> None:
    assert decode(encode(run)) == run
    assert read_events(write_events(run)).run.id == run.run.id
    page = render(run)
    assert page.count("<script") == 0
    assert all(character.isprintable() or character == "\n" for character in page)
    blocks = [summary_block(run), *(failure_block(case, run) for case in run.cases[:CASES])]
    for line in "\n".join(blocks).split("\n"):
        assert line.isprintable()
        assert not line.lstrip().startswith("::")


if __name__ == "__main__":
    main(test_one_input)
