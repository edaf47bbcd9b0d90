"""A message that arrives in fragments: what there is of it, and whether its text is UTF-8 so far (RFC 6455 §5.4)."""

from typing import Final

from ws_reference.frames import TEXT
from ws_reference.utf8 import Utf8Validator

BLOCK_LENGTH: Final = 16 * 1024
"""Small fragments are gathered into blocks of this many bytes; each by itself would cost more than it carries."""


class Message:
    """Collects the payload of one message.

    ``add`` only notes a fragment; ``settle`` works on all that were added since it was last called, so that a
    hundred fragments which came together are checked together.
    """

    __slots__ = ("_added", "_blocks", "_small", "_validator", "opcode")

    def __init__(self, opcode: int) -> None:
        self.opcode = opcode
        self._validator = Utf8Validator()
        self._added: list[bytes] = []
        self._blocks: list[bytes] = []
        self._small = bytearray()

    def add(self, payload: bytes) -> None:
        """Take the payload of the next fragment."""
        self._added.append(payload)

    def settle(self) -> str | None:
        """Store what was added, and return what is wrong with the text so far, or None."""
        if not self._added:
            return None
        payload = b"".join(self._added)
        self._added.clear()
        if len(self._small) + len(payload) < BLOCK_LENGTH:
            self._small += payload
        else:
            self._blocks += (bytes(self._small), payload)
            self._small.clear()
        return self._validator.objection(payload) if self.opcode == TEXT else None

    def payload(self) -> bytes:
        """Return the payload of all fragments, and forget them: it need not be in memory twice."""
        payload = b"".join((*self._blocks, self._small, *self._added))
        self._blocks.clear()
        return payload
