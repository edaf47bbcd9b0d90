"""Faulty copies of the reference on connections where permessage-deflate was agreed upon.

What a message is made of is seen by the suite's own reader of DEFLATE, so that a copy can be faulty for one kind of
block, match or end alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ws_reference import Connection, Endpoint, Event, HeaderRule, Violation
from ws_reference import Role as ReferenceRole
from ws_reference.deflate import (
    RSV1_RULES,
    TAIL,
    Compressor,
    Decompressor,
    PerMessageDeflate,
    control_frame_is_not_compressed,
    rsv1_is_on_the_first_fragment,
)
from ws_reference.deflate_negotiation import (
    CLIENT_MAX_WINDOW_BITS,
    CLIENT_NO_CONTEXT_TAKEOVER,
    PERMESSAGE_DEFLATE,
    DeflateNegotiation,
    Parameters,
)
from ws_reference.frames import Frame
from ws_reference.headers import Extension

from ws_conformance.deflate import Block, BlockType, DeflateReader, Inflated
from ws_conformance.model import BOTH, CLIENTS, RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, ReferencePeer, reference_peer
from ws_conformance.peer import Role
from ws_conformance.wire import CONTINUATION, PONG, RSV1, RSV2, RSV3, TEXT

LIMIT = 1 << 24
"""The longest message that these copies look into, in bytes."""

DECOMPRESSED: RequirementId = "7692/6/compressed-message-is-decompressed"
DELIVERED: RequirementId = "7692/6.2/decompressed-message-is-delivered"
IS_DEFLATE: RequirementId = "1951/3.2.3/what-is-sent-is-deflate"


def deflating_peer(
    role: Role,
    *,
    compression: Callable[..., PerMessageDeflate] = PerMessageDeflate,
    connection: Callable[..., Connection] = Connection,
    deflate: DeflateNegotiation | None = None,
) -> ReferencePeer:
    """Return the reference as a Peer that echoes and agrees to compress; its parts can be replaced by faulty ones."""
    endpoint = partial(Endpoint, deflate=deflate or DeflateNegotiation(), compression=compression)
    return reference_peer(role, endpoint=endpoint, connection=connection)


def compressing(compression: Callable[..., PerMessageDeflate]) -> MakePeer:
    """Return a maker of references whose part that compresses is a faulty one."""
    return partial(deflating_peer, compression=compression)


def _mutant(name: str, compression: Callable[..., PerMessageDeflate], *breaks: RequirementId) -> Mutant:
    return Mutant(name=name, breaks=breaks, make=compressing(compression), roles=BOTH)


# --- what is read: each message seen as a whole -----------------------------------------------------------------------

Fault = Callable[[bytes, Inflated], bool]
"""Whether a copy goes wrong with a message, given as it came and as it was read."""


class Seeing(PerMessageDeflate):
    """Reads each compressed message as a whole; ``fault`` says with which it goes wrong, ``spoil`` how."""

    def __init__(
        self,
        role: ReferenceRole,
        agreed: Parameters,
        *,
        fault: Fault,
        spoil: Callable[[Inflated], bytes | None],
        **settings: object,
    ) -> None:
        super().__init__(role, agreed)
        self._fault = fault
        self._spoil = spoil
        self._seen = DeflateReader(LIMIT)
        self._payload = b""

    def decode(self, frame: Frame) -> Iterator[Frame]:
        fragments = list(super().decode(frame))
        if frame.opcode != CONTINUATION:
            self._payload = b""
            self._opcode = frame.opcode
            self._marked = bool(frame.rsv & RSV1)
        self._payload += frame.payload
        if not self._marked or self.violation is not None:
            yield from fragments
        elif frame.fin:
            yield from self._whole(self._seen.read_message(self._payload))

    def _whole(self, message: object) -> Iterator[Frame]:
        assert isinstance(message, Inflated), "what zlib read, the suite's reader reads"
        output = self._spoil(message) if self._fault(self._payload, message) else message.output
        if output is None:
            self.violation = Violation(DECOMPRESSED, "a message that this copy does not read")
        else:
            yield Frame(self._opcode, output)


def _refused(message: Inflated) -> None:
    """Fail the connection."""


def _without_its_last_byte(message: Inflated) -> bytes:
    return message.output[:-1]


def refusing(name: str, fault: Fault, *breaks: RequirementId) -> Mutant:
    """Return a copy that fails the connection on messages with ``fault``."""
    return _mutant(name, partial(Seeing, fault=fault, spoil=_refused), *breaks)


def spoiling(name: str, fault: Fault, spoil: Callable[[Inflated], bytes], *breaks: RequirementId) -> Mutant:
    """Return a copy that delivers something else for messages with ``fault``."""
    return _mutant(name, partial(Seeing, fault=fault, spoil=spoil), *breaks)


def has(test: Callable[[Block], bool]) -> Fault:
    """Return whether ``test`` holds for a block of the message; the last is the one that every message ends with."""
    return lambda payload, message: any(map(test, message.blocks[:-1]))


def reaches(distance: int, *, across: bool) -> Fault:
    """Return whether the largest distance of a message is this, into an earlier message or within itself."""
    return lambda payload, message: message.largest_distance == distance and across == (message.reach > 0)


def _up_to_the_first_final_block(message: Inflated) -> bytes:
    length, copied = 0, message.output
    for block in message.blocks:
        length += block.literals
        if block.final:
            break
    return copied[:length]


_ANY_TYPE = "7692/7.2.1/blocks-of-any-type-are-read"
_SEVERAL = "7692/7.2.1/several-blocks-are-read"
_FINAL = "7692/7.2.1/final-blocks-are-read"
_WHOLE_WINDOW = ("7692/7.2.2/server-has-the-whole-window", "7692/7.2.2/client-has-the-whole-window")
_WINDOW = ("7692/7.2.2/server-window-is-as-agreed", "7692/7.2.2/client-window-is-as-agreed")
_KEEPS = (
    "7692/7.2.2/server-keeps-the-window",
    "7692/7.2.2/client-keeps-the-window",
    "7692/7.2.3.2/match-into-the-last-message-is-read",
)

_BLOCKS: tuple[Mutant, ...] = (
    refusing("reads no stored blocks", has(lambda b: b.type is BlockType.STORED and b.literals > 0), _ANY_TYPE),
    refusing("reads no fixed codes", has(lambda b: b.type is BlockType.FIXED), _ANY_TYPE, DECOMPRESSED),
    refusing("reads no dynamic codes", has(lambda b: b.type is BlockType.DYNAMIC), _ANY_TYPE),
    refusing("reads no message of two blocks", lambda _, message: message.block_count > 2, _SEVERAL),
    refusing(
        "reads no message of a thousand blocks",
        lambda _, message: message.block_count > 999,
        "1951/3.3/receiver-reads-everything",
    ),
    refusing("reads no final blocks", has(lambda b: b.final), _FINAL),
    refusing("reads no final stored blocks", has(lambda b: b.final and b.type is BlockType.STORED), _FINAL),
    refusing(
        "reads no empty blocks",
        has(lambda b: not b.literals and not b.matches),
        "7692/7.2.3.5/two-blocks-are-read",
        _SEVERAL,
    ),
    spoiling("drops what follows a final block", has(lambda b: b.final), _up_to_the_first_final_block, _FINAL),
    refusing(
        "reads no stored block of 65,535 bytes",
        has(lambda b: b.literals == 65_535),
        "1951/3.2.4/stored-block-may-have-any-length",
    ),
    refusing(
        "reads no stored block of 256 bytes",
        has(lambda b: b.type is BlockType.STORED and b.literals == 256),
        "1951/3.2.4/stored-block-may-have-any-length",
    ),
    refusing("reads no empty message", lambda _, message: not message.output, "7692/7.2.3.6/empty-message-is-read"),
    spoiling(
        "loses the last byte of each compressed message", lambda _, message: True, _without_its_last_byte, DELIVERED
    ),
    spoiling(
        "loses the last byte of a message of 65,536 bytes or more",
        lambda _, message: len(message.output) > 65_535,
        _without_its_last_byte,
        "1951/3.3/receiver-reads-everything",
        DELIVERED,
    ),
    refusing(
        "reads no matches that overlap what they make",
        lambda _, message: message.largest_distance in (1, 2) and len(message.output) > 8,
        "1951/3.2.3/match-may-overlap-what-it-makes",
    ),
    refusing(
        "reads no literals of nine bits",
        lambda _, message: any(byte > 143 for byte in message.output),
        "1951/3.2.6/fixed-codes-are-read",
    ),
    refusing(
        "reads no stored block whose padding is set",
        lambda payload, message: len(message.blocks) == 3 and message.output == b"Hello" and b"\xfa" not in payload,
        "1951/3.2.4/bits-before-the-lengths-are-skipped",
        _SEVERAL,
    ),
)

_MATCHES: tuple[Mutant, ...] = (
    refusing("reads no distance of 32,768", lambda _, m: m.largest_distance == 32_768, *_WHOLE_WINDOW),
    refusing("reads no distance of 32,767", lambda _, m: m.largest_distance == 32_767, *_WHOLE_WINDOW),
    refusing("reads no distance above 16,384", lambda _, m: m.largest_distance > 16_384, *_WHOLE_WINDOW),
    *(
        refusing(
            f"reads no distance of {1 << bits} across messages",
            reaches(1 << bits, across=True),
            *_WINDOW,
        )
        for bits in range(8, 16)
    ),
    *(
        refusing(
            f"reads no distance of {1 << bits} within a message",
            reaches(1 << bits, across=False),
            *_WINDOW,
        )
        for bits in range(8, 16)
    ),
    refusing("reads no match into an earlier message", lambda _, m: m.reach > 0, *_KEEPS),
    refusing("reads no match beyond the last message", lambda _, m: m.reach > 5, *_KEEPS),
)


# --- what is read: the frames -----------------------------------------------------------------------------------------


class NeverDecompresses(PerMessageDeflate):
    def decode(self, frame: Frame) -> Iterator[Frame]:
        yield Frame(frame.opcode, frame.payload, frame.fin)


class TakesAllForCompressed(PerMessageDeflate):
    def decode(self, frame: Frame) -> Iterator[Frame]:
        rsv = 0 if frame.opcode == CONTINUATION else RSV1
        return super().decode(Frame(frame.opcode, frame.payload, frame.fin, rsv))


class CompressedOnceCompressedForEver(PerMessageDeflate):
    """Takes a message for compressed as soon as one before it was."""

    _seen = 0

    def decode(self, frame: Frame) -> Iterator[Frame]:
        self._seen |= frame.rsv
        return super().decode(Frame(frame.opcode, frame.payload, frame.fin, self._seen))


class TakesAllForBinary(PerMessageDeflate):
    def decode(self, frame: Frame) -> Iterator[Frame]:
        opcode = 2 if frame.rsv and frame.opcode == TEXT else frame.opcode
        return super().decode(Frame(opcode, frame.payload, frame.fin, frame.rsv))


class TakesAllForText(PerMessageDeflate):
    def decode(self, frame: Frame) -> Iterator[Frame]:
        opcode = TEXT if frame.rsv else frame.opcode
        return super().decode(Frame(opcode, frame.payload, frame.fin, frame.rsv))


class EachFragmentByItself(PerMessageDeflate):
    """Puts the four bytes back behind each fragment."""

    def decode(self, frame: Frame) -> Iterator[Frame]:
        for fragment in super().decode(Frame(frame.opcode, frame.payload, True, frame.rsv)):
            yield Frame(fragment.opcode, fragment.payload, fragment.fin and frame.fin)


class DropsEmptyFragments(PerMessageDeflate):
    """Fails the connection where a fragment adds nothing."""

    def decode(self, frame: Frame) -> Iterator[Frame]:
        if not frame.payload and (not frame.fin or frame.opcode == CONTINUATION):
            self.violation = Violation(DECOMPRESSED, "a fragment without payload")
            return iter(())
        return super().decode(frame)


class StripsEachTail(PerMessageDeflate):
    """Removes the four bytes of a flush inside a message, as if they meant nothing."""

    def decode(self, frame: Frame) -> Iterator[Frame]:
        return super().decode(Frame(frame.opcode, frame.payload.removesuffix(TAIL), frame.fin, frame.rsv))


class WantsCompressedUtf8(PerMessageDeflate):
    def decode(self, frame: Frame) -> Iterator[Frame]:
        if frame.opcode == TEXT and frame.payload.decode(errors="replace").encode() != frame.payload:
            self.violation = Violation("6455/8.1/invalid-utf-8-fails-the-connection", "a frame that is no UTF-8")
            return iter(())
        return super().decode(frame)


class MendsText(PerMessageDeflate):
    """Replaces what is no UTF-8, frame by frame."""

    def decode(self, frame: Frame) -> Iterator[Frame]:
        is_text = frame.opcode == TEXT or (frame.opcode == CONTINUATION and self._is_compressed)
        for fragment in super().decode(frame):
            mended = fragment.payload.decode(errors="replace").encode() if is_text else fragment.payload
            yield Frame(fragment.opcode, mended, fragment.fin)


class FailsOnUncompressed(PerMessageDeflate):
    def decode(self, frame: Frame) -> Iterator[Frame]:
        if frame.opcode != CONTINUATION and not frame.rsv:
            self.violation = Violation(DECOMPRESSED, "a message that is not compressed")
            return iter(())
        return super().decode(frame)


_FRAGMENTS = "7692/6.2/fragments-are-joined-and-decompressed"
_UNCOMPRESSED = "7692/6/uncompressed-message-is-taken-as-it-is"

_FRAMES: tuple[Mutant, ...] = (
    _mutant("never decompresses", NeverDecompresses, DECOMPRESSED, DELIVERED),
    _mutant("takes every message for compressed", TakesAllForCompressed, _UNCOMPRESSED),
    _mutant(
        "takes what follows a compressed message for compressed",
        CompressedOnceCompressedForEver,
        "7692/6/compressed-and-uncompressed-messages-mix",
    ),
    _mutant("delivers compressed text as binary", TakesAllForBinary, "7692/6.1/opcode-of-the-original-is-read"),
    _mutant("delivers compressed binary as text", TakesAllForText, "7692/6.1/opcode-of-the-original-is-read"),
    _mutant("decompresses each fragment by itself", EachFragmentByItself, _FRAGMENTS),
    _mutant("fails on compressed fragments without payload", DropsEmptyFragments, _FRAGMENTS),
    _mutant("removes the tail of every fragment", StripsEachTail, "7692/7.2.1/flushed-fragment-is-read"),
    _mutant("wants compressed text to be UTF-8", WantsCompressedUtf8, "7692/6.1/compressed-bytes-need-not-be-utf-8"),
    _mutant("mends compressed text that is no UTF-8", MendsText, "7692/6.1/decompressed-text-is-utf-8"),
    _mutant("fails on uncompressed messages", FailsOnUncompressed, _UNCOMPRESSED),
)


# --- the bits RSV1 to RSV3, and control frames ------------------------------------------------------------------------


def without(*left_out: HeaderRule) -> Callable[..., PerMessageDeflate]:
    """Return a maker of parts that compress and that do not refuse what these rules refuse."""
    return partial(PerMessageDeflate, header_rules=tuple(rule for rule in RSV1_RULES if rule not in left_out))


def knows(bits: int) -> Callable[..., PerMessageDeflate]:
    """Return a part that takes more RSV bits for its own."""
    return type("KnowsMoreBits", (PerMessageDeflate,), {"rsv_in_use": RSV1 | bits})


class NoControlInside(Connection):
    """Fails on control frames inside messages."""

    def _receive_control(self, frame: Frame) -> Event | None:
        if self._message is not None:
            return self.fail(Violation(_BETWEEN, "a control frame inside a message"))
        return super()._receive_control(frame)


class PingsWait(Connection):
    """Answers no Ping inside a message."""

    def answer_ping(self, payload: bytes) -> None:
        if self._message is None:
            super().answer_ping(payload)


class MarksPongs(Connection):
    def answer_ping(self, payload: bytes) -> None:
        self.write(Frame(PONG, payload, rsv=RSV1))


class CompressesLongPongs(Connection):
    def answer_ping(self, payload: bytes) -> None:
        self.write(Frame(PONG, zlib.compress(payload) if len(payload) > 20 else payload))


def connecting(connection: Callable[..., Connection]) -> MakePeer:
    """Return a maker of references that agree to compress on a faulty connection."""
    return partial(deflating_peer, connection=connection)


_BETWEEN = "7692/6.2/control-frames-come-between-compressed-fragments"
_OTHER_BIT = "6455/5.2/reserved-bit-set-fails-the-connection"
_ON_CONTROL = "7692/6.1/rsv1-on-a-control-frame-fails"
_ON_LATER = "7692/6.1/rsv1-on-a-later-fragment-fails"

_BITS: tuple[Mutant, ...] = (
    _mutant("accepts RSV1 on control frames", without(control_frame_is_not_compressed), _ON_CONTROL),
    _mutant("accepts RSV1 on later fragments", without(rsv1_is_on_the_first_fragment), _ON_LATER),
    _mutant("accepts RSV1 everywhere", without(*RSV1_RULES), _ON_CONTROL, _ON_LATER),
    _mutant("accepts RSV2 with compression", knows(RSV2), _OTHER_BIT),
    _mutant("accepts RSV3 with compression", knows(RSV3), _OTHER_BIT),
    *(
        Mutant(name=name, breaks=breaks, make=connecting(connection), roles=BOTH)
        for name, connection, breaks in (
            ("fails on control frames inside compressed messages", NoControlInside, (_BETWEEN,)),
            ("answers no Ping inside a compressed message", PingsWait, (_BETWEEN,)),
            (
                "sets RSV1 on its Pongs where it may compress",
                MarksPongs,
                ("7692/6.1/rsv1-is-clear-on-control-frames-sent",),
            ),
            ("compresses its Pongs", CompressesLongPongs, ("7692/6/control-frames-are-not-compressed",)),
        )
    ),
)


# --- data without a meaning -------------------------------------------------------------------------------------------


class IgnoresFaults(PerMessageDeflate):
    """Passes over messages that it cannot read."""

    def decode(self, frame: Frame) -> Iterator[Frame]:
        fragments = list(super().decode(frame))
        if self.violation is None:
            yield from fragments
        self.violation = None
        self._decompressor = None


class DeliversWhatItCould(PerMessageDeflate):
    """Ends a message where its data stops making sense."""

    def decode(self, frame: Frame) -> Iterator[Frame]:
        fragments = list(super().decode(frame))
        yield from (Frame(fragment.opcode, fragment.payload, False) for fragment in fragments)
        if frame.fin:
            yield Frame(CONTINUATION if fragments else frame.opcode, b"", True)
            self.violation = None
            self._decompressor = None
            self._is_compressed = False


class DeliversTheRaw(PerMessageDeflate):
    """Takes what does not decompress for uncompressed data."""

    def decode(self, frame: Frame) -> Iterator[Frame]:
        fragments = list(super().decode(frame))
        if self.violation is not None:
            self.violation = None
            self._decompressor = None
            yield Frame(frame.opcode, frame.payload.hex().encode(), frame.fin)
        else:
            yield from fragments


class NeedsNoEnd(PerMessageDeflate):
    """Takes broken-off messages for whole."""

    def check_end(self) -> Violation | None:
        self._decompressor = None
        return None


class HasAWindowFromTheBeginning(PerMessageDeflate):
    """Begins with a window full of zeros, into which matches may reach."""

    def __init__(self, role: ReferenceRole, agreed: Parameters, **settings: object) -> None:
        super().__init__(role, agreed)
        self._window = bytearray(32_768)


_UNDECODABLE_ID: RequirementId = "7692/7.2.2/undecodable-data-is-not-delivered"
_BROKEN_OFF = "7692/7.2.2/broken-off-data-is-not-delivered"

_FAULTS: tuple[Mutant, ...] = (
    _mutant("passes over messages that it cannot read", IgnoresFaults, _UNDECODABLE_ID, _BROKEN_OFF),
    _mutant("delivers what it could read of a message", DeliversWhatItCould, _UNDECODABLE_ID, _BROKEN_OFF),
    _mutant("takes what does not decompress for uncompressed", DeliversTheRaw, _UNDECODABLE_ID),
    _mutant("takes broken-off messages for whole", NeedsNoEnd, _BROKEN_OFF),
    _mutant(
        "reads matches before the beginning as zeros",
        HasAWindowFromTheBeginning,
        "1951/3.2.3/match-before-the-beginning-fails",
    ),
)


# --- the window of what is read ---------------------------------------------------------------------------------------


class ForgetsEachMessage(PerMessageDeflate):
    def decode(self, frame: Frame) -> Iterator[Frame]:
        if frame.opcode != CONTINUATION:
            self._window.clear()
        return super().decode(frame)


class ForgetsAfterTenMessages(PerMessageDeflate):
    _messages = 0

    def decode(self, frame: Frame) -> Iterator[Frame]:
        self._messages += frame.opcode != CONTINUATION
        if self._messages == 10:
            self._window.clear()
        return super().decode(frame)


class ForgetsBehindUncompressed(PerMessageDeflate):
    def decode(self, frame: Frame) -> Iterator[Frame]:
        if not frame.rsv and frame.opcode != CONTINUATION:
            self._window.clear()
        return super().decode(frame)


class RemembersUncompressed(PerMessageDeflate):
    def decode(self, frame: Frame) -> Iterator[Frame]:
        for fragment in super().decode(frame):
            if not self._is_compressed:
                self.remember(fragment.payload)
            yield fragment


class ForgetsBehindEmpty(PerMessageDeflate):
    def decode(self, frame: Frame) -> Iterator[Frame]:
        if frame.payload == b"\x00":
            self._window.clear()
        return super().decode(frame)


class ForgetsAtFinalBlocks(PerMessageDeflate):
    def new_decompressor(self, window: bytearray) -> Decompressor:
        window.clear()
        return super().new_decompressor(window)


class HalfAWindow(PerMessageDeflate):
    def new_decompressor(self, window: bytearray) -> Decompressor:
        return super().new_decompressor(window[-16_384:])


_TAKEOVER: tuple[Mutant, ...] = (
    _mutant("forgets each message that it read", ForgetsEachMessage, *_KEEPS),
    _mutant("forgets what it read after ten messages", ForgetsAfterTenMessages, *_KEEPS),
    _mutant(
        "forgets its window at an uncompressed message",
        ForgetsBehindUncompressed,
        "7692/7.2.3.2/received-uncompressed-messages-leave-the-window",
    ),
    _mutant(
        "puts uncompressed messages into its window",
        RemembersUncompressed,
        "7692/7.2.3.2/received-uncompressed-messages-leave-the-window",
    ),
    _mutant("forgets its window at an empty message", ForgetsBehindEmpty, *_KEEPS),
    _mutant("forgets its window at a final block", ForgetsAtFinalBlocks, "7692/7.2.1/window-outlives-a-final-block"),
    _mutant("keeps half a window from message to message", HalfAWindow, *_WHOLE_WINDOW),
)


# --- what is sent -----------------------------------------------------------------------------------------------------


class KeepsTheTail(PerMessageDeflate):
    def encode(self, frame: Frame) -> Frame:
        sent = super().encode(frame)
        return Frame(sent.opcode, sent.payload + TAIL if frame.opcode < 8 else sent.payload, sent.fin, sent.rsv)


class RemovesOneByteMore(PerMessageDeflate):
    def encode(self, frame: Frame) -> Frame:
        sent = super().encode(frame)
        return Frame(sent.opcode, sent.payload[:-1], sent.fin, sent.rsv) if frame.opcode < 8 else sent


class SendsNothingForEmpty(PerMessageDeflate):
    def encode(self, frame: Frame) -> Frame:
        if frame.opcode < 8 and not frame.payload:
            return Frame(frame.opcode, b"", frame.fin, RSV1)
        return super().encode(frame)


class MarksNothing(PerMessageDeflate):
    def encode(self, frame: Frame) -> Frame:
        sent = super().encode(frame)
        return Frame(sent.opcode, sent.payload, sent.fin)


class MarksWhatIsNotCompressed(PerMessageDeflate):
    def encode(self, frame: Frame) -> Frame:
        return Frame(frame.opcode, frame.payload, True, RSV1) if frame.opcode < 8 else frame


class FinishesItsStreams(PerMessageDeflate):
    """Sends streams that end in a final block, and nothing behind it."""

    def encode(self, frame: Frame) -> Frame:
        if frame.opcode >= 8:
            return frame
        stream = zlib.compressobj(wbits=-15)
        return Frame(frame.opcode, stream.compress(frame.payload) + stream.flush(), True, RSV1)


class PadsWithOnes(PerMessageDeflate):
    """Sends an empty final block for an empty message, with bits of 1 behind it."""

    def encode(self, frame: Frame) -> Frame:
        return (
            Frame(frame.opcode, b"\x03\xfc\x00", True, RSV1)
            if frame.opcode < 8 and not frame.payload
            else super().encode(frame)
        )


class SendsZlibFormat(PerMessageDeflate):
    def new_compressor(self) -> Compressor:
        return zlib.compressobj()


class SendsTextAsBinary(PerMessageDeflate):
    def encode(self, frame: Frame) -> Frame:
        sent = super().encode(frame)
        return Frame(2 if sent.opcode == TEXT else sent.opcode, sent.payload, sent.fin, sent.rsv)


class IgnoresItsWindow(PerMessageDeflate):
    def new_compressor(self) -> Compressor:
        return zlib.compressobj(wbits=-15)


class OneBitMore(PerMessageDeflate):
    """Takes a window twice as large as was agreed upon."""

    def new_compressor(self) -> Compressor:
        return zlib.compressobj(wbits=-min(max(self._window_bits, 9) + 1, 15))


class NeverForgets(PerMessageDeflate):
    def __init__(self, role: ReferenceRole, agreed: Parameters, **settings: object) -> None:
        super().__init__(role, agreed)
        self._forgets = False


class ForgetsEverySecondMessage(PerMessageDeflate):
    _messages = 0

    def encode(self, frame: Frame) -> Frame:
        if frame.opcode < 8:
            self._messages += 1
            self._forgets = self._forgets_at_all and self._messages % 2 == 0
        return super().encode(frame)

    def __init__(self, role: ReferenceRole, agreed: Parameters, **settings: object) -> None:
        super().__init__(role, agreed)
        self._forgets_at_all = self._forgets


class CompressesWithUncompressed(PerMessageDeflate):
    """Sends short messages uncompressed, but refers to them later."""

    def encode(self, frame: Frame) -> Frame:
        sent = super().encode(frame)
        return frame if frame.opcode < 8 and len(frame.payload) < 10 else sent


class LosesTheLastByte(PerMessageDeflate):
    def encode(self, frame: Frame) -> Frame:
        shorter = frame.payload[:-1] if frame.opcode < 8 else frame.payload
        return super().encode(Frame(frame.opcode, shorter, frame.fin))


class HasADictionary(PerMessageDeflate):
    """Refers to bytes that it never sent."""

    def new_compressor(self) -> Compressor:
        return zlib.compressobj(wbits=-15, zdict=b"Hello, what was said before is not said again" + bytes(300))


class FragmentsWhatItCompresses(Connection):
    """Sends compressed messages in fragments, as RFC 7692 §6.1 has it: a sound copy, of which faulty ones are made."""

    def write(self, frame: Frame) -> None:
        if frame.rsv & RSV1 and len(frame.payload) > 1:
            half = len(frame.payload) // 2
            super().write(Frame(frame.opcode, frame.payload[:half], False, RSV1))
            super().write(Frame(CONTINUATION, self.second_half(frame.payload, half), True, self.later_bits))
        else:
            super().write(frame)

    later_bits = 0

    def second_half(self, payload: bytes, half: int) -> bytes:
        return payload[half:]


class MarksEachFragment(FragmentsWhatItCompresses):
    later_bits = RSV1


class CompressesEachFragment(FragmentsWhatItCompresses):
    """Compresses the second half of what it compressed once more, as a message by itself."""

    def second_half(self, payload: bytes, half: int) -> bytes:
        stream = zlib.compressobj(wbits=-15)
        return (stream.compress(payload[half:]) + stream.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)


class StripsTheTailInside(Connection):
    """Flushes in the middle of a message, and removes the four bytes there as if it were the end."""

    def send(self, frame: Frame) -> None:
        if frame.opcode < 8 and self.compression is not None and len(frame.payload) > 1:
            half = len(frame.payload) // 2
            first = self.compression.encode(Frame(frame.opcode, frame.payload[:half], False))
            self.write(Frame(first.opcode, first.payload.removesuffix(TAIL), False, first.rsv))
            self.write(self.compression.encode(Frame(CONTINUATION, frame.payload[half:], True)))
        else:
            super().send(frame)


_FORM = (IS_DEFLATE, "7692/7.2.1/whole-payload-is-compressed")
_ITS_WINDOW = ("7692/7.2.1/server-keeps-to-its-window", "7692/7.2.1/client-keeps-to-its-window")
_FORGETS = ("7692/7.2.1/server-forgets-as-agreed", "7692/7.2.1/client-forgets-as-agreed")

_SENT: tuple[Mutant, ...] = (
    _mutant("sends the tail of its messages", KeepsTheTail, "7692/7.2.1/tail-is-removed"),
    _mutant("removes one byte more than the tail", RemovesOneByteMore, *_FORM),
    _mutant(
        "sends empty messages without payload",
        SendsNothingForEmpty,
        "7692/7.2.1/compressed-message-has-a-byte-at-least",
    ),
    _mutant("compresses without RSV1", MarksNothing, "7692/6/rsv1-tells-what-was-sent"),
    _mutant("sets RSV1 and does not compress", MarksWhatIsNotCompressed, "7692/6/rsv1-tells-what-was-sent"),
    _mutant(
        "ends its messages with a final block",
        FinishesItsStreams,
        "7692/7.2.1/message-ends-in-an-empty-stored-block",
    ),
    _mutant("fills its final blocks with bits of 1", PadsWithOnes, "7692/7.2.1/final-block-is-padded-with-zeros"),
    _mutant("sends the zlib format", SendsZlibFormat, IS_DEFLATE),
    _mutant("sends compressed text as binary", SendsTextAsBinary, "7692/6.1/opcode-of-the-original-is-sent"),
    _mutant("compresses with 15 bits whatever was agreed", IgnoresItsWindow, *_ITS_WINDOW),
    _mutant("compresses with one bit more than agreed", OneBitMore, *_ITS_WINDOW),
    _mutant("takes over its context although it promised not to", NeverForgets, *_FORGETS),
    _mutant("forgets at every second message only", ForgetsEverySecondMessage, *_FORGETS),
    _mutant(
        "compresses with what it sent uncompressed",
        CompressesWithUncompressed,
        "7692/7.2.3.2/sent-uncompressed-messages-leave-the-window",
    ),
    _mutant("leaves out the last byte of what it compresses", LosesTheLastByte, *_FORM),
    _mutant("refers to what it never sent", HasADictionary, IS_DEFLATE),
    *(
        Mutant(name=name, breaks=(broken,), make=connecting(connection), roles=BOTH)
        for name, connection, broken in (
            (
                "sets RSV1 on each fragment of what it compresses",
                MarksEachFragment,
                "7692/6.1/rsv1-is-clear-on-later-fragments-sent",
            ),
            (
                "compresses the second of two fragments twice",
                CompressesEachFragment,
                "7692/7.2.1/fragments-are-cut-from-the-compressed-data",
            ),
            (
                "removes the tail of a fragment that is not the last",
                StripsTheTailInside,
                "7692/7.2.1/non-final-fragment-keeps-its-tail",
            ),
        )
    ),
)


# --- one direction and the other, and what was only hinted at ---------------------------------------------------------


class TakesItsPromisesForTheOther(PerMessageDeflate):
    """Thinks that its peer promised what it promised itself."""

    def __init__(self, role: ReferenceRole, agreed: Parameters, **settings: object) -> None:
        super().__init__(role, agreed)
        self._peer_forgets = self._peer_forgets or self._forgets

    def new_decompressor(self, window: bytearray) -> Decompressor:
        return zlib.decompressobj(-max(self._window_bits, 9), window)


class HeedsTheHintItDidNotAnswer(DeflateNegotiation):
    """Leaves client_no_context_takeover unanswered, and counts upon it."""

    def agree(self, offer: Extension) -> Parameters:
        return replace(super().agree(offer), client_no_context_takeover=False)


_HINT_TO_FORGET = Extension(PERMESSAGE_DEFLATE, ((CLIENT_NO_CONTEXT_TAKEOVER, None),))
_HINT_OF_A_WINDOW = Extension(PERMESSAGE_DEFLATE, ((CLIENT_MAX_WINDOW_BITS, "10"),))

_AGREED: tuple[Mutant, ...] = (
    _mutant(
        "takes its own promises for those of its peer",
        TakesItsPromisesForTheOther,
        "7692/7/parameters-work-one-direction-each",
    ),
    Mutant(
        name="forgets messages by a hint that it did not answer",
        breaks=("7692/7.2.2/server-keeps-the-window-in-spite-of-the-hint",),
        make=partial(deflating_peer, compression=ForgetsEachMessage, deflate=HeedsTheHintItDidNotAnswer()),
    ),
    *(
        Mutant(
            name=f"leaves out the last byte of what it compresses, having hinted at {words}",
            breaks=_FORM,
            make=partial(deflating_peer, compression=LosesTheLastByte, deflate=DeflateNegotiation(offers=[hint])),
            roles=CLIENTS,
        )
        for words, hint in (("forgetting", _HINT_TO_FORGET), ("a window", _HINT_OF_A_WINDOW))
    ),
)

MUTANTS: tuple[Mutant, ...] = (*_BLOCKS, *_MATCHES, *_FRAMES, *_BITS, *_FAULTS, *_TAKEOVER, *_SENT, *_AGREED)
