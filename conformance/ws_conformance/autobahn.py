"""Which of our cases cover which of Autobahn's: the tables beside the cases, as one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache


@cache
def autobahn_table() -> Mapping[str, tuple[str, ...]]:
    """Return the ids of Autobahn's cases, and of each the ids of ours that cover it."""
    import tomllib
    from importlib.resources import files

    table: dict[str, tuple[str, ...]] = {}
    for area in files("ws_conformance.cases").iterdir():
        document = area / "autobahn.toml"
        if document.is_file():
            table |= {number: tuple(ids) for number, ids in tomllib.loads(document.read_text("utf-8")).items()}
    return table


@cache
def autobahn_aliases() -> Mapping[str, tuple[str, ...]]:
    """Return the ids of our cases, and of each the ids of Autobahn's that it covers."""
    aliases: dict[str, tuple[str, ...]] = {}
    for number, ids in autobahn_table().items():
        for case_id in ids:
            aliases[case_id] = (*aliases.get(case_id, ()), number)
    return aliases
