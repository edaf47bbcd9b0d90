"""Where the body of an answer ends, so that what is behind it can be told from it (RFC 9112 §6.3, §7.1)."""

from __future__ import annotations

import re

from .head import HEAD_LIMIT, ResponseHead

_LENGTH = re.compile("[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[^\n]*\n")
_LAST_CHUNK = re.compile(rb"0+[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n")


class BodyReader:
    """Passes over a body. ``is_over`` says whether it is all there.

    ``method`` is that of the request: the answer to HEAD has the fields of a body and none.
    """

    def __init__(self, head: ResponseHead, method: str) -> None:
        has_none = method == "HEAD" or head.status in (204, 304)
        self._is_chunked = not has_none and "chunked" in head.tokens("Transfer-Encoding")
        self._left = 0 if has_none or self._is_chunked else _stated_length(head)
        self._buffer = bytearray()
        self.is_over = self._left == 0 and not self._is_chunked

    def feed(self, data: bytes) -> bytes:
        """Take in ``data`` and return what of it is behind the body. Where no length is stated, nothing ever is."""
        if self.is_over:
            return data
        if self._left is None:
            return b""
        if self._is_chunked:
            self._buffer += data
            self._pass_over_chunks()
            return bytes(self._buffer) if self.is_over else b""
        taken = min(len(data), self._left)
        self._left -= taken
        self.is_over = self._left == 0
        return data[taken:]

    def _pass_over_chunks(self) -> None:
        """Take whole chunks, and as much of one as is there, from the front of the buffer."""
        buffer = self._buffer
        while not self.is_over:
            if self._left:
                taken = min(self._left, len(buffer))
                self._left -= taken
                del buffer[:taken]
            if self._left:
                return
            if last := _LAST_CHUNK.match(buffer):
                self.is_over = True
                del buffer[: last.end()]
                return
            size = _CHUNK_SIZE.match(buffer)
            if size is None or int(size[1], 16) == 0:
                self._give_up_beyond(HEAD_LIMIT)
                return
            self._left = int(size[1], 16) + 2  # with the line end behind the chunk
            del buffer[: size.end()]

    def _give_up_beyond(self, limit: int) -> None:
        """Take a chunk whose size, or trailer section, is longer than ``limit`` bytes for one without an end."""
        if len(self._buffer) > limit:
            self._buffer.clear()
            self._left = None


def _stated_length(head: ResponseHead) -> int | None:
    """Return how many bytes Content-Length states, None for "all that come until the end of TCP"."""
    lengths = head.values("Content-Length")
    is_stated = not head.has("Transfer-Encoding") and len(lengths) == 1 and _LENGTH.fullmatch(lengths[0])
    return int(lengths[0]) if is_stated else None
