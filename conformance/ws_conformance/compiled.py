"""What TOML files of the suite say, kept beside them as JSON, which is read fifty times as quickly.

``python -m ws_conformance.compiled`` writes it, whenever one of the files was changed; a test says so. Nothing old is
ever read: the JSON names what it was made of, and if that is no longer what is there, the files themselves are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled(Generic[Item]):
    """What files say: those that match the glob ``files`` in and below the folder of ``path``, where it is kept.

    ``read`` makes items of their texts, by name. ``kind`` is the type of an item, and ``plain`` returns it as JSON can
    have it. The first line has the SHA-256 of each file, and each other line an item.
    """

    path: Path
    files: str
    kind: type[Item]
    read: Callable[[Mapping[str, str]], Iterable[Item]]
    plain: Callable[[Item], object]

    def load(self) -> Iterable[Item]:
        """Return what the files say. Raises what ``read`` raises, if they were changed."""
        texts = self._texts()
        try:
            made_of, _, items = self.path.read_bytes().partition(b"\n")
            if msgspec.json.decode(made_of) == _digests(texts):
                return msgspec.json.Decoder(self.kind).decode_lines(items)
        except (OSError, msgspec.DecodeError):
            pass
        return self.read(texts)

    def document(self) -> bytes:
        """Return the JSON as it should be."""
        texts = self._texts()
        return msgspec.json.Encoder().encode_lines([_digests(texts), *map(self.plain, self.read(texts))])

    def _texts(self) -> Mapping[str, str]:
        folder = self.path.parent
        found = sorted(folder.glob(self.files))
        return {file.relative_to(folder).as_posix(): file.read_text("utf-8") for file in found}


def _digests(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: sha256(text.encode()).hexdigest() for name, text in texts.items()}


def all_compiled() -> tuple[Compiled[Any], ...]:  # what they say differs
    """Return all that is kept like this."""
    from .autobahn import TABLE
    from .catalogue.load import CATALOGUE

    return CATALOGUE, TABLE


if __name__ == "__main__":
    for compiled in all_compiled():
        compiled.path.write_bytes(compiled.document())
