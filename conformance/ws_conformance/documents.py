"""Documents in TOML that people write: read into closed types, and what is wrong with one is said where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import inspect
from ws_reports.escape import visible

from .usage import UsageError, unknown

Kind = TypeVar("Kind")
KeyPath = tuple[str | int, ...]
"""The way to a value: keys of tables, and places in arrays, from 0."""

MOST_BYTES = 4 << 20
"""A longer document is refused."""

SHOWN_LENGTH = 80
"""How many characters an error shows of a value."""

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING_FIELD = re.compile(r"Object missing required field `(.*)`", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its name, its text, and the table in it that is meant. ``help`` is a command that describes it."""

    name: str
    text: str
    help: str
    under: tuple[str, ...] = ()

    def holds_table(self) -> bool:
        """Return whether the table that is meant is there. Raises UsageError for a text that is not TOML."""
        return self._table() is not None

    def into(self, kind: type[Kind]) -> Kind:
        """Return the table as a ``kind``, an empty one if it is not there. Raises UsageError."""
        table = self._table()
        table = {} if table is None else table
        try:
            return msgspec.convert(table, kind, builtin_types=(datetime, date, time), str_keys=True)
        except msgspec.ValidationError as error:
            raise self._explained(str(error), table, kind) from error

    def wrong(self, path: KeyPath, problem: str, remedy: str) -> UsageError:
        """Return the error that ``problem`` is with what is at ``path``."""
        return UsageError(f"{self.place(path)}: {problem}", remedy)

    def place(self, path: KeyPath) -> str:
        """Return the name and the line of what is at ``path``, or else of what that would be in."""
        number = _line_number(self.text, (*self.under, *path))
        return self.name if number is None else f"{self.name}, line {number}"

    def _table(self) -> object:
        import tomllib  # slow to import

        try:
            found: object = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{self.name} is no TOML: {visible(str(error))}", "see https://toml.io") from error
        for key in self.under:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def _explained(self, message: str, table: object, kind: type) -> UsageError:
        """Return msgspec's ``message`` in words that help whoever wrote the document."""
        what, _, at = message.partition(" - at `$")
        path = _steps(at.removesuffix("`"))
        if missing := _MISSING_FIELD.fullmatch(what):
            problem = f"{words(path) or 'the document'} has no '{missing[1]}'"
            return self.wrong(path, problem, f"add {missing[1]} = …; {self.help} describes all keys")
        if strange := _UNKNOWN_FIELD.fullmatch(what):
            path = (*path, strange[1])
            known = _keys(kind, path[:-1])
            return self._not_known("key", words(path), strange[1], known, path)
        value = visible(str(_value_at(table, path)), SHOWN_LENGTH)
        if choices := _choices(kind, path):
            return self._not_known(words(path), value, value, choices, path)
        if examples := _examples(kind, path):
            return self.wrong(path, f"{words(path)} is '{value}'", f"write for example {examples[0]}")
        return self.wrong(path, f"{words(path)}: {what.replace('`', '')}", f"{self.help} describes all keys")

    def _not_known(self, what: str, shown: str, word: str, known: list[str], path: KeyPath) -> UsageError:
        near = unknown(what, word, known, f"it may be {', '.join(known)}; {self.help}")
        return self.wrong(path, f"{what} '{visible(shown, SHOWN_LENGTH)}' is not known", near.remedy)


def read_text(path: Path) -> str:
    """Return what is in the file at ``path``, whatever its line ends. Raises OSError and UsageError."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UsageError(f"{path} is longer than {MOST_BYTES:,} bytes", "name another file")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not in UTF-8 (byte {error.start})", "save it in UTF-8") from error


def words(path: KeyPath) -> str:
    """Return ``path`` as a reader finds it: the tables of an array are counted from 1.

    >>> words(("target", 0, "tls", "ca"))
    'target 1, tls.ca'
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f" {step + 1}, "
        else:
            text += step if not text or text.endswith(", ") else f".{step}"
    return text.removesuffix(", ")


# --- the types --------------------------------------------------------------------------------------------------------


def _steps(path: str) -> KeyPath:
    return tuple(key or int(place) for key, place in _STEP.findall(path))


def _value_at(table: object, path: KeyPath) -> object:
    for step in path:
        if isinstance(table, Mapping):
            table = table.get(step)
        elif isinstance(table, list) and isinstance(step, int):
            table = table[step]
    return table


