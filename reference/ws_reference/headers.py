"""The header fields of an opening handshake, and how to read them (RFC 6455 §4.3, §9.1; RFC 9110 §5)."""

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha1

VERSION = "13"
"""The Sec-WebSocket-Version of RFC 6455."""

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""RFC 9110 §5.6.2: what names are made of."""

_GAP = re.compile(r"[ \t,]*")
_PARAMETER = re.compile(rf'[ \t]*;[ \t]*({TOKEN.pattern})(?:[ \t]*=[ \t]*({TOKEN.pattern}|"(?:[^"\\]|\\.)*"))?')
_QUOTED_PAIR = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in the order in which they came, their names in lower case."""

    fields: tuple[tuple[str, str], ...]
    _lines: dict[str, list[str]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.fields:
            self._lines.setdefault(name, []).append(value)

    @classmethod
    def of(cls, fields: Iterable[tuple[bytes, bytes]]) -> "Headers":
        """Return the fields of a parsed head. Any byte is some character of Latin-1."""
        return cls(tuple([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in fields]))

    def lines(self, name: str) -> list[str]:
        """Return the values of all field lines called ``name``."""
        return list(self._lines.get(name, ()))

    def combined(self, name: str) -> str | None:
        """Return the lines called ``name`` as one (RFC 9110 §5.3), or None if there is no such line."""
        lines = self._lines.get(name)
        return ", ".join(lines) if lines is not None else None

    def members(self, name: str) -> list[str]:
        """Return the members of the comma-separated list called ``name``. Empty ones do not count.

        >>> Headers((("connection", "keep-alive, Upgrade"), ("connection", ", x"))).members("connection")
        ['keep-alive', 'Upgrade', 'x']
        """
        members = [member.strip(" \t") for value in self._lines.get(name, ()) for member in value.split(",")]
        return [member for member in members if member]

    def names(self, name: str, token: str) -> bool:
        """Return whether ``token``, in whatever case, is a member of the list called ``name``."""
        return token.lower() in [member.lower() for member in self.members(name)]


def accept_for(key: str) -> str:
    """Return the Sec-WebSocket-Accept that answers the Sec-WebSocket-Key ``key``, with the example of §1.3.

    >>> accept_for("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    return b64encode(sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode("latin-1")).digest()).decode()


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension that is offered or agreed to: its name, and parameters with None for "no value" (§9.1)."""

    name: str
    parameters: tuple[tuple[str, str | None], ...] = ()

    def __str__(self) -> str:
        """Return the extension as it stands in a header field.

        >>> str(Extension("mux", (("max-channels", "4"), ("flow-control", None))))
        'mux; max-channels=4; flow-control'
        """
        parameters = (name if value is None else f"{name}={value}" for name, value in self.parameters)
        return "; ".join((self.name, *parameters))


def parse_extensions(value: str) -> tuple[Extension, ...] | None:
    """Return the extensions in the value of a Sec-WebSocket-Extensions field; None if it breaks the grammar of §9.1.

    A quoted value is unquoted; what is in it has to be a token all the same.

    >>> parse_extensions('foo, bar; baz="2"')
    (Extension(name='foo', parameters=()), Extension(name='bar', parameters=(('baz', '2'),)))
    >>> parse_extensions("foo bar")
    """
    extensions = []
    position = _end_of_gap(value, 0)
    while position < len(value):
        name = TOKEN.match(value, position)
        if name is None:
            return None
        position = name.end()
        parameters: list[tuple[str, str | None]] = []
        while parameter := _PARAMETER.match(value, position):
            position = parameter.end()
            argument = _unquote(parameter[2])
            if argument is not None and not TOKEN.fullmatch(argument):
                return None
            parameters.append((parameter[1], argument))
        extensions.append(Extension(name[0], tuple(parameters)))
        end_of_gap = _end_of_gap(value, position)
        if end_of_gap < len(value) and "," not in value[position:end_of_gap]:
            return None
        position = end_of_gap
    return tuple(extensions) or None


def parse_subprotocols(members: list[str]) -> tuple[str, ...] | None:
    """Return the subprotocols of a Sec-WebSocket-Protocol field; None unless they are tokens, all different (§4.1)."""
    if not members or len(set(members)) < len(members) or not all(map(TOKEN.fullmatch, members)):
        return None
    return tuple(members)


def _end_of_gap(value: str, position: int) -> int:
    """Return where the white space and commas at ``position`` end."""
    gap = _GAP.match(value, position)
    assert gap is not None
    return gap.end()


def _unquote(argument: str | None) -> str | None:
    if argument is None or not argument.startswith('"'):
        return argument
    return _QUOTED_PAIR.sub(r"\1", argument[1:-1])
