"""Documents in TOML: what is read, and how a mistake is named, with its line and what was meant."""

from __future__ import annotations

import doctest
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta
from ws_conformance import documents, units
from ws_conformance.documents import MOST_BYTES, Document, lines_of, read_text
from ws_conformance.units import parse_duration, parse_size
from ws_conformance.usage import UsageError

Span = Annotated[str, Meta(pattern="^[0-9]+s$", examples=["2s"])]


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A table in the document."""

    how_long: Span | None = None
    mood: Literal["calm", "cross"] | None = None
    day: date | None = None


class Outer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The document."""

    name: str
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()


def read(text: str) -> Outer:
    return Document("a.toml", text, "'help'").into(Outer)


@pytest.mark.parametrize("module", [documents, units])
def test_the_examples_in_the_docstrings_are_right(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]  # a module


def test_dates_and_tables_in_arrays_are_read() -> None:
    found = read('name = "x"\n[[many]]\nday = 2026-11-22\n[[many]]\nmood = "calm"\n')

    assert found.many == (Inner(day=date(2026, 11, 22)), Inner(mood="calm"))


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("name = ", "a.toml is no TOML: Invalid value (at end of document)", "toml.io"),
        ("", "a.toml: the document has no 'name'", "add name"),
        ('name = "x"\nnmae = 1', "a.toml, line 2: key 'nmae' is not known", "did you mean  name ?"),
        ('name = "x"\n\n[inner]\n# where\nhow-lng = 1', "line 5: key 'inner.how-lng' is not known", "how-long ?"),
        ('name = "x"\n[[many]]\n[[many]]\nfar = 1', "line 4: key 'many 2, far' is not known", "'help'"),
        ('name = "x"\n[inner]\nhow-long = "2"', "line 3: inner.how-long is '2'", 'write for example "2s"'),
        ('name = "x"\n[inner]\nmood = "cros"', "line 3: inner.mood 'cros' is not known", "did you mean  cross ?"),
        ('name = "x"\ninner = { day = "soon" }', "line 2: inner.day: Expected date | null, got str", "'help'"),
        ("name = 1", "line 1: name: Expected str, got int", "'help'"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_was_meant(text: str, problem: str, remedy: str) -> None:
    with pytest.raises(UsageError) as error:
        read(text)

    assert problem in error.value.problem
    assert remedy in error.value.remedy


def test_what_a_document_says_is_harmless_in_an_error() -> None:
    with pytest.raises(UsageError) as error:
        read('name = "x"\n"\\u001b[2J" = 1')

    assert "\x1b" not in str(error.value)


AWKWARD = '''\
# [not.a.table]
name = """
[[known]]
x = 1
"""
list = [  # [
    "]", '[',
    { a = 1 },
]
"quoted.key".sub = 'it''s' # x = "
[[known]]
check = "a # b"
[[known]]  # the second
[known.sub]
deep = 1
[table."with a dot.".inside]
last = true
'''


def test_lines_are_found_past_strings_arrays_and_comments() -> None:
    tomllib.loads(AWKWARD.replace("'it''s'", "'its'"))

    assert lines_of(AWKWARD.replace("'it''s'", "'its'")) == {
        ("name",): 2,
        ("list",): 6,
        ("quoted.key", "sub"): 10,
        ("known", 0): 11,
        ("known", 0, "check"): 12,
        ("known", 1): 13,
        ("known", 1, "sub"): 14,
        ("known", 1, "sub", "deep"): 15,
        ("table", "with a dot.", "inside"): 16,
        ("table", "with a dot.", "inside", "last"): 17,
    }


def test_a_table_inside_another_document_is_read_alone() -> None:
    text = '[tool.other]\nx = 1\n[tool.mine]\nname = "x"\ntypo = 1\n'

    with pytest.raises(UsageError, match=r"a\.toml, line 5: key 'typo'"):
        Document("a.toml", text, "'help'", ("tool", "mine")).into(Outer)
    assert not Document("a.toml", text, "'help'", ("tool", "absent")).holds_table()


def test_a_file_that_is_too_long_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_bytes(b"#" * (MOST_BYTES + 1))
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')

    with pytest.raises(UsageError, match="longer than"):
        read_text(tmp_path / "long.toml")
    with pytest.raises(UsageError, match=r"not in UTF-8 \(byte 8\)"):
        read_text(tmp_path / "latin.toml")


# --- units ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "2", "s", "2 s", "-2s", "2S", "1e3s", "2s\n", "٢s"])
def test_a_duration_has_a_number_and_a_unit(text: str) -> None:
    with pytest.raises(UsageError):
        parse_duration(text)


@pytest.mark.parametrize("text", ["", "64", "64MB", "1.5MiB", "-1B"])
def test_a_size_has_a_whole_number_and_a_unit(text: str) -> None:
    with pytest.raises(UsageError):
        parse_size(text)
