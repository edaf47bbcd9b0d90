"""Which of our cases cover which of Autobahn's: the tables beside the cases, as one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def autobahn_table() -> Mapping[str, tuple[str, ...]]:
    """Return the ids of Autobahn's cases, and of each the ids of ours that cover it."""
    import tomllib

    table: dict[str, tuple[str, ...]] = {}
    for document in (Path(__file__).parent / "cases").glob("*/autobahn.toml"):
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
