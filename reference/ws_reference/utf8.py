"""Whether bytes that arrive in pieces are UTF-8 (RFC 6455 §8.1, RFC 3629)."""

import codecs


class Utf8Validator:
    """Checks a text piece by piece, and objects to the first byte that nothing behind it could make valid."""

    _accepted = 0
    _unfinished = b""

    def objection(self, piece: bytes, *, final: bool = False) -> str | None:
        """Take the next ``piece`` and return what is wrong with the text, or None while nothing is.

        A character may be cut between two pieces (§5.6). With ``final`` there is no next piece to complete it.

        >>> Utf8Validator().objection(b"caf\\xc3")
        >>> Utf8Validator().objection(b"caf\\xc3", final=True)
        'text is not UTF-8 from byte 3 on (0xc3): unexpected end of data'
        """
        if piece.isascii() and not self._unfinished:
            self._accepted += len(piece)
            return None
        piece = self._unfinished + piece if self._unfinished else piece
        try:
            length = codecs.utf_8_decode(piece, "strict", final)[1]
        except UnicodeDecodeError as error:
            return describe(error, self._accepted)
        self._accepted += length
        self._unfinished = piece[length:]
        return None


def describe(error: UnicodeDecodeError, bytes_before: int = 0) -> str:
    """Return what is wrong with a text, of which ``bytes_before`` were read before the bytes that failed."""
    position, byte = bytes_before + error.start, error.object[error.start]
    return f"text is not UTF-8 from byte {position} on (0x{byte:02x}): {error.reason}"
