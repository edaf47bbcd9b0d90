"""HTTP/1.1 heads as the suite reads them: whatever came, split into lines and fields, judged by nobody yet.

The reference parses HTTP with h11; this does not, so that an error in one cannot hide in the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

HEAD_LIMIT = 65_536
"""The longest head that is waited for, in bytes."""

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token of RFC 9110 §5.6.2."""

KNOWN_LINES = 128
"""Of how many lines it is remembered what they say: those of a target are nearly the same in every case."""

_STATUS_LINE = re.compile(r"(HTTP/\d\.\d) (\d{3})(?: (.*))?")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_EMPTY_LINE = re.compile(rb"\n\r?\n")


@dataclass(frozen=True, slots=True)
class Head:
    """A start line and the fields below it, in order, values without white space around them.

    ``malformed`` are the lines that are no field lines. Bytes are read as Latin-1, so that none is lost.
    """

    start_line: str
    fields: tuple[tuple[str, str], ...]
    malformed: tuple[str, ...] = ()
    _named: Mapping[str, Sequence[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named: dict[str, list[str]] = {}
        for name, value in self.fields:
            named.setdefault(name.lower(), []).append(value)
        object.__setattr__(self, "_named", named)

    def values(self, name: str) -> list[str]:
        """Return the value of each field line called ``name``, letter case aside."""
        return [*self._named.get(name.lower(), ())]

    @property
    def repeats(self) -> bool:
        """Whether a name comes more than once."""
        return len(self._named) < len(self.fields)

    def has(self, name: str) -> bool:
        return name.lower() in self._named

    def elements(self, name: str) -> list[str]:
        """Return the elements of the lists in all ``name`` fields, empty ones left out (RFC 9110 §5.6.1)."""
        return [element for value in self._named.get(name.lower(), ()) for element in _elements(value) if element]

    def tokens(self, name: str) -> list[str]:
        """Return the elements of ``name`` in lower case, for tokens that are compared without regard to case."""
        return [element.lower() for element in self.elements(name)]


@dataclass(frozen=True, slots=True)
class ResponseHead(Head):
    """The head of a response. ``status`` is 0 and ``version`` empty when the status line cannot be read."""

    version: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True)
class RequestHead(Head):
    """The head of a request. ``method``, ``target`` and ``version`` are empty when the request line cannot be read."""

    method: str = ""
    target: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension with its parameters in order, None for one without a value. Values are without their quotes."""

    name: str
    parameters: tuple[tuple[str, str | None], ...] = ()

    def __str__(self) -> str:
        spelled = (name if value is None else f"{name}={value}" for name, value in self.parameters)
        return "; ".join((self.name, *spelled))


_WORD = TOKEN.pattern
_PARAMETER = re.compile(rf'[ \t]*;[ \t]*({_WORD})(?:[ \t]*=[ \t]*({_WORD}|"(?:[^"\\]|\\.)*"))?')
_EXTENSION = re.compile(rf"({_WORD})((?:{_PARAMETER.pattern})*)")


def read_extension(element: str) -> Extension | None:
    """Return an element of Sec-WebSocket-Extensions (§9.1), or None if it is none.

    >>> str(read_extension('foo;bar = "1\\\\0" ; baz'))
    'foo; bar=10; baz'
    >>> read_extension("foo bar")
    """
    found = _EXTENSION.fullmatch(element)
    if found is None:
        return None
    parameters = ((name, _unquoted(value) if value else None) for name, value in _PARAMETER.findall(found[2]))
    return Extension(found[1], tuple(parameters))


def _unquoted(value: str) -> str:
    """Undo the quoting of RFC 9110 §5.6.4."""
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def split_list(value: str) -> list[str]:
    """Split ``value`` at its commas, those inside quoted strings excepted."""
    if '"' not in value:
        return value.split(",")
    return re.findall(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+', value)


@lru_cache(KNOWN_LINES)
def _elements(value: str) -> tuple[str, ...]:
    """Return the elements of the list ``value``, empty ones included, without white space around them."""
    return tuple(part.strip(" \t") for part in split_list(value))


def split_lines(head: bytes) -> list[str]:
    """Return the lines of ``head``, which end in CR LF, or in LF alone."""
    return head.decode("latin-1").replace("\r\n", "\n").split("\n")


class HeadReader:
    """Collects bytes until a head is whole. ``too_long`` once more than HEAD_LIMIT bytes came without its end.

    ``end`` are the line ends of the last line and of the empty one behind it, once they have come.
    """

    def __init__(self) -> None:
        self.too_long = False
        self.end = b""
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> tuple[bytes, bytes] | None:
        """Return the head, without its last empty line, and what came behind it; None for "need more"."""
        if self.too_long:
            return None
        self._buffer += data
        end = _EMPTY_LINE.search(self._buffer, max(0, self._searched - 2))
        if end is None:
            self._searched = len(self._buffer)
            self.too_long = self._searched > HEAD_LIMIT
            return None
        whole = bytes(self._buffer)
        self._buffer.clear()
        self._searched = 0
        head = whole[: end.start()].removesuffix(b"\r")
        self.end = whole[len(head) : end.end()]
        return head, whole[end.end() :]

    @property
    def pending(self) -> bytes:
        """The bytes of a head that is not complete yet."""
        return bytes(self._buffer)


def _read_lines(head: bytes) -> tuple[str, tuple[tuple[str, str], ...], tuple[str, ...]]:
    start_line, *lines = split_lines(head)
    fields: list[tuple[str, str]] = []
    malformed = []
    for line in lines:
        read = _read_field(line)
        if read is not None:
            fields.append(read)
            continue
        if line[:1] in (" ", "\t") and fields:
            # RFC 9112 §5.2: a folded line continues the value before it.
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        malformed.append(line)
    return start_line, tuple(fields), tuple(malformed)


@lru_cache(KNOWN_LINES)
def _read_field(line: str) -> tuple[str, str] | None:
    """Return the name and the value in a field line, without white space around them, or None if it is none."""
    name, colon, value = line.partition(":")
    return (name, value.strip(" \t")) if colon and TOKEN.fullmatch(name) else None


def read_response_head(head: bytes) -> ResponseHead:
    """Return ``head``, the bytes before the empty line, as a response head (RFC 9112 §4)."""
    start_line, fields, malformed = _read_lines(head)
    status_line = _STATUS_LINE.fullmatch(start_line)
    if status_line is None:
        return ResponseHead(start_line, fields, malformed)
    return ResponseHead(start_line, fields, malformed, status_line[1], int(status_line[2]))


def status_of(head: bytes) -> int:
    """Return the status of a response whose head this is, or 0 if its first line is no status line."""
    status_line = _STATUS_LINE.fullmatch(head.partition(b"\n")[0].removesuffix(b"\r").decode("latin-1"))
    return 0 if status_line is None else int(status_line[2])


def final_answer(heads: bytes) -> ResponseHead:
    """Return the first of ``heads``, each with its line ends, that is no interim answer, or else the last of them."""
    answers = [read_response_head(head) for head in _HEAD_END.split(heads.rstrip(b"\r\n"))]
    return next((answer for answer in answers if answer.status == 101 or not 100 <= answer.status < 200), answers[-1])


def read_request_head(head: bytes) -> RequestHead:
    """Return ``head``, the bytes before the empty line, as a request head (RFC 9112 §3)."""
    start_line, fields, malformed = _read_lines(head)
    words = start_line.split(" ")
    if len(words) != 3:
        return RequestHead(start_line, fields, malformed)
    return RequestHead(start_line, fields, malformed, *words)
