"""What a target sends is harmless wherever it is shown (and every adapter applies the one escaping)."""

import doctest
import unicodedata
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from ws_reports import escape

HOSTILE = (
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil.example/\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;aGk=\x07",
    "\x1b[2J",
    "\x9b2J",
    "\x00\r\n\x0b\x0c\x85\u2028\u2029",
    "\u202egpj.exe\u202c\u2066\u200f",
    "\ud800\udcff\ufeff\u200b\ufffe",
    "<script>alert(1)</script>",
    "]]>--><!--",
    "\"'><img src=x onerror=alert(1)>",
    "{{7*7}}{% include '/etc/passwd' %}",
    "__import__('os')",
    "::set-output name=a::b",
    "\n  ::error::x",
    "##vso[task.setvariable]x##[error]",
    "| a | b |\n|--|--|\n[x](javascript:1) ![i](http://evil.example/) `code` **b** @somebody #1",
    "../../etc/passwd",
    "x" * 70_000,
)


def test_the_doctests_of_escape_hold() -> None:
    assert doctest.testmod(escape).failed == 0


def test_printable_ascii_is_kept_but_for_the_backslash() -> None:
    printable = "".join(map(chr, range(0x20, 0x7F)))

    assert escape.visible(printable) == printable.replace("\\", "\\x5c")
    assert escape.visible(printable.encode()) == escape.visible(printable)


def test_characters_are_shown_by_their_number() -> None:
    assert escape.visible("é€\U0001f600\ud800") == "\\xe9\\u20ac\\U0001f600\\ud800"
    assert escape.visible("é".encode()) == "\\xc3\\xa9"


def test_a_limit_counts_what_it_leaves_out() -> None:
    assert escape.visible(b"x" * 2000, limit=3) == "xxx… 1,997 more"
    assert escape.visible(b"xxx", limit=3) == "xxx"


@given(st.text() | st.binary())
def test_visible_text_is_printable_ascii(data: str | bytes) -> None:
    shown = escape.visible(data)

    assert all(" " <= character <= "~" for character in shown)
    assert escape.harmless(shown) == shown


@given(st.binary(), st.binary())
def test_different_bytes_look_different(one: bytes, other: bytes) -> None:
    assert (escape.visible(one) == escape.visible(other)) == (one == other)


@given(st.text())
def test_harmless_text_has_no_controls_and_nothing_that_reorders(text: str) -> None:
    shown = escape.harmless(text)

    assert {unicodedata.category(character) for character in shown}.isdisjoint({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
    assert escape.harmless(shown) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_a_line_is_no_command_to_a_ci_service(text: str) -> None:
    shown = escape.line(text)

    assert shown.isprintable()
    assert not shown.lstrip().startswith("::")
    assert "##" not in shown


@given(st.text(alphabet="#: x"))
def test_no_run_of_signs_makes_a_command(text: str) -> None:
    shown = escape.line(text)

    assert not shown.lstrip().startswith("::")
    assert "##" not in shown


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_is_text_to_a_parser(text: str) -> None:
    element = ElementTree.fromstring(f'<a b="{escape.markup(text)}">{escape.markup(text)}</a>')

    assert element.text == escape.harmless(text)
    assert element.get("b") == escape.harmless(text)
    assert len(element) == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_is_one_code_span_also_in_a_table(text: str) -> None:
    page = MarkdownIt("gfm-like", {"linkify": False}).render(f"| h |\n| --- |\n| {escape.markdown(text)} |\n")

    tags = _Tags()
    tags.feed(page)
    assert tags.seen == ["table", "thead", "tr", "th", "tbody", "tr", "td", "code"]


@given(st.text())
def test_a_file_name_is_one_plain_component(text: str) -> None:
    name = escape.file_name(text)

    assert name
    assert len(name) <= 101
    assert not name.startswith(".")
    assert not name.endswith(".")
    assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


@pytest.mark.parametrize(
    ("text", "name"),
    [("..", "_"), ("", "_"), ("nul.txt", "_nul.txt"), ("COM1", "_COM1"), ("a/b\\c", "a_b_c"), ("control", "control")],
)
def test_a_file_name_is_never_a_device_or_a_parent(text: str, name: str) -> None:
    assert escape.file_name(text) == name


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
