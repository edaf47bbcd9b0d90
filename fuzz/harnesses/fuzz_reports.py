#!/usr/bin/env python3
"""Reports on a run in which any value was replaced by another: the reader takes it or not, and no report obeys it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fuzz_records import NAMES, show, show_error
from harness import Choices, instrumented, main

with instrumented():
    from ws_reports.example import example_run
    from ws_reports.record import RecordError, decode, encode

EXAMPLE = encode(example_run())
CHANGES = 4
"""How many values are replaced at most."""

TEXT_BYTES = 64
VALUES: tuple[object, ...] = (None, True, 0, -1, 1 << 63, 1 << 64, 10**400, 0.5, 1e308, "", "9" * 5_000, [], {}, [[]])

Path = tuple[str | int, ...]


def test_one_input(data: bytes) -> None:
    """A value in place of another is refused with a RecordError, or shown and not obeyed."""
    choices = Choices(data)
    name = NAMES[choices.number(len(NAMES))]
    document = json.loads(EXAMPLE)
    for _ in range(1 + choices.number(CHANGES)):
        path = PATHS[(256 * choices.number(256) + choices.number(256)) % len(PATHS)]
        kind = choices.number(2 * len(VALUES))
        text = choices.some(TEXT_BYTES).decode("utf-8", "surrogateescape")
        replace(document, path, VALUES[kind] if kind < len(VALUES) else text)
    try:
        run = decode(json.dumps(document).encode())
    except RecordError as error:
        show_error(error)
    else:
        show(run, name)


def replace(document: Any, path: Path, value: object) -> None:
    """Put ``value`` where ``path`` leads to, if that is still there."""
    *way, last = path
    try:
        for key in way:
            document = document[key]
        document[last] = value
    except (KeyError, IndexError, TypeError):
        return


def paths_in(value: object, here: Path = ()) -> Iterator[Path]:
    match value:
        case dict():
            inside = list(value.items())
        case list():
            inside = list(enumerate(value))
        case _:
            return
    for key, each in inside:
        yield (*here, key)
        yield from paths_in(each, (*here, key))


PATHS = tuple(paths_in(json.loads(EXAMPLE)))


if __name__ == "__main__":
    main(test_one_input)
