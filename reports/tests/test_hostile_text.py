"""Whatever text is in a record, no output lets it act: in the terminal, in a CI log, in HTML, in JSON."""

import json
from html.parser import HTMLParser

import msgspec
import pytest
from ws_reports.console import Style, all_well_line, area_lines, failure_block, summary_block
from ws_reports.events import read_events, write_events
from ws_reports.example import example_run
from ws_reports.html import render
from ws_reports.record import Run, decode, encode

HOSTILE = {
    "overrides and broken text": "\u202egpj.exe\u2066 \ufeff\u200b\u2028\u2029\x00\r\n\x85",
    "terminal title": "\x1b]0;owned\x07",
    "terminal link": "\x1b]8;;http://evil.example/\x1b\\here\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;cm0gLXJmIC8=\x07",
    "clear": "\x1b[2J\x1b[H",
    "C1 controls": "\x9b2J\x90q\x9c",
    "script": "<script>alert(1)</script>",
    "end of CDATA and comment": "]]>--><!--",
    "attribute": "\"'><img src=x onerror=alert(1)>",
    "template": "{{7*7}}{% raw %}{{ self.__init__.__globals__ }}",
    "import": "__import__('os').system('x')",
    "workflow commands": "x\n::set-output name=a::b\n ::error::x ##vso[task.x]y ##[error]z ::stop-commands::t",
    "markdown": "| a |\n|--|\n[x](javascript:alert) ![i](//evil.example) @somebody",
    "path": "../../x\\..\\y",
    "all of it, long": "\x1b[2J<b>\u202e::error:: ##vso[x] " * 3000,
}

# Fields that are not free text: the reader admits only certain values, or bytes in hexadecimal.
CLOSED = frozenset(
    {"format", "verdict", "level", "dir", "kind", "hex", "sha256", "key", "role", "binds", "attempts", "replay"}
)


@pytest.fixture(params=tuple(HOSTILE.values()), ids=tuple(HOSTILE))
def poisoned(request: pytest.FixtureRequest) -> Run:
    """The example run with a hostile text in every field that can hold one, as it is read from a file."""
    document = _poison(json.loads(encode(example_run())), request.param)

    return decode(json.dumps(document).encode())


def test_the_poison_is_everywhere(poisoned: Run) -> None:
    case = poisoned.cases[1]

    assert {case.id, case.reason, case.checks[0].observed, case.wire[0].words, poisoned.run.argv[0]} <= {
        *HOSTILE.values(),
        None,
    }
    assert poisoned.causes[0].words == poisoned.targets[0].agent == poisoned.requirements[0].text == case.id


@pytest.mark.parametrize("style", [Style(), Style(colour=True)], ids=["plain", "coloured"])
def test_the_terminal_gets_text_only(poisoned: Run, style: Style) -> None:
    lines = [
        *(line for case in poisoned.cases for line in failure_block(case, poisoned, style).split("\n")),
        *summary_block(poisoned, style, files=[poisoned.run.id[:200]]).split("\n"),
        *area_lines(poisoned, style),
        all_well_line(poisoned, style, files=[poisoned.run.id[:200]]),
    ]

    for line in map(_without_colour, lines):
        assert line.isprintable()
        assert not line.lstrip().startswith("::")
        assert "##" not in line
        assert len(line) < 3000


def test_html_has_no_live_markup(poisoned: Run) -> None:
    page = render(poisoned)
    seen = _Elements()
    seen.feed(page)

    assert seen.tags == _shape(poisoned)
    assert all(character.isprintable() or character == "\n" for character in page)
    assert len(page) < 2_000_000


def test_json_and_events_are_ascii_safe_and_exact(poisoned: Run) -> None:
    for data in (encode(poisoned), write_events(poisoned)):
        assert not any(byte < 0x20 and byte != 0x0A for byte in data)
    assert encode(poisoned).count(b"\n") == 1
    assert decode(encode(poisoned)) == poisoned
    assert read_events(write_events(poisoned)).cases == poisoned.cases


def _poison(value: object, text: str, key: str = "") -> object:
    """Return ``value`` with ``text`` for every string that is not in a closed field."""
    match value:
        case dict():
            return {name: _poison(part, text, name) for name, part in value.items()}
        case list():
            return [_poison(part, text, key) for part in value]
        case str():
            return value if key in CLOSED else text
        case _:
            return value


def _without_colour(line: str) -> str:
    """Return ``line`` without the renditions that our own style puts in."""
    for rendition in ("0", "1;31", "1;35", "2", "32", "33", "35", "36"):
        line = line.replace(f"\x1b[{rendition}m", "")
    return line


def _shape(poisoned: Run) -> list[str]:
    """Return the elements of the page on ``poisoned`` when plain text stands in place of the poison."""
    document = _poison(msgspec.to_builtins(poisoned), "plain")
    seen = _Elements()
    seen.feed(render(msgspec.convert(document, Run)))
    return seen.tags


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(" ".join([tag, *(name for name, _ in attrs)]))

    def handle_comment(self, data: str) -> None:
        self.tags.append("comment")

    def unknown_decl(self, data: str) -> None:
        self.tags.append("declaration")
