"""The oracle's own small model of who receives frames: what it owes for them, and what ends the connection.

Bytes go in. What comes out is what an endpoint has to answer, what it must refuse, and what it may do as it likes, with
the sections of RFC 6455 and RFC 7692 that say so. Nothing here is shared with the reference, nor with the examiner's
reader of frames: a third opinion is worth more than a second one.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ws_conformance.deflate import TAIL, DeflateReader, Inflated
from ws_conformance.model import RequirementId
from ws_conformance.peer import Role
from ws_conformance.vocabulary import INVALID_DATA, POLICY, PROTOCOL_ERROR, TOO_BIG
from ws_conformance.wire import apply_mask

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

SMALL_BYTES = 125
MANY_FRAMES = 16
"""What every endpoint takes: longer messages, and more frames in one turn, may be too much for it (§10.4, A82)."""

LARGE_BYTES = 16_384
"""A frame or message of more bytes may have been refused for its size, whatever else is wrong with it."""

HUGE_BYTES = 1 << 40
"""A length that nobody waits for."""

INFLATED_BYTES = 1 << 22
"""The longest message that the oracle decompresses."""

CONTINUATIONS = tuple(bytes((octet,)) * 1_024 for octet in (0x00, 0x55, 0xAA, 0xFF))
"""What might follow data that breaks off. What is wrong whatever follows is wrong in itself."""

_TOO_LONG = frozenset({PROTOCOL_ERROR, TOO_BIG})

ANY_CODE: frozenset[int] = frozenset()
"""The codes of a fault for which no code is named: every one fits (policy page, A52)."""


class OutsideError(Exception):
    """A script that the oracle's model does not cover; says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something received that fails the connection: which requirement says so, and with which ``codes``.

    ``because`` begins with the section.
    """

    requirement: RequirementId
    because: str
    codes: frozenset[int] = frozenset({PROTOCOL_ERROR})


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something received that may fail the connection or be taken.

    Who takes it departs from ``departs_from``; who does neither, from ``requirement``.
    """

    requirement: RequirementId
    because: str
    departs_from: tuple[RequirementId, ...]
    codes: frozenset[int] = frozenset({PROTOCOL_ERROR})


@dataclass(frozen=True, slots=True)
class ReceivedClose:
    """A Close frame that is no malformed frame; its ``body`` may still be one that should not have been sent.

    ``inside_a_message`` is whether it came between the fragments of one.
    """

    body: bytes
    inside_a_message: bool = False

    @property
    def code(self) -> int | None:
        return int.from_bytes(self.body[:2], "big") if len(self.body) >= 2 else None


@dataclass(slots=True)
class Heard:
    """What came of one turn.

    ``messages`` are to be delivered, ``pings`` to be answered. ``ending`` is what the rest of the connection is about,
    ``behind`` what was received after it, as opcodes and payloads, ``is_malformed_behind`` whether some of that is
    malformed. ``is_large`` says that something may be refused for
    its size or its number, ``offence`` which Ping among the faults must not be answered, and ``waits`` that the last
    frame is not complete. ``suspicion`` is a fault that may be noticed already, or only later. ``unread`` is how many
    bytes of a frame nobody has to read who has seen its header.
    """

    unread: int = 0
    messages: list[tuple[int, bytes]] = field(default_factory=list)
    pings: list[bytes] = field(default_factory=list)
    ending: Fault | Doubt | ReceivedClose | None = None
    behind: list[tuple[int, bytes]] = field(default_factory=list)
    is_malformed_behind: bool = False
    is_large: bool = False
    offence: bytes | None = None
    waits: bool = False
    suspicion: Fault | None = None


@dataclass(frozen=True, slots=True)
class _Frame:
    fin: bool
    rsv: int
    opcode: int
    masked: bool
    length: int
    length_bytes: int
    payload: bytes
    complete: bool
    end: int

    @property
    def is_control(self) -> bool:
        return self.opcode >= 8


