"""Which of our cases cover which of Autobahn's: the tables beside the cases, as one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from .compiled import Compiled


@cache
def autobahn_table() -> Mapping[str, tuple[str, ...]]:
    """Return the ids of Autobahn's cases, and of each the ids of ours that cover it."""
    return TABLE.load()


@cache
def autobahn_aliases() -> Mapping[str, tuple[str, ...]]:
    """Return the ids of our cases, and of each the ids of Autobahn's that it covers."""
    aliases: dict[str, tuple[str, ...]] = {}
    for number, ids in autobahn_table().items():
        for case_id in ids:
            aliases[case_id] = (*aliases.get(case_id, ()), number)
    return aliases


def _read(documents: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    import tomllib

    tables = map(tomllib.loads, documents.values())
    return {number: tuple(ids) for table in tables for number, ids in table.items()}


TABLE = Compiled(
    path=Path(__file__).parent / "cases" / "autobahn.json",
    files="*/autobahn.toml",
    kind=dict[str, tuple[str, ...]],
    read=_read,
    plain=dict,
)
