"""What TOML files of the suite say, kept beside them as JSON, which is read fifty times as quickly.

``python -m ws_conformance.compiled`` writes it, whenever one of the files was changed; a test says so. Nothing old is
ever read: the JSON names what it was made of, and if that is no longer what is there, the files themselves are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

Said = TypeVar("Said")


class _Kept(msgspec.Struct):
    """The JSON: the SHA-256 of each file, and what they say."""

    made_of: dict[str, str]
    says: msgspec.Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled(Generic[Said]):
    """What files say: those that match the glob ``files`` in and below the folder of ``path``, where it is kept.

    ``read`` makes it of their texts, by name, ``kind`` is its type, and ``plain`` returns it as JSON can have it.
    """

    path: Path
    files: str
    kind: type[Said]
    read: Callable[[Mapping[str, str]], Said]
    plain: Callable[[Said], object]

    def load(self) -> Said:
        """Return what the files say. Raises what ``read`` raises, if they were changed."""
        texts = self._texts()
        try:
            kept = msgspec.json.decode(self.path.read_bytes(), type=_Kept)
            if kept.made_of == _digests(texts):
                return msgspec.json.decode(kept.says, type=self.kind)
        except (OSError, msgspec.DecodeError):
            pass
        return self.read(texts)

    def document(self) -> bytes:
        """Return the JSON as it should be."""
        texts = self._texts()
        says = msgspec.Raw(msgspec.json.encode(self.plain(self.read(texts))))
        return msgspec.json.format(msgspec.json.encode(_Kept(_digests(texts), says)), indent=1) + b"\n"

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
