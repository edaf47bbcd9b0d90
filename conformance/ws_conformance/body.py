"""Where the body of an answer ends, so that what is behind it can be told from it (RFC 9112 §6.3, §7.1)."""

from __future__ import annotations

import re

from .head import ResponseHead

_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[^\n]*\n")
_LAST_CHUNK = re.compile(rb"0+[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n")


class BodyReader:
    """Passes over a body. ``length`` counts the bytes of it that have come, ``is_over`` whether it is all there.

    ``method`` is that of the request: the answer to HEAD has the fields of a body and none.
    """

    def __init__(self, head: ResponseHead, method: str) -> None:
        self.length = 0
        self._buffer = bytearray()
        self._is_chunked = "chunked" in head.tokens("Transfer-Encoding")
        self._left = _declared_length(head, method)
        self.is_over = self._left == 0 and not self._is_chunked

    def feed(self, data: bytes) -> bytes:
        """Take in ``data`` and return what of it is behind the body. Where no length is stated, nothing ever is."""
        if self.is_over:
            return data
        if self._is_chunked:
            return self._feed_chunked(data)
        taken = len(data) if self._left is None else min(len(data), self._left)
        self.length += taken
        if self._left is not None:
            self._left -= taken
            self.is_over = self._left == 0
        return data[taken:]

    def _feed_chunked(self, data: bytes) -> bytes:
        buffer = self._buffer
        buffer += data
        while not self.is_over:
            skipped = min(self._left or 0, len(buffer))
            del buffer[:skipped]
            self._left = (self._left or 0) - skipped
            last = _LAST_CHUNK.match(buffer) if not self._left else None
            size = _CHUNK_SIZE.match(buffer) if not self._left and last is None else None
            if last is not None:
                del buffer[: last.end()]
                self.is_over = True
            elif size is not None and int(size[1], 16):
                del buffer[: size.end()]
                self.length += int(size[1], 16)
                self._left = int(size[1], 16) + 2  # the line end behind the chunk
            else:
                return b""
        return bytes(buffer)


def _declared_length(head: ResponseHead, method: str) -> int | None:
    """Return how many bytes the body has, None for "all that come until the end of TCP", 0 for a chunked one."""
    if method == "HEAD" or head.status in (204, 304):
        return 0
    if head.has("Transfer-Encoding"):
        return 0 if "chunked" in head.tokens("Transfer-Encoding") else None
    lengths = head.values("Content-Length")
    return int(lengths[0]) if len(lengths) == 1 and re.fullmatch("[0-9]{1,18}", lengths[0]) else None
