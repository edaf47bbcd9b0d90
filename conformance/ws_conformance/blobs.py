"""Long bytes of test vectors, each kept once and referred to, with their runs written as such."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

import msgspec

from . import vectors

BLOB_LENGTH = 1 << 18
"""How many characters of JSON a blob may take."""

UNIT_BYTES = 64
"""How long what is repeated in a run may be."""

RUN_BYTES = 512
"""How long a run is at least."""


class Blobs:
    """Long bytes, each kept once, a part of another not at all, and those that are too long not either.

    ``wanted`` are all that will be asked for.
    """

    def __init__(self, wanted: Iterable[bytes]) -> None:
        self._blobs: list[bytes] = []
        self._places: dict[bytes, tuple[int, int]] = {}
        for data in sorted(set(wanted), key=lambda data: (-len(data), data)):
            if not _is_too_long(data):
                self._places[data] = self._place(data)

    def hold(self, data: bytes) -> bool:
        """Return whether ``data`` was wanted and is not too long."""
        return data in self._places

    def slice(self, data: bytes, mask: bytes | None = None) -> vectors.Slice:
        """Return where ``data`` is to be found, to be masked with ``mask``."""
        number, start = self._places[data]
        return vectors.Slice(_blob_name(number), start, len(data), None if mask is None else mask.hex())

    def described(self, names: Container[str]) -> dict[str, vectors.Blob]:
        """Return the blobs of these ``names``."""
        named = ((_blob_name(number), blob) for number, blob in enumerate(self._blobs))
        return {name: _described(blob) for name, blob in named if name in names}

    def _place(self, data: bytes) -> tuple[int, int]:
        """Return the number of a blob that holds ``data``, and where in it."""
        for number, blob in enumerate(self._blobs):
            start = blob.find(data)
            if start >= 0:
                return number, start
        self._blobs.append(data)
        return len(self._blobs) - 1, 0


def _blob_name(number: int) -> str:
    return f"blob-{number + 1}"


def _is_too_long(data: bytes) -> bool:
    return 2 * len(data) > BLOB_LENGTH and len(msgspec.json.encode(_described(data))) > BLOB_LENGTH


_ZEROS = re.compile(rb"\0*")


def _described(data: bytes) -> vectors.Blob:
    """Return ``data`` with its runs written as such."""
    parts: list[str | vectors.Repeat] = []
    at = 0
    while (run := _first_run(data[at:])) is not None:
        start, unit, times = run
        parts += [data[at : at + start].hex()] if start else []
        parts.append(vectors.Repeat(data[at + start : at + start + unit].hex(), times))
        at += start + unit * times
    return (*parts, data[at:].hex()) if at < len(data) else tuple(parts)


def _first_run(data: bytes) -> tuple[int, int, int] | None:
    """Return where the first run in ``data`` begins, the length of what it repeats, and how often; None without one."""
    for place in range(0, len(data) - RUN_BYTES, RUN_BYTES // 2):  # a run that begins in between is there at the next
        again = data.find(data[place : place + UNIT_BYTES], place + 1, place + 2 * UNIT_BYTES)
        if again < 0:
            continue
        unit = again - place
        alike = _differences(data, unit)
        start = alike.find(bytes(RUN_BYTES // 2 - unit))
        zeros = _ZEROS.match(alike, start)
        if start >= 0 and zeros is not None:
            return start, unit, 1 + len(zeros[0]) // unit
    return None


def _differences(data: bytes, distance: int) -> bytes:
    """Return for each byte of ``data`` but the last ones how it differs from that ``distance`` bytes behind it."""
    first, second = data[:-distance], data[distance:]
    return (int.from_bytes(first, "big") ^ int.from_bytes(second, "big")).to_bytes(len(first), "big")
