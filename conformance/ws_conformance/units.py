"""Durations and sizes as people write them."""

from __future__ import annotations

import re

from .usage import UsageError

DURATION = r"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$"
SIZE = r"^[0-9]+(B|KiB|MiB|GiB)$"

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BYTES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_PARTS = re.compile(r"([0-9.]+)([A-Za-z]+)")


def parse_duration(text: str) -> float:
    """Return the seconds in ``text``, which has a unit. Raises UsageError.

    >>> parse_duration("250ms"), parse_duration("2m")
    (0.25, 120.0)
    """
    if not re.fullmatch(DURATION, text):
        raise UsageError(f"'{text}' is no duration", 'write for example "250ms", "2s" or "5m"')
    number, unit = _parts(text)
    return float(number) * _SECONDS[unit]


def parse_size(text: str) -> int:
    """Return the bytes in ``text``, which has a unit. Raises UsageError.

    >>> parse_size("64MiB")
    67108864
    """
    if not re.fullmatch(SIZE, text):
        raise UsageError(f"'{text}' is no size", 'write for example "512KiB" or "64MiB"')
    number, unit = _parts(text)
    return int(number) * _BYTES[unit]


def _parts(text: str) -> tuple[str, str]:
    parts = _PARTS.fullmatch(text)
    assert parts is not None
    return parts[1], parts[2]
