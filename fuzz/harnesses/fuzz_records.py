#!/usr/bin/env python3
"""Records and events files from anywhere: what can be read can be shown, and what cannot is a RecordError."""

from __future__ import annotations

import json
from collections.abc import Mapping
from xml.etree import ElementTree

from harness import Choices, instrumented, main

with instrumented():
    from ws_reports.anchor import Anchor
    from ws_reports.console import failure_block
    from ws_reports.escape import file_name
    from ws_reports.events import read_events, write_events
    from ws_reports.formats import FORMATS, Settings
    from ws_reports.record import RecordError, Run, decode, encode

CASES = 20
"""How many cases are shown one by one."""

NAMES = tuple(FORMATS)
SETTINGS = Settings(anchor=Anchor("src/app.c"), every=True)
SCRIPTS = 2
"""How many elements of a page are scripts: ours, and the data for it."""


def test_one_input(data: bytes) -> None:
    """No document makes a reader raise anything but RecordError, or lets anything through to who reads a report."""
    choices = Choices(data)
    read, name = (decode, read_events)[choices.number(2)], NAMES[choices.number(len(NAMES))]
    try:
        run = read(choices.rest())
    except RecordError as error:
        show_error(error)
    else:
        show(run, name)


def show_error(error: RecordError) -> None:
    assert str(error).isprintable()


def show(run: Run, name: str) -> None:
    """Write ``run`` in every way that it can be read again, and as the format ``name``."""
    assert decode(encode(run)) == run
    assert read_events(write_events(run)).run.id == run.run.id
    for case in run.cases[:CASES]:
        assert all(is_harmless(line) for line in failure_block(case, run).split("\n"))
    rendered = FORMATS[name].render(run, SETTINGS)
    if isinstance(rendered, Mapping):
        for path, content in rendered.items():
            assert all(file_name(part) == part for part in path.split("/"))
            check(path.rpartition(".")[2], content)
    else:
        check(FORMATS[name].file.rpartition(".")[2], rendered)


def check(kind: str, content: bytes) -> None:
    """Assert that ``content`` is a file of its ``kind``, and obeyed by nobody who reads it."""
    text = content.decode()
    match kind:
        case "html":
            assert text.count("<script") in (0, SCRIPTS)
            assert all(character.isprintable() or character == "\n" for character in text)
        case "json":
            json.loads(text)
        case "xml":
            ElementTree.fromstring(content)
        case "txt" if not text.startswith("::"):  # that is for a service which obeys it
            assert all(is_harmless(line) for line in text.split("\n"))


def is_harmless(line: str) -> bool:
    return line.isprintable() and not line.lstrip().startswith("::")


if __name__ == "__main__":
    main(test_one_input)
