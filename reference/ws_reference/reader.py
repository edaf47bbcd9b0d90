"""The first of two loops: from bytes to frames (RFC 6455 §5.2).

It does not wait for the rest of a data frame: what is there of the payload is handed on as a fragment, and what comes
later as its continuation. That is lawful, since fragments mean nothing by themselves (§5.4), and it lets a text be
checked while it arrives. Between two calls the reader keeps no more than the header of a data frame, a control frame
that is not yet whole, and what it is asked to gather or to keep.
"""

from typing import Final

from ws_reference.closing import CloseCode
from ws_reference.frames import BINARY, CONTINUATION, Frame, Role
from ws_reference.limits import Limits
from ws_reference.masking import Mask, mask
from ws_reference.rules import Receiving, Rules, Violation, refused_headers

MOST_GATHERED: Final = 64 * 1024
MOST_PARTS: Final = 64
"""How much of a binary payload is gathered, in bytes, and in how many parts; one by one, each costs several times."""


class FrameReader:
    """Cuts what was received into frames and unmasks them.

    ``violation`` is None until the peer sends a frame that the rules or the limits refuse. That frame and all behind
    it are not read. ``missing`` is how much of the payload of the last frame is still to come, in bytes. Of a binary
    payload a reader that ``gathers`` hands on larger parts, for nobody looks at it before the message is whole. So it
    does where a bit of ``rsv_in_use`` says that an extension changed it, since it takes long to undo that part by part.
    """

    def __init__(
        self,
        role: Role,
        rules: Rules,
        limits: Limits,
        mask: Mask = mask,
        *,
        rsv_in_use: int = 0,
        gathers: bool = False,
    ) -> None:
        self.violation: Violation | None = None
        self.missing = 0
        self._rules = rules
        self._limits = limits
        self._mask = mask
        self._role = role
        self._rsv_in_use = rsv_in_use
        self._refused = refused_headers(rules.header, role, rsv_in_use)
        self._held = b""
        # The message under way: is there one, how many fragments has it, how long are they, what may the next one be?
        self._under_way = False
        self._fragments = 0
        self._message_length = 0
        self._room = self._most_room = min(limits.frame_length, limits.message_length)
        # The frame of which something is missing: what the next part needs of its header, what is gathered for it, and
        # how much that may be in all, and how much more.
        self._opcode: int = CONTINUATION
        self._masking_key: bytes | None = None
        self._fin = True
        self._rsv = 0
        self._gathers = gathers
        self._gathered: list[bytes] = []
        self._most_gathered = self._gatherable = 0

    def receive(self, data: bytes, position: int = 0) -> list[Frame]:
        """Return the frames that ``data`` brings from ``position`` on, and the part of a data frame that comes last."""
        frames: list[Frame] = []
        if self.missing and data:
            position = min(self.missing, len(data))
            frames.append(self._part(data if position == len(data) else data[:position]))
        elif self._held:
            data = self._held + data
        end = len(data)
        refused = self._refused[self._under_way]
        while end - position >= 2:
            first, second = data[position], data[position + 1]
            if refused[first << 8 | second]:
                receiving = Receiving(self._role, self._under_way, self._rsv_in_use)
                self.violation = self._rules.header_violation(data[position : position + 2], receiving)
                break
            fin, rsv, opcode = first >= 0x80, first >> 4 & 0x7, first & 0xF
            payload_length = second & 0x7F
            start = position + 2
            if payload_length > 125:
                length_bits = 16 if payload_length == 126 else 64
                start += length_bits // 8
                if start > end:
                    break
                payload_length = int.from_bytes(data[position + 2 : start], "big")
                self.violation = self._rules.length_violation(length_bits, payload_length)
                if self.violation:
                    break
            if payload_length > self._room:
                self.violation = self._limit_violation(opcode, payload_length)
                if self.violation:
                    break
            masking_key = None
            if second & 0x80:
                start += 4
                masking_key = data[start - 4 : start]
            stop = start + payload_length
            if stop <= end:
                payload = data[start:stop]
                if masking_key is not None:
                    payload = self._mask(payload, masking_key)
                frames.append(Frame(opcode, payload, fin, rsv))
            elif opcode >= 0x8 or start >= end:
                break
            else:
                self.missing, self._masking_key = payload_length, masking_key
                self._opcode, self._fin, self._rsv = opcode, fin, rsv
                is_opaque = opcode == BINARY or rsv & self._rsv_in_use
                self._most_gathered = MOST_GATHERED if self._gathers and is_opaque else 0
                self._gatherable = min(payload_length, self._most_gathered)
                part = data[start:]
                if not self.gather(part):
                    frames.append(self._part(part))
            if opcode < 0x8 and (self._under_way or not fin):
                self._count_fragment(payload_length, fin)
                refused = self._refused[self._under_way]
            position = stop
        self._held = data[position:]
        return frames

    def gather(self, part: bytes) -> bool:
        """Put ``part`` by until more is there and return True, unless it is the last or too much."""
        length = len(part)
        if length >= self._gatherable or len(self._gathered) >= MOST_PARTS:
            return False
        self._gathered.append(part)
        self._gatherable -= length
        self.missing -= length
        return True

    def take_unread(self) -> bytes | None:
        """Return what is there of the frame that begins the next message, and forget it; None within a message."""
        if self._under_way or self.missing:
            return None
        held, self._held = self._held, b""
        return held

    def put_back(self, unread: bytes) -> None:
        """Keep the beginning of a frame, with which a message begins, until more of it is there."""
        self._held = unread

    def _part(self, part: bytes) -> Frame:
        """Return what is gathered and the next ``part`` of a payload as a fragment, a final one only at its end."""
        self.missing -= len(part)
        part = b"".join((*self._gathered, part))
        self._gathered.clear()
        self._gatherable = min(self.missing, self._most_gathered)
        if self._masking_key is not None:
            part = self._mask(part, self._masking_key)
            turn = len(part) % 4
            self._masking_key = self._masking_key[turn:] + self._masking_key[:turn]
        opcode, rsv = self._opcode, self._rsv
        self._opcode, self._rsv = CONTINUATION, 0
        return Frame(opcode, part, self._fin and not self.missing, rsv)

    def _count_fragment(self, payload_length: int, fin: bool) -> None:
        """Note a fragment, and how long the next one may be: nothing is allowed any more when there are too many."""
        self._under_way = not fin
        if fin:
            self._fragments = self._message_length = 0
            self._room = self._most_room
            return
        self._fragments += 1
        self._message_length += payload_length
        left = self._limits.message_length - self._message_length
        if self._fragments >= self._limits.fragments:
            self._room = -1
        elif left < self._most_room:
            self._room = left

    def _limit_violation(self, opcode: int, payload_length: int) -> Violation | None:
        """Return which limit a frame exceeds (§10.4), if any: there may be room for a control frame."""
        limits = self._limits
        if payload_length > limits.frame_length:
            return _too_big(f"frame of {payload_length} bytes; the limit is {limits.frame_length}")
        if opcode >= 0x8:
            return None
        if self._fragments >= limits.fragments:
            detail = f"message in more than {limits.fragments} fragments"
            return Violation("6455/10.4/size-limits-protect", detail, CloseCode.POLICY_VIOLATION)
        message_length = self._message_length + payload_length
        return _too_big(f"message of at least {message_length} bytes; the limit is {limits.message_length}")


def _too_big(detail: str) -> Violation:
    return Violation("6455/10.4/size-limits-protect", detail, CloseCode.TOO_BIG)
