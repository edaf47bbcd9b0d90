"""Whatever text is in a record, no output lets it act: in the terminal, in a CI log, in HTML, in JSON."""

import base64
import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from xml.etree import ElementTree

import msgspec
import pytest
from junitparser import xunit2
from markdown_it import MarkdownIt
from msgspec.structs import replace
from sarif_kit.validate import validation_errors
from tap.parser import Parser
from ws_reports.anchor import Anchor
from ws_reports.console import Style, all_well_line, area_lines, failure_block, summary_block
from ws_reports.events import read_events, write_events
from ws_reports.example import example_known_run
from ws_reports.formats import FORMATS, Settings
from ws_reports.html import render
from ws_reports.html.holding import TEXT_LENGTH
from ws_reports.record import Baseline, Known, Overlay, Run, decode, encode, with_cases

pytestmark = pytest.mark.exhaustive

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
    "table cells and fences": "a|b\n```\n~~~\n# x\n<details> https://evil.example www.evil.example #1",
    "formula": "=cmd|' /C calc'!A1",
    "test protocol": "x # SKIP\n1..0\nBail out!\nnot ok 1 # TODO\n  ---\n  a: !!python/object:os.system [x]\n  ...",
    "messages with links and places": "[x](https://evil.example) {0} {{1}} {",
    "percent": "%0A::error::x%25,title=y",
    "what XML forbids": "\x00\x01\x0b\x1f\x7f\ufffe\uffff\ufdd0",
    "path": "../../x\\..\\y",
    "all of it, long": "\x1b[2J<b>\u202e::error:: ##vso[x] " * 500,
}

# Fields that are not free text: the reader admits only certain values, or bytes in hexadecimal.
CLOSED = frozenset(
    {
        *("format", "verdict", "level", "dir", "kind", "hex", "sha256", "key", "role", "binds", "attempts", "replay"),
        "overlay",
    }
)


@pytest.fixture(params=tuple(HOSTILE.values()), ids=tuple(HOSTILE))
def poisoned(request: pytest.FixtureRequest) -> Run:
    """A run with a hostile text in every field that can hold one, as it is read from a file."""
    document = _poison(json.loads(encode(_run())), request.param)

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
    page = render(poisoned, [poisoned])
    seen = _Elements()
    seen.feed(page)

    assert seen.tags == _shape(poisoned)
    assert all(character.isprintable() or character == "\n" for character in page)
    assert len(page) < 2_000_000


def test_what_the_script_of_the_page_is_given_is_harmless_too(poisoned: Run) -> None:
    (packed,) = re.findall(r'id="data">([A-Za-z0-9+/=]*)</script>', render(poisoned, [poisoned]))

    for text in _texts(json.loads(gzip.decompress(base64.b64decode(packed)))):
        assert text.isprintable()
        assert len(text) < 8 * TEXT_LENGTH + 100


def test_json_and_events_are_ascii_safe_and_exact(poisoned: Run) -> None:
    for data in (encode(poisoned), write_events(poisoned)):
        assert not re.search(rb"[\x00-\x09\x0b-\x1f]", data)
    # Only the lines of the layout: one for each field and case, "cases", "]" and the braces having their own.
    assert encode(poisoned).count(b"\n") == len(poisoned.__struct_fields__) + len(poisoned.cases) + 3
    assert decode(encode(poisoned)) == poisoned
    assert read_events(write_events(poisoned)).cases == poisoned.cases


# --- formats that others read -----------------------------------------------------------------------------------------


def test_every_format_is_tried() -> None:
    assert READERS.keys() | {"html", "json", "text"} == FORMATS.keys()


@pytest.mark.parametrize(
    "name", ["md", "junit", "sarif", "ctrf", "autobahn", "badge", "csv", "tap", "annotations", "matrix"]
)
def test_a_format_is_read_by_others_as_if_its_texts_were_plain(poisoned: Run, name: str) -> None:
    plain = decode(json.dumps(_poison(json.loads(encode(_run())), "plain")).encode())

    shapes = []
    for run in (poisoned, plain):
        rendered = FORMATS[name].render(run, Settings(anchor=Anchor("src/ws.rs"), before=run, every=True))
        files = {"": rendered} if isinstance(rendered, bytes) else rendered
        texts = {path: data.decode() for path, data in files.items()}
        assert all(c.isprintable() or c in "\r\n" for text in texts.values() for c in text)
        assert sum(map(len, files.values())) < 2_000_000
        shapes.append(READERS[name](texts))
    assert shapes[0] == shapes[1]


def test_characters_that_no_json_can_hold_are_shown_by_their_number() -> None:
    run = msgspec.convert(_poison(msgspec.to_builtins(_run()), "\ud800x"), Run)

    for name in READERS:
        rendered = FORMATS[name].render(run, Settings(anchor=Anchor("src/ws.rs"), before=run, every=True))
        for data in [rendered] if isinstance(rendered, bytes) else rendered.values():
            assert "\ud800" not in data.decode()


def _markdown_shape(texts: Mapping[str, str]) -> object:
    """Return the elements of a page in GitHub's dialect: neither a link nor HTML may be among them."""
    tokens = MarkdownIt("gfm-like").parse(texts[""])
    inline = {child.type for token in tokens for child in token.children or ()}
    assert inline <= {"text", "code_inline"}
    assert not any(token.type == "html_block" for token in tokens)
    return [token.type for token in tokens]


def _junit_shape(texts: Mapping[str, str]) -> object:
    suites = list(xunit2.JUnitXml.fromstring(texts[""].encode()))
    names = [(case.classname, case.name) for suite in suites for case in suite]
    assert len(names) == len(set(names))
    elements = ElementTree.fromstring(texts[""]).iter()
    return [(element.tag, sorted(element.attrib)) for element in elements]


