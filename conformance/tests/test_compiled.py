"""What TOML files say, kept as JSON: the same, and never what they said before."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ws_conformance.compiled import Compiled, all_compiled


@pytest.mark.parametrize("compiled", all_compiled(), ids=lambda compiled: compiled.path.name)
def test_what_is_kept_is_what_the_files_say(compiled: Compiled[Any]) -> None:
    is_up_to_date = compiled.path.read_bytes() == compiled.document()

    assert is_up_to_date, f"{compiled.path.name} is out of date: run 'python -m ws_conformance.compiled'"


def numbers_in(folder: Path) -> Compiled[tuple[str, int]]:
    def read(texts: Mapping[str, str]) -> list[tuple[str, int]]:
        return [item for text in texts.values() for item in tomllib.loads(text).items()]

    return Compiled(path=folder / "numbers.ndjson", files="*.toml", kind=tuple[str, int], read=read, plain=list)


def test_what_is_kept_is_believed_as_long_as_the_files_are_as_they_were(tmp_path: Path) -> None:
    numbers = numbers_in(tmp_path)
    (tmp_path / "some.toml").write_text("one = 1\n", "utf-8")
    kept = numbers.document().replace(b'["one",1]', b'["one",2]')
    numbers.path.write_bytes(kept)

    assert list(numbers.load()) == [("one", 2)]

    (tmp_path / "some.toml").write_text("one = 1\nthree = 3\n", "utf-8")

    assert list(numbers.load()) == [("one", 1), ("three", 3)]


def test_another_file_counts_as_well(tmp_path: Path) -> None:
    numbers = numbers_in(tmp_path)
    (tmp_path / "some.toml").write_text("one = 1\n", "utf-8")
    numbers.path.write_bytes(numbers.document())
    (tmp_path / "more.toml").write_text("two = 2\n", "utf-8")

    assert list(numbers.load()) == [("two", 2), ("one", 1)]


@pytest.mark.parametrize("kept", [None, b"", b"<<<<<<< ours", b"{}", b"[1]", b"\xff"])
def test_what_cannot_be_read_is_not_missed(tmp_path: Path, kept: bytes | None) -> None:
    numbers = numbers_in(tmp_path)
    (tmp_path / "some.toml").write_text("one = 1\n", "utf-8")
    if kept is not None:
        numbers.path.write_bytes(kept)

    assert list(numbers.load()) == [("one", 1)]
