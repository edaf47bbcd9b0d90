"""JSON Pointers: where in a document something is (RFC 6901)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Steps = tuple[str, ...]


class Missing:
    """What a pointer finds where there is nothing. JSON's null is something."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()

Find = Callable[[object], object]
"""Returns what a pointer points to in a document, or MISSING."""


def parse_pointer(text: str) -> Steps:
    """Return the steps of a pointer. Raises ValueError for a text that is none.

    >>> parse_pointer("/a~1b/0")
    ('a/b', '0')
    """
    if text and not text.startswith("/"):
        raise ValueError("it does not begin with '/'")
    steps = text.split("/")[1:]
    for step in steps:
        if "~" in step.replace("~0", "").replace("~1", ""):
            raise ValueError("'~' stands alone; write ~0 for it, and ~1 for '/'")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def finder(text: str) -> Find:
    """Return what looks ``text`` up. Most pointers have one step or two, which are looked up without a loop.

    >>> finder("/params/1")({"params": [7, 8]})
    8
    """
    steps = parse_pointer(text)
    if len(steps) == 1:
        return _one_step(steps[0])
    return _many_steps(steps)


def _one_step(key: str) -> Find:
    def find(document: object) -> object:
        return document.get(key, MISSING) if isinstance(document, dict) else _step(document, key)

    return find


def _many_steps(steps: Steps) -> Find:
    def find(document: object) -> object:
        for key in steps:
            document = document.get(key, MISSING) if isinstance(document, dict) else _step(document, key)
        return document

    return find


def _step(document: object, key: str) -> object:
    """Return what is at ``key`` of a ``document`` that is no object: an item, if it is an array (RFC 6901 §4)."""
    if not isinstance(document, list) or not key.isascii() or not key.isdigit() or (key[0] == "0" and key != "0"):
        return MISSING
    index = int(key) if len(key) < 10 else len(document)
    return document[index] if index < len(document) else MISSING
