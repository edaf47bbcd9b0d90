"""What a record must not hold: secrets that the user gave for the opening handshake, and cookies that a target sets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from msgspec import structs

from .model import Departure, Finding, Result, Turn
from .peer import Chunk

SECRET_FIELDS = frozenset({"authorization", "cookie", "proxy-authorization"})
_SECRET_WORDS = re.compile(r"token|secret|passw|api-?_?key|auth|session|signature|\bsig\b|jwt", re.IGNORECASE)
_ANSWER = b"HTTP/"
_SET_COOKIE = re.compile(rb"(?im)^(set-cookie:[^=;\r\n]*=)([^;\r\n]+)")

SHORTEST = 6
"""A shorter value is hidden only where it follows its name: it may well occur anywhere else by chance."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is to be hidden: field lines, and values wherever they occur. ``names`` says what, for the record.

    ``values`` come from a URL's query, and ``filled`` ones from the environment.
    """

    fields: tuple[tuple[str, str], ...] = ()
    values: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return what was taken out, as the record lists it."""
        return (
            *(f"header:{name}" for name, _ in self.fields),
            *("url:query" for _ in self.values[:1]),
            *("environment" for _ in self.filled[:1]),
        )

    def and_field(self, name: str, value: str) -> Secrets:
        """Return these secrets and a header field."""
        return replace(self, fields=(*self.fields, (name, value)))

    def and_values(self, values: Iterable[str]) -> Secrets:
        """Return these secrets and some parts of a URL's query."""
        return replace(self, values=(*self.values, *values))

    def hide_in_text(self, text: str) -> str:
        """Return ``text`` with each secret as so many asterisks."""
        for value in self._anywhere():
            text = text.replace(value, "*" * len(value))
        for name, value in self.fields:
            line = rf"({re.escape(name)}:\s*){re.escape(value)}"
            text = re.sub(line, rf"\g<1>{'*' * len(value)}", text, flags=re.IGNORECASE)
        return text

    def hide_in_bytes(self, data: bytes) -> bytes:
        """Return ``data``, of the same length, with each secret as so many asterisks."""
        if data.startswith(_ANSWER):
            data = _SET_COOKIE.sub(lambda found: found[1] + b"*" * len(found[2]), data)
        return data if self == NO_SECRETS else self.hide_in_text(data.decode("latin-1")).encode("latin-1")

    def _anywhere(self) -> Iterable[str]:
        values = (*self.values, *self.filled, *(value for _, value in self.fields))
        tokens = (value.rpartition(" ")[2] for value in values)  # a token without its scheme, as in "Bearer …"
        return sorted({secret for secret in (*values, *tokens) if len(secret) >= SHORTEST}, key=len, reverse=True)


NO_SECRETS = Secrets()


def is_secret_field(name: str) -> bool:
    """Return whether a header field of this name usually holds a secret."""
    return name.lower() in SECRET_FIELDS or _SECRET_WORDS.search(name) is not None


def secret_values(query: str) -> list[str]:
    """Return the values in ``query`` whose names sound like secrets, as they are written there."""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return [value for name, _, value in pairs if value and _SECRET_WORDS.search(name)]


def redacted(result: Result, secrets: Secrets) -> Result:
    """Return ``result`` with nothing secret in its transcript and its finding."""
    if secrets == NO_SECRETS and not any(_SET_COOKIE.search(heard) for heard in _heads_heard(result)):
        return result
    hide = secrets.hide_in_text
    return structs.replace(
        result,
        finding=_finding(result.finding, secrets),
        transcript=tuple(_turn(turn, secrets) for turn in result.transcript),
        setting=structs.replace(
            result.setting,
            place=structs.replace(
                result.setting.place,
                resource=hide(result.setting.place.resource),
                fields=tuple((name, hide(value)) for name, value in result.setting.place.fields),
            ),
        ),
    )


def _heads_heard(result: Result) -> Iterator[bytes]:
    """Yield the chunks that begin with the head of an answer."""
    chunks = (turn.heard for turn in result.transcript)
    return (chunk for chunk in chunks if isinstance(chunk, bytes) and chunk.startswith(_ANSWER))


def _turn(turn: Turn, secrets: Secrets) -> Turn:
    def hide(chunk: Chunk) -> Chunk:
        return secrets.hide_in_bytes(chunk) if isinstance(chunk, bytes) else chunk

    heard = None if turn.heard is None else hide(turn.heard)
    return structs.replace(turn, heard=heard, said=tuple(hide(chunk) for chunk in turn.said))


def _finding(finding: Finding, secrets: Secrets) -> Finding:
    return structs.replace(
        finding,
        reason=secrets.hide_in_text(finding.reason),
        observed=secrets.hide_in_text(finding.observed),
        departures=tuple(
            Departure(departure.requirement, secrets.hide_in_text(departure.detail), departure.way)
            for departure in finding.departures
        ),
    )
