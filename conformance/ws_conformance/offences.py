"""What a target has to refuse in frames that it is sent, named so that every case that sends it names it alike."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from .observer import NEVER_SENT_CODES
from .peer import Role
from .wire import BINARY, CLOSE, CONTINUATION, RESERVED_OPCODES, RSV1, TEXT, WireFrame

MOST_SIGNIFICANT = 1 << 63
"""A declared length from here on has its first bit set."""

_CUT = "unexpected end of data"


def offences(role: Role, frames: Iterable[WireFrame], *, compresses: bool) -> Iterator[str]:
    """Yield what each of ``frames`` has that a target in ``role`` has to refuse, in the plural."""
    first: WireFrame | None = None
    text = codecs.getincrementaldecoder("utf-8")()
    for frame in frames:
        found = _header_offence(role, frame, compresses) or _order_offence(frame, first)
        if not found and frame.opcode == CLOSE:
            found = _close_offence(frame.payload)
        if frame.opcode in (CONTINUATION, TEXT, BINARY):
            if frame.opcode != CONTINUATION:
                first = frame
                text.reset()
            if not found and first is not None and first.opcode == TEXT and not (first.rsv and compresses):
                found = _text_offence(text, frame)
            if frame.fin:
                first = None
        if found:
            yield found


def _header_offence(role: Role, frame: WireFrame, compresses: bool) -> str:
    """Return what §5.1, §5.2 and §5.5 have against ``frame``, whatever is around it."""
    if frame.masked is not None and frame.masked is (role is Role.CLIENT):
        return f"{'masked' if frame.masked else 'unmasked'} frames"
    if frame.rsv and not compresses:
        return "reserved bits"
    if frame.rsv & ~RSV1:
        return "RSV2 and RSV3 beside compression"
    if frame.rsv and frame.is_control:
        return "control frames with RSV1"
    if frame.rsv and frame.opcode == CONTINUATION:
        return "continuations with RSV1"
    if frame.opcode in RESERVED_OPCODES:
        return "reserved opcodes"
    if frame.is_control and len(frame.payload) > 125:
        return "control frames of more than 125 bytes"
    if frame.is_control and not frame.fin:
        return "control frames in fragments"
    if (frame.declared_length or 0) >= MOST_SIGNIFICANT:
        return "lengths with the first bit set"
    return ""


def _order_offence(frame: WireFrame, first: WireFrame | None) -> str:
    """Return what §5.4 has against ``frame``, where ``first`` is that of a message under way."""
    if frame.opcode == CONTINUATION and first is None:
        return "continuations of nothing"
    if frame.opcode in (TEXT, BINARY) and first is not None:
        return "messages inside another"
    return ""


def _text_offence(text: codecs.IncrementalDecoder, frame: WireFrame) -> str:
    """Return what RFC 3629 has against the payload of ``frame`` behind the ``text`` before it."""
    try:
        text.decode(frame.payload, final=frame.fin)
    except UnicodeDecodeError as error:
        text.reset()
        return "texts that end inside a character" if error.reason == _CUT else "texts that are not UTF-8"
    return ""


def _close_offence(body: bytes) -> str:
    """Return what §5.5.1 and §7.4 have against the body of a Close frame."""
    if len(body) == 1:
        return "Close bodies of one byte"
    if body:
        code = int.from_bytes(body[:2], "big")
        if code < 1000 or code >= 5000:
            return f"close codes {'below 1000' if code < 1000 else 'from 5000 on'}"
        if code in NEVER_SENT_CODES or code == 1004 or 1016 <= code <= 2999:
            return "close codes that nobody may send"
        try:
            body[2:].decode()
        except UnicodeDecodeError:
            return "close reasons that are not UTF-8"
    return ""
