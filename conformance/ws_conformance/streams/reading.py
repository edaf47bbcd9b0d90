"""What a profile says about one message: which kind it is, and what is in it at the places that the profile names.

Whatever a target sends is hostile: a number may be a text, an array an object, a text a megabyte long. What is not as
the profile has it is told as a fault, and never raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import msgspec
from ws_reports.escape import visible

from .pointers import MISSING, Find, finder
from .profile import Kind, Match, Profile

KEY_LENGTH = 200
"""How many characters of a text are kept that tells streams, blocks or logs apart. What is longer is cut."""

NUMBER_DIGITS = 30
"""How long a number may be that is written as a text."""

LARGEST = 1 << 127
"""No whole number has to be as large. Python takes long to write one with thousands of digits, or refuses."""

SHOWN_LENGTH = 80
"""How many characters of a value, or bytes of a message, a fault shows."""

LEVELS = 20_000
"""How many levels one message may hold."""

_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
_decode = msgspec.json.Decoder().decode

Level = tuple[float, float]
"""A price, and how much is wanted or offered at it."""


@dataclass(slots=True)
class Reading:
    """One message as the profile has it; what is not there, or not of use for this kind, is None.

    ``time`` is in seconds since 1970. Not frozen: a fast stream has fifty thousand of them in a second.
    """

    kind: Kind
    document: object
    stream: tuple[str, ...] = ()
    sequence: int | None = None
    sequence_from: int | None = None
    previous: int | None = None
    time: float | None = None
    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()
    hash: str = ""
    parent: str = ""
    number: int = 0
    identity: tuple[str, ...] = ()
    removed: bool = False


@dataclass(frozen=True, slots=True)
class NotJson:
    """A message that is no JSON; ``detail`` says why, and shows the beginning of it."""

    detail: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message in JSON that is of no kind, or lacks what its kind has; ``document`` may still be a reply."""

    detail: str
    document: object = None


class _WrongError(Exception):
    """A value is not what the profile says; says which."""


class Reader:
    """Reads messages by ``profile``.

    Where all kinds look at one place first, what is there tells at once which of them to try.
    """

    def __init__(self, profile: Profile) -> None:
        self._kinds = [_KindReader(kind) for kind in profile.kind]
        shared = set(self._kinds[0].kind.when)
        for reader in self._kinds[1:]:
            shared &= set(reader.kind.when)
        self._look: Find | None = None
        self._by_value: dict[object, list[_KindReader]] = {}
        if shared:
            first = min(shared)
            self._look = finder(first)
            for reader in self._kinds:
                self._by_value.setdefault(reader.kind.when[first], []).append(reader)

    def read(self, payload: bytes) -> Reading | NotJson | Unknown:
        """Return what ``payload`` is."""
        try:
            document: object = _decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            shown = visible(payload, SHOWN_LENGTH)
            return NotJson(f'"{shown}" ({visible(str(error), SHOWN_LENGTH)})')
        candidates = self._kinds
        if self._look is not None:
            value = self._look(document)
            candidates = self._by_value.get(value, []) if value.__hash__ is not None else []
        for reader in candidates:
            if reader.fits(document):
                try:
                    return reader.read(document)
                except _WrongError as error:
                    return Unknown(f"{reader.kind.name}: {error}", document)
        return Unknown(f'"{visible(payload, SHOWN_LENGTH)}" is of no kind', document)


