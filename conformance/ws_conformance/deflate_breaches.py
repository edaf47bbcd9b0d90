"""What a target compresses, held against what was agreed upon (RFC 7692 §7.2.1)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence

from .deflate import TAIL, DeflateReader, Inflated, Malformed, TooLong
from .head import Extension
from .model import Breach
from .peer import Role
from .wire import CONTINUATION, RSV1, WireFrame, opcode_name

WINDOW_BITS = frozenset(map(str, range(8, 16)))


class CompressedMessages:
    """Inflates the messages of a target in ``role``, after ``agreed`` was agreed upon.

    ``offers`` are those of a client, whose hints it may have got no answer to (policy page, A85).
    ``limit`` is the longest message it inflates, in bytes. ``fault`` is why a message could not be read; from there on
    no compressed message can.
    """

    def __init__(self, role: Role, agreed: Extension, limit: int, offers: Sequence[Extension] = ()) -> None:
        parameters = dict(agreed.parameters)
        hints = [dict(offer.parameters) for offer in offers]
        bits = parameters.get(f"{role.value}_max_window_bits") or ""
        self.fault: str | None = None
        self._role = role.value
        self._forgets = f"{role.value}_no_context_takeover" in parameters
        self._window = 1 << int(bits) if bits in WINDOW_BITS else None
        self._hinted_to_forget = bool(hints) and all("client_no_context_takeover" in hint for hint in hints)
        windows = [hint.get("client_max_window_bits") or "" for hint in hints]
        self._hinted_window = max((1 << int(w) if w in WINDOW_BITS else 1 << 15 for w in windows), default=1 << 15)
        self._reader = DeflateReader(limit)

    def inflate(self, payload: bytes) -> Iterator[Breach | bytes]:
        """Yield what is wrong with the compressed message ``payload``, and then what it inflates to."""
        if not payload:
            yield Breach("7692/7.2.1/compressed-message-has-a-byte-at-least", "a compressed message without payload")
        if payload.endswith(TAIL):  # the last byte of what is to be sent has its highest bit clear
            yield Breach("7692/7.2.1/tail-is-removed", "a compressed message that ends in 00 00 ff ff")
        match self._reader.read_message(payload.removesuffix(TAIL)):
            case Malformed(bit, what):
                self.fault = f"a compressed message that cannot be read: {what}, at bit {bit}"
                yield Breach("1951/3.2.3/what-is-sent-is-deflate", self.fault)
            case TooLong(limit):
                self.fault = f"a message of more than {limit} bytes, more than this case reads"
            case Inflated() as inflated:
                yield from self._breaches(inflated)
                yield inflated.output

    def _breaches(self, inflated: Inflated) -> Iterator[Breach]:
        distance = inflated.largest_distance
        if self._window is not None and distance > self._window:
            detail = f"a match {distance} bytes back in a window of {self._window} bytes"
            yield Breach(f"7692/7.2.1/{self._role}-keeps-to-its-window", detail)
        elif distance > self._hinted_window:
            detail = f"a match {distance} bytes back after a hint at a window of {self._hinted_window} bytes"
            yield Breach("7692/7.1.2.2/hint-is-kept", detail)
        if inflated.reach and (self._forgets or self._hinted_to_forget):
            detail = f"a match that begins {inflated.reach} bytes before its message"
            forgets = f"7692/7.2.1/{self._role}-forgets-as-agreed"
            yield Breach(forgets if self._forgets else "7692/7.1.1.2/hint-is-kept", detail)
        if not inflated.ends_in_an_empty_stored_block:
            detail = f"a message whose last block is a {inflated.blocks[-1].type.name.lower()} one"
            yield Breach("7692/7.2.1/message-ends-in-an-empty-stored-block", detail)
        if any(block.padding for block in inflated.blocks):
            yield Breach("7692/7.2.1/final-block-is-padded-with-zeros", "bits of 1 behind a block with BFINAL set")


class InflatedMessages:
    """Inflates the messages of a target as CompressedMessages does, without end, and fast: zlib tells less of them.

    ``clock`` says what time it is, for ``seconds`` is what inflating took.
    """

    def __init__(self, role: Role, agreed: Extension, limit: int, clock: Callable[[], float]) -> None:
        parameters = dict(agreed.parameters)
        bits = parameters.get(f"{role.value}_max_window_bits") or ""
        self.fault: str | None = None
        self.bytes_in = 0
        self.bytes_out = 0
        self.seconds = 0.0
        self._clock = clock
        self._window_bits = max(9, int(bits)) if bits in WINDOW_BITS else 15
        self._forgets = f"{role.value}_no_context_takeover" in parameters
        self._limit = limit
        self._inflater = zlib.decompressobj(-self._window_bits)

    def inflate(self, payload: bytes) -> Iterator[Breach | bytes]:
        """Yield what is wrong with the compressed message ``payload``, and then what it inflates to."""
        if not payload:
            yield Breach("7692/7.2.1/compressed-message-has-a-byte-at-least", "a compressed message without payload")
        if self._forgets:
            self._inflater = zlib.decompressobj(-self._window_bits)
        began = self._clock()
        data, output = payload + TAIL, b""
        try:
            while data:
                if self._inflater.eof:  # a final block ends a stream, but not the message (RFC 7692 §7.2.3.4)
                    self._inflater = zlib.decompressobj(-self._window_bits)
                output += self._inflater.decompress(data, self._limit - len(output) + 1)
                if len(output) > self._limit:
                    self.fault = f"a message of more than {self._limit} bytes, more than is read"
                    return
                data = self._inflater.unused_data
        except zlib.error as error:
            self.fault = f"a compressed message that cannot be read: {error}"
            yield Breach("1951/3.2.3/what-is-sent-is-deflate", self.fault)
            return
        self.seconds += self._clock() - began
        self.bytes_in += len(payload)
        self.bytes_out += len(output)
        yield output


def rsv_breach(frame: WireFrame, compressing: bool) -> Breach | None:
    """Return what §5.2, and RFC 7692 §6.1 where compression was agreed upon, have against the RSV bits of ``frame``."""
    name = opcode_name(frame.opcode)
    if frame.rsv == RSV1 and compressing:
        if frame.is_control:
            return Breach("7692/6.1/rsv1-is-clear-on-control-frames-sent", f"a {name} frame with RSV1 set")
        if frame.opcode == CONTINUATION:
            return Breach("7692/6.1/rsv1-is-clear-on-later-fragments-sent", "a CONT frame with RSV1 set")
        return None
    if frame.rsv:
        return Breach("6455/5.2/reserved-bits-are-zero", f"a {name} frame with reserved bits {frame.rsv:03b}")
    return None