class Receiver:
    """An endpoint in ``role`` with an open connection, as the RFC wants it; ``compressing`` if that was agreed upon.

    ``may_forget`` is whether each message has to be readable by itself then (RFC 7692 §7.1.1).
    """

    def __init__(self, role: Role, *, compressing: bool = False, may_forget: bool = False) -> None:
        self._role = role
        self._may_forget = may_forget
        self._reader = DeflateReader(INFLATED_BYTES) if compressing else None
        self._inflated: list[bytes] = []
        self._pending = b""
        self._ending: Fault | Doubt | ReceivedClose | None = None
        self._opcode: int | None = None
        self._payload = bytearray()
        self._frames = 0
        self._is_compressed = False
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text_fault: Fault | None = None

    @property
    def is_inside_a_message(self) -> bool:
        return self._opcode is not None

    @property
    def is_over(self) -> bool:
        return self._ending is not None

    def hear(self, data: bytes) -> Heard:
        """Return what comes of ``data``, which follows what was heard before."""
        heard = Heard()
        self._frames = 0
        self._pending += data
        while len(self._pending) >= 2:
            frame = _read(self._pending)
            if not frame.complete:
                if self._ending is None:
                    self._look_at_the_beginning(frame, heard)
                break
            self._pending = self._pending[frame.end :]
            self._receive(frame, heard)
        heard.waits = bool(self._pending)
        heard.suspicion = heard.suspicion or self._text_fault
        heard.ending = self._ending
        return heard

    def _look_at_the_beginning(self, frame: _Frame, heard: Heard) -> None:
        """Of a frame that is not complete, see whether its header is enough to refuse it."""
        if frame.length >= 1 << 63:
            departs_from = ("6455/5.2/top-bit-length-is-refused",)
            because = "§5.2: no frame has so many bytes; a receiver need not wait for them."
            self._ending = Doubt("6455/5.2/length-64-bits-is-read", because, departs_from, _TOO_LONG)
            return
        if frame.length >= HUGE_BYTES:
            requirement = "6455/10.4/frame-size-is-limited"
            because = "§10.4: endpoints should limit the size of a frame, and nobody has so much room."
            self._ending = Doubt(requirement, because, (requirement,), _TOO_LONG | {POLICY})
            return
        faults = list(self._header_faults(frame))
        if faults:
            heard.suspicion = _joined(faults, frame)

    def _receive(self, frame: _Frame, heard: Heard) -> None:
        if self._ending is not None:
            self._receive_behind(frame, heard)
            return
        self._frames += 1
        if frame.length > SMALL_BYTES or self._frames > MANY_FRAMES:
            heard.is_large = True
        faults = list(self._header_faults(frame))
        if faults:
            self._ending = _joined([*faults, *self._content_faults(frame)], frame)
            heard.unread = frame.length
            heard.offence = frame.payload if frame.opcode == PING else None
            return
        if frame.is_control:
            self._receive_control(frame, heard)
        else:
            self._receive_data(frame, heard)
        if frame.length_bytes != _fewest_bytes(frame.length):
            if self._ending is not None:
                raise OutsideError("a frame whose length is not minimal and that is doubtful besides")
            requirement = "6455/5.2/minimal-length-is-expected"
            because = "§5.2: the sender writes a length in as few bytes as it can; the receiver may mind, or not."
            codes = frozenset({PROTOCOL_ERROR, TOO_BIG} if frame.length > SMALL_BYTES else {PROTOCOL_ERROR})
            self._ending = Doubt(requirement, because, (requirement,), codes)

    def _receive_behind(self, frame: _Frame, heard: Heard) -> None:
        """Note what would come of a frame behind the end, if somebody processed it."""
        opcode, payload = frame.opcode, frame.payload
        if (
            any(self._header_faults(frame))
            or any(self._content_faults(frame))
            or (opcode == CLOSE and len(payload) == 1)
        ):
            heard.is_malformed_behind = True
        if opcode == CONTINUATION:
            opcode, payload = self._opcode or TEXT, bytes(self._payload) + payload
        heard.behind.append((opcode, payload))
        if opcode in (TEXT, BINARY) and not frame.fin:
            self._opcode, self._payload = opcode, bytearray(payload)

    # --- what a header is refused for ---

    def _header_faults(self, frame: _Frame) -> Iterator[Fault]:
        if frame.rsv & ~self._meant_bits(frame):
            yield self._reserved_bits(frame)
        if frame.opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
            yield Fault(
                "6455/5.2/unknown-opcode-fails-the-connection",
                f"§5.2: the opcode {frame.opcode:#x} is reserved; who receives it fails the connection.",
            )
        if self._role is Role.SERVER and not frame.masked:
            yield Fault(
                "6455/5.1/unmasked-frame-closes-the-connection",
                "§5.1: a server closes the connection when a frame is not masked.",
            )
        if self._role is Role.CLIENT and frame.masked:
            yield Fault(
                "6455/5.1/masked-frame-closes-the-connection",
                "§5.1: a client closes the connection when a frame is masked.",
            )
        if frame.is_control and not frame.fin:
            yield Fault("6455/5.5/fragmented-control-frame-fails", "§5.5: control frames are never fragmented.")
        if frame.is_control and frame.length > SMALL_BYTES:
            yield Fault(
                "6455/5.5/long-control-frame-fails",
                "§5.5: a control frame has 125 bytes of payload at most.",
                frozenset({PROTOCOL_ERROR, TOO_BIG}),
            )
        if frame.opcode == CONTINUATION and not self.is_inside_a_message:
            yield Fault("6455/5.4/continuation-needs-a-message", "§5.4: there is no message to continue.")
        if frame.opcode in (TEXT, BINARY) and self.is_inside_a_message:
            yield Fault(
                "6455/5.4/new-message-waits-for-the-end-of-the-last",
                "§5.4: a message begins when the one before it is complete; there is no extension to say otherwise.",
            )

    def _meant_bits(self, frame: _Frame) -> int:
        """Return the reserved bits that may be set on ``frame`` (RFC 7692 §6)."""
        return 4 if self._reader is not None and frame.opcode in (TEXT, BINARY) else 0

    def _reserved_bits(self, frame: _Frame) -> Fault:
        if self._reader is None or frame.rsv != 4:
            return Fault(
                "6455/5.2/reserved-bit-set-fails-the-connection",
                "§5.2: a reserved bit to which no extension gives a meaning fails the connection.",
            )
        where = "a-control-frame" if frame.is_control else "a-later-fragment"
        return Fault(
            f"7692/6.1/rsv1-on-{where}-fails",
            "RFC 7692 §6.1: RSV1 stands on the first frame of a message, and nowhere else.",
        )

    def _content_faults(self, frame: _Frame) -> Iterator[Fault]:
        """Yield what else somebody may notice first about a frame whose header is wrong."""
        is_compressed = self._reader is not None and frame.rsv & 4
        if frame.opcode == TEXT and not is_compressed and not _is_utf8(frame.payload, whole=frame.fin):
            yield Fault(
                "6455/8.1/invalid-utf-8-fails-the-connection", "§8.1: text is UTF-8.", frozenset({INVALID_DATA})
            )

    # --- control frames ---

    def _receive_control(self, frame: _Frame, heard: Heard) -> None:
        if frame.opcode == PING:
            heard.pings.append(frame.payload)
        elif frame.opcode == CLOSE:
            self._ending = ReceivedClose(frame.payload, self.is_inside_a_message)

    # --- messages ---

    def _receive_data(self, frame: _Frame, heard: Heard) -> None:
        if frame.opcode != CONTINUATION:
            self._opcode, self._payload = frame.opcode, bytearray()
            self._is_compressed = bool(frame.rsv & 4)
            self._decoder.reset()
            self._text_fault = None
        self._payload += frame.payload
        if len(self._payload) > SMALL_BYTES:
            heard.is_large = True
        if self._opcode == TEXT and not self._is_compressed and self._text_fault is None:
            self._check_text(frame)
        if frame.fin:
            self._deliver(heard)

    def _check_text(self, frame: _Frame) -> None:
        """§8.1: the whole text has to be UTF-8. Whoever looks at each byte as it comes knows early that it is not."""
        try:
            self._decoder.decode(frame.payload, final=frame.fin)
        except UnicodeDecodeError as error:
            is_cut_off = "unexpected end" in error.reason
            self._text_fault = Fault(
                "6455/8.1/incomplete-utf-8-at-the-end-fails"
                if is_cut_off
                else "6455/8.1/invalid-utf-8-fails-the-connection",
                "§8.1: a text that ends inside a character is no UTF-8 and fails the connection."
                if is_cut_off
                else "§8.1: bytes that are no UTF-8 in a text fail the connection.",
                frozenset({INVALID_DATA}),
            )

    def _deliver(self, heard: Heard) -> None:
        assert self._opcode is not None
        opcode, payload, self._opcode = self._opcode, bytes(self._payload), None
        if self._is_compressed:
            inflated = self._inflate(payload)
            if inflated is None:
                return
            payload = inflated
            heard.is_large = heard.is_large or len(payload) > SMALL_BYTES
            if opcode == TEXT and not _is_utf8(payload, whole=True):
                self._ending = Fault(
                    "7692/6.1/decompressed-text-is-utf-8",
                    "RFC 7692 §6.1: what a text decompresses to is UTF-8, or else it fails the connection (§8.1).",
                    frozenset({INVALID_DATA}),
                )
                return
        elif self._text_fault is not None:
            large = frozenset({TOO_BIG} if len(payload) > LARGE_BYTES else ())
            self._ending = replace(self._text_fault, codes=self._text_fault.codes | large)
            self._text_fault = None
            return
        heard.messages.append((opcode, payload))

    def _inflate(self, payload: bytes) -> bytes | None:
        """Return what ``payload`` decompresses to, or None if that ends the connection, or may."""
        assert self._reader is not None
        if not payload:
            requirement = "7692/7.2.2/compressed-message-without-payload"
            because = "RFC 7692 §7.2.2: no compressed message is without payload; many read an empty one."
            self._ending = Doubt(requirement, because, (requirement,), ANY_CODE)
            return b""
        if payload.endswith(TAIL):
            requirement = "7692/7.2.2/kept-tail-may-be-refused"
            because = "RFC 7692 §7.2.2: with four bytes put back the data ends inside a block, but nothing is lost."
            self._ending = Doubt(requirement, because, (requirement,), ANY_CODE)
            payload = payload.removesuffix(TAIL)
        inflated = self._reader.read_message(payload)
        if not isinstance(inflated, Inflated):
            self._ending = self._undecodable(payload)
            return None
        self._inflated.append(payload)
        if inflated.reach and self._may_forget:
            requirement = f"7692/7.2.2/{self._role.value}-may-forget"
            because = "RFC 7692 §7.2.2: who was promised messages that stand alone may keep nothing of them."
            self._ending = Doubt(requirement, because, (), ANY_CODE)
        if not all(block.complete for block in inflated.blocks):
            requirement = "1951/3.2.2/too-few-codes-are-no-fault-that-is-named"
            because = "RFC 1951 §3.2.2: nothing says that each code has a symbol (policy page, A88)."
            self._ending = Doubt(requirement, because, (), ANY_CODE)
        return inflated.output

    def _undecodable(self, payload: bytes) -> Fault | Doubt:
        """Return what becomes of data that is no message: it is without meaning, or breaks off before its end."""
        faults = set()
        for continuation in CONTINUATIONS:
            reader = DeflateReader(INFLATED_BYTES)
            for before in self._inflated:
                reader.read_message(before)
            faults.add(reader.feed(payload + continuation))
        if len(faults) > 1 or None in faults:
            requirement = "7692/7.2.2/broken-off-data-is-not-delivered"
            because = "RFC 7692 §7.2.2: data that ends inside a block is no whole message (policy page, A91)."
            return Doubt(requirement, because, (requirement,), ANY_CODE)
        requirement = "7692/7.2.2/undecodable-data-is-not-delivered"
        because = "RFC 7692 §7.2.2: data that cannot be decompressed is no message, and nothing of it is delivered."
        return Fault(requirement, because, ANY_CODE)


