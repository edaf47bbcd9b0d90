"""Faulty clients that do not mask what they send, or mask it wrongly (RFC 6455 §5.1, §5.3)."""

from __future__ import annotations

from ws_reference import Connection, Frame, serialize

from ws_conformance.model import CLIENTS, RequirementId
from ws_conformance.mutants.base import Mutant, with_connection

MASKED: RequirementId = "6455/5.1/client-frames-are-masked"
KEY_IS_UNPREDICTABLE: RequirementId = "6455/5.3/masking-key-is-unpredictable"
PAYLOAD: RequirementId = "6455/5.3/payload-is-masked"


class Unmasked(Connection):
    def masking_key(self) -> bytes | None:
        return None


class MasksDataOnly(Connection):
    def write(self, frame: Frame) -> None:
        self._to_send.append(serialize(frame, None if frame.opcode >= 0x8 else self.masking_key()))


class MasksControlOnly(Connection):
    def write(self, frame: Frame) -> None:
        self._to_send.append(serialize(frame, self.masking_key() if frame.opcode >= 0x8 else None))


class MasksNoEmptyFrame(Connection):
    def write(self, frame: Frame) -> None:
        self._to_send.append(serialize(frame, self.masking_key() if frame.payload else None))


class MasksNoClose(Connection):
    def write(self, frame: Frame) -> None:
        self._to_send.append(serialize(frame, None if frame.opcode == 0x8 else self.masking_key()))


class MasksWrongly(Connection):
    """Announces one key and masks with what ``change`` makes of the payload before."""

    def change(self, payload: bytes, key: bytes) -> bytes:
        return payload

    def write(self, frame: Frame) -> None:
        key = self.masking_key()
        assert key is not None
        changed = self.change(frame.payload, key)
        self._to_send.append(serialize(Frame(frame.opcode, changed, frame.fin, frame.rsv), key))


def _masked(payload: bytes, key: bytes) -> bytes:
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


class LeavesThePayload(MasksWrongly):
    """Says that the payload is masked, but leaves it as it is."""

    def change(self, payload: bytes, key: bytes) -> bytes:
        return _masked(payload, key)


class LeavesTheLastByte(MasksWrongly):
    def change(self, payload: bytes, key: bytes) -> bytes:
        return payload[:-1] + _masked(payload, key)[-1:]


class LeavesAllButFourBytes(MasksWrongly):
    def change(self, payload: bytes, key: bytes) -> bytes:
        return payload[:4] + _masked(payload, key)[4:]


class LeavesWhatFillsNoWord(MasksWrongly):
    def change(self, payload: bytes, key: bytes) -> bytes:
        whole = len(payload) // 4 * 4
        return payload[:whole] + _masked(payload, key)[whole:]


class BeginsWithTheSecondByteOfTheKey(MasksWrongly):
    def change(self, payload: bytes, key: bytes) -> bytes:
        return _masked(_masked(payload, key), key[1:] + key[:1])


class CountsOnAcrossFrames(MasksWrongly):
    """Begins with the byte of the key at which the frame before has ended."""

    _position = 0

    def change(self, payload: bytes, key: bytes) -> bytes:
        start = self._position % 4
        self._position += len(payload)
        return _masked(_masked(payload, key), key[start:] + key[:start])


class LeavesWhatIsBehind64KiB(MasksWrongly):
    def change(self, payload: bytes, key: bytes) -> bytes:
        return payload[:65_535] + _masked(payload, key)[65_535:]


class SameKey(Connection):
    def masking_key(self) -> bytes | None:
        return b"mask"


class ZeroKey(Connection):
    def masking_key(self) -> bytes | None:
        return bytes(4)


class KeyOfEachThirdFrame(Connection):
    """Goes on with a key for three frames."""

    _frames = 0
    _key: bytes | None = None

    def masking_key(self) -> bytes | None:
        if self._frames % 3 == 0:
            self._key = super().masking_key()
        self._frames += 1
        return self._key


class DrawnKey(Connection):
    """Draws its keys from a generator that anybody can follow."""

    _state = 1

    def drawn(self) -> int:
        self._state += 1
        return self._state

    def masking_key(self) -> bytes | None:
        return self.drawn().to_bytes(4, "big")


class CongruentialKey(DrawnKey):
    def drawn(self) -> int:
        self._state = (self._state * 1_664_525 + 1_013_904_223) % (1 << 32)
        return self._state


class TruncatedKey(DrawnKey):
    """Is java.util.Random."""

    def drawn(self) -> int:
        self._state = (self._state * 0x5DEECE66D + 0xB) % (1 << 48)
        return self._state >> 16


class ShiftedKey(DrawnKey):
    """Is xorshift32."""

    def drawn(self) -> int:
        self._state ^= self._state << 13 & 0xFFFFFFFF
        self._state ^= self._state >> 17
        self._state ^= self._state << 5 & 0xFFFFFFFF
        return self._state


class ShortKey(Connection):
    """Fills only 16 of the 32 bits of a key by chance."""

    def masking_key(self) -> bytes | None:
        key = super().masking_key()
        return None if key is None else key[:2] + bytes(2)


MUTANTS: tuple[Mutant, ...] = (
    *(
        Mutant(name=f"client that {fault}", breaks=breaks, make=with_connection(connection), roles=CLIENTS)
        for fault, breaks, connection in (
            ("masks nothing", (MASKED,), Unmasked),
            ("masks no control frames", (MASKED,), MasksDataOnly),
            ("masks control frames only", (MASKED, "6455/10.3/all-client-data-is-masked"), MasksControlOnly),
            ("masks no empty frames", (MASKED,), MasksNoEmptyFrame),
            ("masks no Close", (MASKED,), MasksNoClose),
            ("masks every frame with one key", ("6455/5.3/masking-key-is-fresh", KEY_IS_UNPREDICTABLE), SameKey),
            ("masks with zeros", ("6455/5.3/masking-key-is-fresh", KEY_IS_UNPREDICTABLE), ZeroKey),
            ("uses each key three times", ("6455/5.3/masking-key-is-fresh",), KeyOfEachThirdFrame),
            ("counts its keys", (KEY_IS_UNPREDICTABLE,), DrawnKey),
            ("takes its keys from a linear congruential generator", (KEY_IS_UNPREDICTABLE,), CongruentialKey),
            ("takes its keys from java.util.Random", (KEY_IS_UNPREDICTABLE,), TruncatedKey),
            ("takes its keys from xorshift32", (KEY_IS_UNPREDICTABLE,), ShiftedKey),
            ("takes half of each key from nowhere", ("6455/5.3/masking-key-is-chosen-at-random",), ShortKey),
            ("says that it masks, and does not", (PAYLOAD,), LeavesThePayload),
            ("does not mask the last byte", (PAYLOAD,), LeavesTheLastByte),
            ("masks four bytes of each frame", (PAYLOAD,), LeavesAllButFourBytes),
            ("masks words of four bytes only", (PAYLOAD,), LeavesWhatFillsNoWord),
            ("masks with its key turned by a byte", (PAYLOAD,), BeginsWithTheSecondByteOfTheKey),
            ("counts on in its key across frames", ("6455/5.3/masking-key-is-in-the-frame",), CountsOnAcrossFrames),
            ("does not mask beyond 64 KiB", (PAYLOAD,), LeavesWhatIsBehind64KiB),
        )
    ),
)
