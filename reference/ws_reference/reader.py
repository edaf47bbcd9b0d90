"""The first of two loops: from bytes to frames (RFC 6455 §5.2).

It does not wait for the rest of a data frame: what is there of the payload is handed on as a fragment, and what comes
later as its continuation. That is lawful, since fragments mean nothing by themselves (§5.4), and it lets a text be
checked while it arrives. Between two calls the reader keeps no more than the header of a data frame, a control frame
that is not yet whole, the beginning of a short message, or some short parts of a binary payload.

Whole messages need not become frames on their way to be events: there is a short cut for them, which who wants to see
each frame does not take.
"""

from collections.abc import Iterable, Iterator

from ws_reference.closing import CloseCode
from ws_reference.events import Event
from ws_reference.frames import BINARY, CONTINUATION, Frame
from ws_reference.limits import Limits
from ws_reference.masking import Mask, mask
from ws_reference.rules import Receiving, Rules, Violation, refused_headers
from ws_reference.whole_messages import WholeMessages

SHORT_PART, MOST_PARTS = 4 * 1024, 16
"""So many parts of a binary payload are gathered if they are as short as that: one by one, each costs twice as much."""


class FrameReader:
    """Cuts what was received into frames and unmasks them.

    ``violation`` is None until the peer sends a frame that the rules or the limits refuse. That frame and all behind
    it are not read.
    """

    def __init__(
        self, receiving: Receiving, rules: Rules, limits: Limits, *, mask: Mask = mask, takes_short_cut: bool = False
    ) -> None:
        self.violation: Violation | None = None
        self._rules = rules
        self._limits = limits
        self._mask = mask
        self._receiving = (receiving, Receiving(receiving.role, True, receiving.rsv_in_use))
        self._refused = tuple(refused_headers(rules.header, receiving) for receiving in self._receiving)
        self._short_cut = WholeMessages(receiving, rules, limits, mask) if takes_short_cut else None
        self._held = b""
        # The message under way: is there one, how many fragments has it, how long are they, what may the next one be?
        self._under_way = False
        self._fragments = 0
        self._message_length = 0
        self._room = min(limits.frame_length, limits.message_length)
        # The frame that is not yet whole: how much is still to come, the key as the next part needs it, its FIN, what
        # was gathered of it, and whether that may be.
        self._missing = 0
        self._masking_key: bytes | None = None
        self._fin = True
        self._gathered: list[bytes] = []
        self._may_gather = False

    def receive(self, data: bytes, messages: list[Event]) -> Iterable[list[Frame]]:
        """Return the frames that ``data`` brings, and the part of a data frame that comes last.

        On the short cut, whole messages are appended to ``messages``. Therefore frames come as many at a time as there
        are between two of those, and the next ones are read when these have been dealt with.
        """
        length = len(data)
        if length >= self._missing:
            return self._read(data, messages)
        if self._may_gather and length < SHORT_PART and len(self._gathered) < MOST_PARTS:
            self._gathered.append(data)
            self._missing -= length
            return ()
        return ([self._next_part(data)],) if data else ()

    def _read(self, data: bytes, messages: list[Event]) -> Iterator[list[Frame]]:
        position = self._missing
        if position:
            yield [self._next_part(data[:position])]
        elif self._held:
            data = self._held + data
        has_read = -1
        while has_read < position < len(data):
            has_read = position
            if self._short_cut is not None and not self._missing and not self._under_way:
                position = self._short_cut.receive(data, position, messages)
                if self._short_cut.waits:
                    break
            frames, position = self._frames(data, position)
            if frames:
                yield frames
        self._held = data[position:]

    def _frames(self, data: bytes, position: int) -> tuple[list[Frame], int]:
        """Return the frames from ``position`` on, and where they end: up to where the short cut goes on, at most."""
        frames: list[Frame] = []
        end = len(data)
        refused = self._refused[self._under_way]
        while end - position >= 2:
            first, second = data[position], data[position + 1]
            if refused[first << 8 | second]:
                octets = data[position : position + 2]
                self.violation = self._rules.header_violation(octets, self._receiving[self._under_way])
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
                self._missing, self._masking_key, self._fin = stop - end, masking_key, fin
                self._may_gather = opcode == BINARY and not rsv
                frames.append(self._part(opcode, data[start:], rsv))
            position = stop
            if opcode < 0x8 and (self._under_way or not fin):
                self._count_fragment(payload_length, fin)
                refused = self._refused[self._under_way]
                if fin and self._short_cut is not None:
                    break
        return frames, position

    def _next_part(self, data: bytes) -> Frame:
        """Return ``data``, which belongs to the frame that is not yet whole, behind what was gathered."""
        self._missing -= len(data)
        part = b"".join((*self._gathered, data))
        self._gathered.clear()
        return self._part(CONTINUATION, part)

    def _part(self, opcode: int, part: bytes, rsv: int = 0) -> Frame:
        """Return the next ``part`` of a payload as a fragment; only the last part of a final frame is final."""
        if self._masking_key is not None:
            part = self._mask(part, self._masking_key)
            turn = len(part) % 4
            self._masking_key = self._masking_key[turn:] + self._masking_key[:turn]
        return Frame(opcode, part, self._fin and not self._missing, rsv)

    def _count_fragment(self, payload_length: int, fin: bool) -> None:
        """Note a fragment, and how long the next one may be: nothing is allowed any more when there are too many."""
        self._under_way = not fin
        self._fragments = 0 if fin else self._fragments + 1
        self._message_length = 0 if fin else self._message_length + payload_length
        room = self._limits.message_length - self._message_length
        self._room = room if room < self._limits.frame_length else self._limits.frame_length
        if self._fragments >= self._limits.fragments:
            self._room = -1

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
