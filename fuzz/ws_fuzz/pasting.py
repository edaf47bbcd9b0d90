"""Cases as Python, to be pasted into a module of cases: what is written here reads back as the same values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import is_dataclass
from enum import Enum
from inspect import signature

from msgspec import Struct
from ws_conformance.model import Case

WIDTH = 120
"""How long a line may be that holds more than one value."""


def module_of(cases: Sequence[Case]) -> str:
    """Return a module that has ``cases`` in its CASES, each with the imports that it takes."""
    names: dict[str, set[str]] = defaultdict(set)
    for value in _values(cases):
        names[type(value).__module__].add(type(value).__name__)
    imports = [f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names)]
    return "\n".join((*imports, "", f"CASES = {written(tuple(cases))}", ""))


def written(value: object, indent: int = 0) -> str:
    """Return ``value`` as an expression, broken over several lines, ``indent`` to the right, where it is too long."""
    opening, parts, closing = _parts(value)
    whole = [f"{name}{written(part)}" for name, part in parts]
    comma = "," if isinstance(value, tuple) and len(whole) == 1 else ""
    line = f"{opening}{', '.join(whole)}{comma}{closing}"
    if not parts or ("\n" not in line and indent + len(line) <= WIDTH):
        return line
    margin = " " * (indent + 4)
    lines = (f"{margin}{name}{written(part, indent + 4)},\n" for name, part in parts)
    return f"{opening}\n{''.join(lines)}{' ' * indent}{closing}"


Parts = list[tuple[str, object]]
"""What is inside of a value, each with what stands in front of it."""


def _parts(value: object) -> tuple[str, Parts, str]:
    """Return how ``value`` begins, what is inside, and how it ends."""
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}", [], ""
    if _has_fields(value):
        given: Parts = [
            (f"{name}=", getattr(value, name))
            for name, field in signature(type(value)).parameters.items()
            if getattr(value, name) != field.default
        ]
        return f"{type(value).__name__}(", given, ")"
    if isinstance(value, frozenset):
        ordered: Parts = [("", part) for part in sorted(value, key=repr)]
        return ("frozenset({", ordered, "})") if ordered else ("frozenset()", [], "")
    if isinstance(value, tuple):
        return "(", [("", part) for part in value], ")"
    return repr(value), [], ""


def _has_fields(value: object) -> bool:
    return isinstance(value, Struct) or (is_dataclass(value) and not isinstance(value, type))


def _values(value: object) -> Iterator[object]:
    """Yield all that has a name to be imported, from ``value`` inwards."""
    if isinstance(value, Enum) or _has_fields(value):
        yield value
    inside: Iterable[object] = value if isinstance(value, list) else [part for _, part in _parts(value)[1]]
    for part in inside:
        yield from _values(part)