def _joined(faults: list[Fault], frame: _Frame) -> Fault:
    """Return the first of ``faults``, which all are found in one frame: the code of any of them fits."""
    codes = frozenset[int]().union(*(fault.codes for fault in faults))
    if frame.length > LARGE_BYTES:
        codes |= {TOO_BIG}
    return Fault(faults[0].requirement, faults[0].because, codes)


def _is_utf8(data: bytes, *, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _fewest_bytes(length: int) -> int:
    """Return in how many more bytes the shortest form writes ``length`` (§5.2)."""
    return 0 if length <= 125 else 2 if length <= 0xFFFF else 8


def _read(data: bytes) -> _Frame:
    """Return the frame at the front of ``data``, which has two bytes at least (§5.2)."""
    length = data[1] & 127
    masked = data[1] > 127
    length_bytes = {126: 2, 127: 8}.get(length, 0)
    start = 2 + length_bytes + (4 if masked else 0)
    has_length = len(data) >= 2 + length_bytes
    if length_bytes and has_length:
        length = int.from_bytes(data[2 : 2 + length_bytes], "big")
    end = start + length
    complete = has_length and len(data) >= end
    payload = data[start:end] if complete else b""
    if masked and complete:
        payload = apply_mask(payload, data[start - 4 : start])
    return _Frame(
        fin=data[0] > 127,
        rsv=data[0] >> 4 & 7,
        opcode=data[0] & 15,
        masked=masked,
        length=length,
        length_bytes=length_bytes,
        payload=payload,
        complete=complete,
        end=end,
    )