def _plain(kind: inspect.Type) -> Iterator[inspect.Type]:
    """Yield ``kind``, or each of the types that it may be."""
    match kind:
        case inspect.UnionType():
            for each in kind.types:
                yield from _plain(each)
        case inspect.Metadata():
            yield from ((kind,) if "examples" in (kind.extra_json_schema or {}) else _plain(kind.type))
        case _:
            yield kind


def _types_at(kind: type, path: KeyPath) -> list[inspect.Type]:
    """Return what may be at ``path`` in a ``kind``."""
    types = list(_plain(inspect.type_info(kind)))
    for step in path:
        found: list[inspect.Type] = []
        for each in types:
            match each:
                case inspect.StructType():
                    fields = (field.type for field in each.fields if field.encode_name == step)
                    found += [plain for field in fields for plain in _plain(field)]
                case inspect.DictType():
                    found += _plain(each.value_type)
                case inspect.VarTupleType() | inspect.ListType():
                    found += _plain(each.item_type)
                case _:
                    pass
        types = found
    return types


def _keys(kind: type, path: KeyPath) -> list[str]:
    structs = (each for each in _types_at(kind, path) if isinstance(each, inspect.StructType))
    return [field.encode_name for struct in structs for field in struct.fields]


def _choices(kind: type, path: KeyPath) -> list[str]:
    types = _types_at(kind, path)
    literals = [str(value) for each in types if isinstance(each, inspect.LiteralType) for value in each.values]
    only = all(isinstance(each, inspect.LiteralType | inspect.NoneType) for each in types)
    return literals if only else []


def _examples(kind: type, path: KeyPath) -> list[str]:
    described = [each.extra_json_schema or {} for each in _types_at(kind, path) if isinstance(each, inspect.Metadata)]
    return [msgspec.json.encode(each).decode() for schema in described for each in schema["examples"]]


# --- the lines --------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""
    \#[^\n]*
    | \"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5}
    | "(?:\\.|[^"\\])*" | '[^']*'
    | [\[{] | [\]}] | \n
    """,
    re.VERBOSE | re.DOTALL,
)
_KEY = re.compile(r"""\s*(?:"((?:\\.|[^"\\])*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")


def lines_of(text: str) -> Mapping[KeyPath, int]:
    """Return the line, from 1, on which each table and key begins in ``text``, which has to be TOML.

    >>> lines_of("a = 1\\n[[t]]\\nb = [\\n]\\n[t.c]\\n")
    {('a',): 1, ('t', 0): 2, ('t', 0, 'b'): 3, ('t', 0, 'c'): 5}
    """
    found: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for number, statement in _statements(text):
        if not statement.startswith("["):
            path = (*table, *_key_path(statement))
        elif statement.startswith("[["):
            array = _within(_key_path(statement[2:]), counts)
            counts[array] = counts.get(array, 0) + 1
            path = table = (*array, counts[array] - 1)
        else:
            path = table = _within(_key_path(statement[1:]), counts)
        found.setdefault(path, number)
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each header and each assignment of ``text`` with its line; nothing of what is inside a value."""
    depth = 0
    start = 0
    line = first = 1
    for token in _TOKEN.finditer(text + "\n"):
        match token[0][0]:
            case "\n":
                line += 1
                if depth == 0:
                    if statement := text[start : token.start()].strip():
                        yield first, statement
                    start, first = token.end(), line
            case "#":
                if depth == 0 and not text[start : token.start()].strip():
                    start = token.end()
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
            case _:
                line += token[0].count("\n")


def _key_path(statement: str) -> tuple[str, ...]:
    """Return the keys, which have dots between them, at the start of ``statement``."""
    keys: list[str] = []
    at = 0
    while key := _KEY.match(statement, at):
        keys.append(key[1] or key[2] or key[3] or "")
        at = key.end() + 1
        if statement[key.end() : at] != ".":
            break
    return tuple(keys)


def _within(keys: tuple[str, ...], counts: Mapping[KeyPath, int]) -> KeyPath:
    """Return ``keys`` with the place of the last table of each array on the way, but not at its end."""
    path: KeyPath = ()
    for key in keys:
        if path in counts:
            path = (*path, counts[path] - 1)
        path = (*path, key)
    return path


def _line_number(text: str, path: KeyPath) -> int | None:
    """Return the line of what is at ``path`` or else of what it is in."""
    lines = lines_of(text)
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)