def _sarif_shape(texts: Mapping[str, str]) -> object:
    document = json.loads(texts[""])
    assert validation_errors(document) == []
    messages = [result["message"]["text"] for run in document["runs"] for result in run["results"]]
    assert messages
    assert not any(character in message for message in messages for character in "[]{}")
    uris = set(re.findall(r'"(?:uri|helpUri)":"([^"]*)"', texts[""]))
    assert uris == {"src/ws.rs", "https://www.rfc-editor.org/rfc/rfc6455"}
    links = {
        child.attrs["href"]
        for run in document["runs"]
        for rule in run["tool"]["driver"]["rules"]
        for token in MarkdownIt("gfm-like").parse(rule["help"]["markdown"])
        for child in token.children or ()
        if child.type == "link_open"
    }
    assert links == {"https://www.rfc-editor.org/rfc/rfc6455"}
    return _json_shape(texts)


def _json_shape(texts: Mapping[str, str]) -> object:
    return [_without_texts(json.loads(text)) for text in texts.values()]


def _autobahn_shape(texts: Mapping[str, str]) -> object:
    """Return the shape of all files; their paths may hold nothing but what every file system takes."""
    assert all(re.fullmatch(r"servers/[A-Za-z0-9_-]+\.json", path) for path in texts)
    index = json.loads(texts["servers/index.json"])
    files = {f"servers/{entry['reportfile']}" for entries in index.values() for entry in entries.values()}
    assert files == texts.keys() - {"servers/index.json"}
    return [_without_texts(list(agent.values())) for agent in index.values()], [
        _without_texts(json.loads(text)) for path, text in texts.items() if path != "servers/index.json"
    ]


def _csv_shape(texts: Mapping[str, str]) -> object:
    rows = list(csv.reader(io.StringIO(texts[""], newline=""), strict=True))
    assert not any(cell[:1] in tuple("=+-@\t\r") for row in rows for cell in row)
    return [len(row) for row in rows]


def _tap_shape(texts: Mapping[str, str]) -> object:
    lines = list(Parser().parse_text(texts[""]))
    results = [line for line in lines if line.category == "test"]
    return [line.category for line in lines], [
        (result.ok, result.number, result.skip, result.todo, list(result.yaml_block or ())) for result in results
    ]


def _annotations_shape(texts: Mapping[str, str]) -> object:
    """Return kind and properties of each command, as GitHub's runner cuts them."""
    found = [re.fullmatch("::([a-z]+) ([^:]*)::(.*)", line) for line in texts[""].splitlines()]
    return [
        (match[1], [pair.partition("=")[0] for pair in match[2].split(",")], "\n" in match[3]) if match else None
        for match in found
    ]


def _matrix_shape(texts: Mapping[str, str]) -> object:
    seen = _Elements()
    seen.feed(texts[""])
    return seen.tags


READERS: Mapping[str, Callable[[Mapping[str, str]], object]] = {
    "md": _markdown_shape,
    "junit": _junit_shape,
    "sarif": _sarif_shape,
    "ctrf": _json_shape,
    "autobahn": _autobahn_shape,
    "badge": _json_shape,
    "csv": _csv_shape,
    "tap": _tap_shape,
    "annotations": _annotations_shape,
    "matrix": _matrix_shape,
}
"""How somebody else's parser, or their rules, sees the files of each format: what it finds, without the texts."""


def _without_texts(value: object) -> object:
    match value:
        case dict():
            return {name: _without_texts(part) for name, part in value.items()}
        case list():
            return [_without_texts(part) for part in value]
        case str():
            return ""
        case _:
            return value


def _run() -> Run:
    """Return the example run, held against a baseline in which nothing is as it should be."""
    run = example_known_run()
    known = Known(reason="later", issue="#1", owner="somebody", expires="2027-01-31")
    overlays: Mapping[int, Overlay] = {1: "xpass", 2: "xfail", 4: "changed"}
    cases = [
        replace(
            case,
            overlay=overlays.get(n),
            checks=tuple(replace(c, overlay=overlays.get(n), known=known) for c in case.checks),
        )
        for n, case in enumerate(run.cases, start=1)
    ]
    failing = [replace(run.cases[1], n=n, id=f"framing/rsv/{n}") for n in (9, 10)]
    baseline = Baseline(file="b.toml", xfail=1, stale=("a",), changed=("b",), expired=("c",), unmatched=("d",))
    return with_cases(replace(run, baseline=baseline), [*cases, *failing])


def _poison(value: object, text: str, key: str = "") -> object:
    """Return ``value`` with ``text`` for every string that is not in a closed field."""
    match value:
        case dict():
            return {name: _poison(part, text, name) for name, part in value.items()}
        case list() | tuple():
            return [_poison(part, text, key) for part in value]
        case str():
            return value if key in CLOSED else text
        case _:
            return value


def _texts(value: object) -> Iterator[str]:
    """Yield every text in ``value``, names of fields included."""
    match value:
        case dict():
            yield from value
            yield from _texts(list(value.values()))
        case list():
            for part in value:
                yield from _texts(part)
        case str():
            yield value


def _without_colour(line: str) -> str:
    """Return ``line`` without the renditions that our own style puts in."""
    for rendition in ("0", "1;31", "1;35", "2", "32", "33", "35", "36"):
        line = line.replace(f"\x1b[{rendition}m", "")
    return line


def _shape(poisoned: Run) -> list[str]:
    """Return the elements of the page on ``poisoned`` with plain text of as many lines in place of the poison."""
    lines = len(poisoned.cases[0].printed.splitlines())
    plain = msgspec.convert(_poison(msgspec.to_builtins(poisoned), "\n".join(["plain"] * lines)), Run)
    seen = _Elements()
    seen.feed(render(plain, [plain]))
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
