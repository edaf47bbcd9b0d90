"""Which of our cases cover which of Autobahn's: the tables beside the cases, as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from .compiled import Compiled


@cache
def autobahn_table() -> Mapping[str, tuple[str, ...]]:
    """Return the ids of Autobahn's cases, and of each the ids of ours that cover it."""
    return dict(TABLE.load())


@cache
def autobahn_aliases() -> Mapping[str, tuple[str, ...]]:
    """Return the ids of our cases, and of each the ids of Autobahn's that it covers."""
    aliases: dict[str, tuple[str, ...]] = {}
    for number, ids in autobahn_table().items():
        for case_id in ids:
            aliases[case_id] = (*aliases.get(case_id, ()), number)
    return aliases


def _read(documents: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    import tomllib

    for document in documents.values():
        for number, ids in tomllib.loads(document).items():
            yield number, tuple(ids)


TABLE = Compiled(
    path=Path(__file__).parent / "cases" / "autobahn.ndjson",
    files="*/autobahn.toml",
    kind=tuple[str, tuple[str, ...]],
    read=_read,
    plain=list,
)
