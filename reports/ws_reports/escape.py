"""How bytes and text that a target chose become text that is harmless to show.

Whatever a target sends may hold terminal codes, markup, commands for a CI service or characters that reorder
the line. ``visible`` is the one function that turns such bytes into text, and it is applied where the text
enters the record. ``harmless`` is for text that is in a record already: it leaves what ``visible`` wrote as it
is and still trusts nobody, because a record may come from anywhere. The functions after it add what one kind
of output needs, and apply ``harmless`` themselves.
"""

import html
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

_NOT_PLAIN = re.compile(r"[^ -\[\]-~]")
_COMMAND_AT_LINE_START = re.compile(r"^(\s*):(?=:)")
_LINK_OR_PLACE = re.compile(r"[][{}]")
_NOT_FOR_FILE_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_DEVICE_NAMES = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))})
_FILE_NAME_LENGTH = 100


def visible(data: bytes | str, limit: int | None = None) -> str:
    r"""Return ``data`` with printable ASCII kept and everything else, backslash included, as ``\xNN`` or ``\uNNNN``.

    Bytes are shown as bytes, whatever text they might be. ``limit`` is the greatest number of bytes or
    characters of ``data`` to show; what is left out is counted behind an ellipsis, which no data can forge.

    >>> visible(b"ok \x1b[2J \xff")
    'ok \\x1b[2J \\xff'
    >>> visible("\u202eabc", limit=3)
    '\\u202eab… 1 more'
    """
    shown = data if limit is None else data[:limit]
    characters = shown.decode("latin-1") if isinstance(shown, bytes) else shown
    is_plain = characters.isascii() and characters.isprintable() and "\\" not in characters
    text = characters if is_plain else _NOT_PLAIN.sub(lambda found: _escaped(ord(found[0])), characters)
    left_out = len(data) - len(shown)
    return f"{text}… {left_out:,} more" if left_out else text


def harmless(text: str) -> str:
    r"""Return ``text`` on one line, with every character that is not plainly printable as ``\xNN`` or ``\uNNNN``.

    Unlike ``visible`` it keeps the backslash, so that nothing is escaped twice, and the signs our own sentences
    use (§, →, ✓). Controls, line ends, bidirectional overrides, zero-width and unassigned characters are escaped.

    >>> harmless("§5.2 " + visible(b"\x07"))
    '§5.2 \\x07'
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(ord(c)) for c in text)


def line(text: str) -> str:
    r"""Return ``text`` as one line for a terminal or a CI log: no CI service takes it for a command.

    Services look for ``::`` at the start of a line, after white space too, and for ``##`` anywhere.

    >>> line(" ::error::x ##vso[task]")
    ' \\x3a:error::x #\\x23vso[task]'
    """
    return _COMMAND_AT_LINE_START.sub(r"\1\\x3a", harmless(text)).replace("##", r"#\x23")


def markup(text: str) -> str:
    """Return ``text`` for XML and HTML, as element content or as a quoted attribute value."""
    return html.escape(harmless(text), quote=True)


def markdown(text: str) -> str:
    """Return ``text`` as a Markdown code span, in which no link, mention, table bar or HTML is live.

    >>> markdown("a|b`c")
    '`a\\\\x7cb\\\\x60c`'
    """
    inside = harmless(text).replace("`", r"\x60").replace("|", r"\x7c")
    return f"`{inside or ' '}`"


def command_value(text: str) -> str:
    """Return ``text`` as what follows the second ``::`` of a workflow command of GitHub's runner.

    >>> command_value("100%::stop")
    '100%25::stop'
    """
    return harmless(text).replace("##", r"#\x23").replace("%", "%25")


def command_property(text: str) -> str:
    """Return ``text`` as the value of a property of a workflow command, where colons and commas mean something.

    >>> command_property("a:b, c")
    'a%3Ab%2C c'
    """
    return command_value(text).replace(":", "%3A").replace(",", "%2C")


def sarif_message(text: str) -> str:
    r"""Return ``text`` as a message of SARIF, in which brackets would make links and braces places to fill.

    >>> sarif_message("[here](1) {0}")
    '\\x5bhere\\x5d(1) \\x7b0\\x7d'
    """
    return _LINK_OR_PLACE.sub(lambda found: _escaped(ord(found[0])), harmless(text))


def csv_cell(text: str) -> str:
    """Return ``text`` as a cell of a table in CSV: one line, and no formula to any program that opens it.

    >>> csv_cell("=1+1"), csv_cell("1+1")
    ("'=1+1", '1+1')
    """
    shown = harmless(text)
    return f"'{shown}" if shown.lstrip()[:1] in tuple("=+-@") else shown


def tap_description(text: str) -> str:
    r"""Return ``text`` as the description of a test in TAP, where a number sign begins a directive.

    >>> tap_description("odd # SKIP")
    'odd \\x23 SKIP'
    """
    return harmless(text).replace("#", r"\x23")


def file_name(text: str) -> str:
    """Return ``text`` as one component of a path: no separator, no leading dot, no device name, never empty.

    >>> file_name("../../x")
    '_.._x'
    """
    name = _NOT_FOR_FILE_NAMES.sub("_", text).lstrip(".")[:_FILE_NAME_LENGTH].rstrip(".")
    if not name or name.partition(".")[0].upper() in _DEVICE_NAMES:
        return f"_{name}"
    return name


def distinct(keys: Iterable[Key], clean: Callable[[Key], str]) -> dict[Key, str]:
    """Return what ``clean`` makes of each of ``keys``, with a number behind it where another has become the same.

    Capital letters make no difference, because to some file systems they make none.

    >>> distinct(["a/b", "A b", "c"], file_name)
    {'a/b': 'a_b', 'A b': 'A_b-2', 'c': 'c'}
    """
    names: dict[Key, str] = {}
    taken: set[str] = set()
    numbers: Counter[str] = Counter()
    for key in dict.fromkeys(keys):
        name = cleaned = clean(key)
        while name.lower() in taken:
            numbers[cleaned.lower()] += 1
            name = f"{cleaned}-{numbers[cleaned.lower()] + 1}"
        taken.add(name.lower())
        names[key] = name
    return names


def cut(text: str, limit: int) -> str:
    """Return the first ``limit`` characters of ``text``, and behind an ellipsis how many more there are.

    >>> cut("abc", 2)
    'ab… 1 more'
    """
    return text if len(text) <= limit else f"{text[:limit]}… {len(text) - limit:,} more"


def _escaped(code: int) -> str:
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
