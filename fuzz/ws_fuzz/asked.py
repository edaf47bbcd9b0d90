"""A request as the oracle reads it, from its lines, by the rules of RFC 9112 §2 to §5."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ws_conformance.model import Reaction, Refuses, Request, field_line

from .judgement import Objection, Weight, with_status

HOST, RESOURCE, KEY = "wsspec.example", "/", "AQIDBAUGBwgJCgsMDQ4PEA=="
"""What stands in for the run's own values."""

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(slots=True)
class Head:
    """A head as it reads: its first line, its fields, and what is odd about its lines. ``length`` is in bytes."""

    line: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    oddities: list[Objection] = field(default_factory=list)
    length: int = 0

    def values(self, name: str) -> list[str]:
        return [value for known, value in self.fields if known.lower() == name.lower()]

    def members(self, name: str) -> list[str]:
        """Return the members of all lists called ``name``, empty ones among them."""
        return [member.strip(" \t") for value in self.values(name) for member in value.split(",")]

    def tokens(self, name: str) -> list[str]:
        return [lower(member) for member in self.members(name) if member]


@dataclass(slots=True)
class Asked(Head):
    """A request as it reads: a head, perhaps with a ``body``."""

    body: bytes = b""
    method: str = ""
    target: str = ""
    version: str = ""


def lower(text: str) -> str:
    """Return ``text`` with A to Z in lower case, and nothing else changed (§2.1)."""
    return re.sub("[A-Z]", lambda letter: chr(ord(letter[0]) + 32), text)


def _filled(text: str) -> str:
    return text.replace("{host}", HOST).replace("{resource}", RESOURCE).replace("{key}", KEY)


def read_request(request: Request) -> Asked:
    """Return ``request`` as it reads once the run's own values are filled in."""
    lines = [_filled(line) for line in (request.line, *map(field_line, request.fields))]
    asked = Asked(lines[0], body=request.behind, length=sum(len(line) + 2 for line in lines))
    if request.line_end == "\n" or any("\n" in line.replace("\r\n", "") for line in lines):
        asked.oddities.append(
            Objection(Weight.EITHER, "9112/2.2/single-lf-may-end-a-line", "RFC 9112 §2.2: LF alone may end a line.")
        )
    first, *field_lines = [part for line in lines for part in re.split("\r?\n", line)]
    empty = 0
    while not first and field_lines:
        first, *field_lines = field_lines
        empty += 1
    if empty:
        requirement = "9112/2.2/leading-empty-line-is-skipped"
        because = "RFC 9112 §2.2: a server skips an empty line before the request."
        asked.oddities.append(Objection(Weight.WANTED if empty == 1 else Weight.EITHER, requirement, because))
    asked.line = first
    for place, line in enumerate(field_lines):
        _read_line(asked, line, is_first=place == 0)
    return asked


def _read_line(asked: Asked, line: str, *, is_first: bool) -> None:
    name, colon, value = line.partition(":")
    if line[:1] in (" ", "\t"):
        if is_first:
            requirement = "9112/2.2/white-space-before-the-first-field-is-refused-or-skipped"
            because = "RFC 9112 §2.2: a line with white space in front, before the first field, is refused or skipped."
            asked.oddities.append(Objection(Weight.EITHER, requirement, because))
            return
        requirement = "9112/5.2/folded-request-is-refused-or-unfolded"
        because = "RFC 9112 §5.2: a folded line is refused, or its fold is read as spaces."
        asked.oddities.append(Objection(Weight.EITHER, requirement, because))
        if asked.fields:
            known, before = asked.fields[-1]
            asked.fields[-1] = known, f"{before} {line.strip()}".strip()
        return
    if name != name.rstrip(" \t") and colon and TOKEN.fullmatch(name.rstrip(" \t")):
        asked.oddities.append(
            Objection(
                Weight.FORBIDDEN,
                "9112/5.1/white-space-before-the-colon-is-refused",
                "RFC 9112 §5.1: white space between a name and its colon is refused.",
                statuses=with_status(400, instead="9112/5.1/white-space-refusal-is-400"),
            )
        )
        asked.fields.append((name.rstrip(" \t"), value.strip(" \t")))
        return
    if not colon or not TOKEN.fullmatch(name):
        requirement = "9112/5/field-line-outside-the-grammar-is-refused"
        because = "RFC 9112 §5: a field line is a name, a colon and a value."
        asked.oddities.append(Objection(Weight.EXCUSED, requirement, because))
        return
    for characters, requirement, because in _CONTROLS:
        if characters.search(value):
            asked.oddities.append(Objection(Weight.EITHER, requirement, because))
    if re.search("[\x80-\xff]", value):
        objection = above_7f(value)
        asked.oddities.append(replace(objection, statuses=NOT_426) if value.endswith("\xe2") else objection)
    asked.fields.append((name, value.strip(" \t")))


def above_7f(value: str) -> Objection:
    """Return the objection to a value with bytes above 7F; one that ends in half a character hides no line end."""
    if value.endswith("\xe2"):
        because = "RFC 9112 §2.2: a head is taken apart as bytes; half a character swallows no line end."
        return Objection(Weight.EITHER, "9112/2.2/head-is-parsed-as-bytes", because)
    because = "RFC 9110 §5.5: bytes above 7F in a value mean nothing."
    return Objection(Weight.WANTED, "9110/5.5/bytes-above-7f-are-opaque", because)


NOT_426 = (
    Reaction("refuses with a status below 426", (Refuses(400, 425),)),
    Reaction("refuses with a status above 426", (Refuses(427, 599),)),
)
"""To refuse a version that was never read would show that the line end before it was lost."""

_CONTROLS = (
    (
        re.compile("\0"),
        "9110/5.5/cr-lf-nul-is-refused-or-replaced",
        "RFC 9110 §5.5: NUL in a value is refused or read as a space.",
    ),
    (
        re.compile("\r"),
        "9112/2.2/bare-cr-is-refused-or-replaced",
        "RFC 9112 §2.2: a CR without LF is refused or read as a space.",
    ),
    (
        re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]"),
        "9110/5.5/other-controls-may-be-kept",
        "RFC 9110 §5.5: other control characters in a value may be refused or kept.",
    ),
)