class _KindReader:
    """Reads messages of one kind."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.fits = matcher(Match(when=kind.when, has=kind.has, types=kind.types), {})
        self._stream = [(finder(pointer), pointer) for pointer in kind.stream]
        self._fill: list[Callable[[object, Reading], None]] = []
        self._whole_numbers(kind)
        if kind.time is not None:
            self._fill.append(_time(kind.time, kind.time_unit))
        if kind.bids is not None and kind.asks is not None:
            self._fill.append(_levels(kind.bids, kind.asks, kind.price, kind.size))
        if kind.role in ("block", "log"):
            self._fill.append(_of_chain(kind))

    def _whole_numbers(self, kind: Kind) -> None:
        for name in ("sequence", "sequence_from", "previous"):
            pointer: str | None = getattr(kind, name)
            if pointer is not None:
                self._fill.append(_whole(name, pointer))

    def read(self, document: object) -> Reading:
        """Return what is in ``document``, which fits. Raises _WrongError."""
        reading = Reading(self.kind, document)
        if self._stream:
            reading.stream = tuple([_key(find(document), pointer) for find, pointer in self._stream])
        for fill in self._fill:
            fill(document, reading)
        return reading


def _whole(name: str, pointer: str) -> Callable[[object, Reading], None]:
    find = finder(pointer)

    def fill(document: object, reading: Reading) -> None:
        setattr(reading, name, _whole_number(find(document), pointer))

    return fill


def _time(pointer: str, unit: str) -> Callable[[object, Reading], None]:
    find = finder(pointer)

    def fill_iso(document: object, reading: Reading) -> None:
        value = find(document)
        try:
            reading.time = datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
        except (ValueError, OverflowError, OSError):
            reading.time = None
        if reading.time is None:
            raise _WrongError(f"{pointer} is {_shown(value)}, no time of RFC 3339")

    def fill(document: object, reading: Reading) -> None:
        value = find(document)
        number = value if type(value) is float else _whole_number(value, pointer)
        reading.time = number * _UNITS[unit] if abs(number) < 1e21 else math.inf
        if not math.isfinite(reading.time):
            raise _WrongError(f"{pointer} is {_shown(value)}, no time")

    return fill_iso if unit == "iso" else fill


def _levels(bids: str, asks: str, price: str, size: str) -> Callable[[object, Reading], None]:
    find_bids, find_asks, find_price, find_size = map(finder, (bids, asks, price, size))
    is_plain = (price, size) == ("/0", "/1")

    def read(levels: object, pointer: str) -> tuple[Level, ...]:
        if not isinstance(levels, list):
            raise _WrongError(f"{pointer} is {_shown(levels)}, no array of levels")
        if len(levels) > LEVELS:
            raise _WrongError(f"{pointer} has {len(levels):,} levels; {LEVELS:,} are read")
        if is_plain:
            with suppress(TypeError, ValueError, IndexError, KeyError, OverflowError):
                found = [(float(level[0]), float(level[1])) for level in levels]
                if math.isfinite(sum(price + size for price, size in found)):
                    return tuple(found)
            # What is wrong is told below, level by level.
        return tuple((_amount(find_price(level), price), _amount(find_size(level), size)) for level in levels)

    def fill(document: object, reading: Reading) -> None:
        reading.bids = read(find_bids(document), bids)
        reading.asks = read(find_asks(document), asks)

    return fill


def _of_chain(kind: Kind) -> Callable[[object, Reading], None]:
    def nothing(document: object) -> object:
        return MISSING

    find_hash, find_parent, find_number, find_removed = (
        nothing if pointer is None else finder(pointer)
        for pointer in (kind.hash, kind.parent, kind.number, kind.removed)
    )
    finds = [(finder(pointer), pointer) for pointer in kind.identity]

    def fill(document: object, reading: Reading) -> None:
        reading.hash = _key(find_hash(document), kind.hash or "")
        if kind.role == "block":
            reading.parent = _key(find_parent(document), kind.parent or "")
            reading.number = _whole_number(find_number(document), kind.number or "")
        reading.identity = tuple([_key(find(document), pointer) for find, pointer in finds])
        reading.removed = find_removed(document) is True

    return fill


# --- values -----------------------------------------------------------------------------------------------------------


def _key(value: object, pointer: str) -> str:
    if isinstance(value, str):
        return value[:KEY_LENGTH]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < LARGEST):
        return str(value)[:KEY_LENGTH]
    raise _WrongError(f"{pointer} is {_shown(value)}, no text and no number")


def _whole_number(value: object, pointer: str) -> int:
    """Return a whole number, which may be a text in decimal or, behind 0x, in hexadecimal. Raises _WrongError."""
    if type(value) is int and -LARGEST < value < LARGEST:
        return value
    if isinstance(value, str) and len(value) <= NUMBER_DIGITS and value.isascii():
        with suppress(ValueError):
            return int(value, 16 if value[:2] in ("0x", "0X") else 10)
    raise _WrongError(f"{pointer} is {_shown(value)}, no whole number")


def _amount(value: object, pointer: str) -> float:
    number = math.nan
    if isinstance(value, int | float) or (isinstance(value, str) and len(value) <= NUMBER_DIGITS):
        with suppress(ValueError, OverflowError):
            number = float(value)
    if isinstance(value, bool) or not math.isfinite(number):
        raise _WrongError(f"{pointer} of a level is {_shown(value)}, no number")
    return number


def _shown(value: object) -> str:
    if value is MISSING:
        return "not there"
    if isinstance(value, int) and abs(value) >= LARGEST:
        return "a very large number"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    return f"'{visible(str(value), SHOWN_LENGTH)}'"


# --- which messages are meant -----------------------------------------------------------------------------------------


def matcher(match: Match, given: Mapping[str, str]) -> Callable[[object], bool]:
    """Return what tells whether a document fits ``match``, with ``given`` filled into its texts.

    A text that is filled in fits a number that is written so, as an id may be either.
    """
    equal: list[tuple[Find, object, bool]] = []
    for pointer, value in match.when.items():
        wanted, is_filled = _filled(value, given)
        equal.append((finder(pointer), wanted, is_filled))
    present = [finder(pointer) for pointer in match.has]
    typed = [(finder(pointer), _TYPES[name], name == "number") for pointer, name in match.types.items()]

    def fits(document: object) -> bool:
        for find, wanted, is_filled in equal:
            value = find(document)
            if is_filled:
                if not isinstance(value, str | int) or not _is_written(value, wanted):
                    return False
            elif value != wanted or type(value) is not type(wanted):
                return False
        for find in present:
            if find(document) is MISSING:
                return False
        for find, types, is_number in typed:
            value = find(document)
            if not isinstance(value, types) or (is_number and isinstance(value, bool)):
                return False
        return True

    return fits


def _is_written(value: str | int, wanted: object) -> bool:
    return value == wanted or (isinstance(value, int) and abs(value) < LARGEST and str(value) == wanted)


def _filled(value: object, given: Mapping[str, str]) -> tuple[object, bool]:
    if not isinstance(value, str) or not given:
        return value, False
    filled = value
    for name, text in given.items():
        filled = filled.replace(f"{{{name}}}", text)
    return filled, filled != value


def captured(pointers: Mapping[str, str], document: object) -> Mapping[str, str]:
    """Return what ``document``, which the target sent, has for templates, as it may stand between quotation marks."""
    found: dict[str, str] = {}
    for name, pointer in pointers.items():
        value = finder(pointer)(document)
        if isinstance(value, str | float) or (isinstance(value, int) and abs(value) < LARGEST):
            found[name] = msgspec.json.encode(str(value)[:KEY_LENGTH]).decode()[1:-1]
    return found


def texts(values: Iterable[str]) -> str:
    """Return what tells a stream apart, for people."""
    return ", ".join(visible(value, SHOWN_LENGTH) for value in values)
