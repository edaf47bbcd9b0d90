"""A message that arrives in fragments: what there is of it, and whether its text is UTF-8 so far (RFC 6455 §5.4)."""

from ws_reference.frames import Opcode
from ws_reference.utf8 import Utf8Validator

BLOCK_LENGTH = 64 * 1024
"""Small fragments are gathered in blocks of this many bytes, or each would cost more memory than it carries."""


class Message:
    """Collects the payload of one message.

    ``add`` only notes a fragment. ``objection`` works on all that was added since it was last called: a hundred
    fragments that came together are checked together.
    """

    def __init__(self, opcode: int) -> None:
        self.is_text = opcode == Opcode.TEXT
        self._validator = Utf8Validator()
        self._added: list[bytes] = []
        self._blocks: list[bytes] = []
        self._small = bytearray()

    def add(self, payload: bytes) -> None:
        """Take the payload of the next fragment."""
        self._added.append(payload)

    def objection(self, *, final: bool = False) -> str | None:
        """Return what is wrong with the text, or None. ``final`` says that the last fragment was added."""
        payload = b"".join(self._added)
        self._added.clear()
        self._keep(payload)
        return self._validator.objection(payload, final=final) if self.is_text else None

    def _keep(self, payload: bytes) -> None:
        if len(self._small) + len(payload) < BLOCK_LENGTH:
            self._small += payload
        else:
            self._blocks += (bytes(self._small), payload)
            self._small.clear()

    def payload(self) -> bytes:
        """Return the whole payload, once ``objection`` has seen the last fragment."""
        return b"".join((*self._blocks, self._small))
