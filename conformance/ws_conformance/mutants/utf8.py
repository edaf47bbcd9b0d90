"""Faulty copies of the reference that check too little of a text, refuse too much of it, or change it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from ws_reference import (
    BinaryReceived,
    Connection,
    ConnectionFailed,
    Event,
    Frame,
    Opcode,
    PongReceived,
    TextReceived,
    Violation,
)
from ws_reference.utf8 import Utf8Validator

from ws_conformance.model import BOTH, RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, with_connection

FAILS = "6455/8.1/invalid-utf-8-fails-the-connection"
INCOMPLETE = "6455/8.1/incomplete-utf-8-at-the-end-fails"
IS_ACCEPTED = "6455/5.6/valid-text-is-accepted"
MAY_END_INSIDE = "6455/5.6/text-frame-may-end-inside-a-character"
MAY_BE_CUT = "3629/4/character-may-be-cut-by-a-fragment"
IS_OPAQUE = "6455/5.6/binary-is-opaque"
KEEPS_ITS_TYPE = "6455/5.6/message-keeps-its-type"
BETWEEN_FRAGMENTS = "6455/5.4/control-frames-may-come-between-fragments"
ANY_SIZE = "6455/5.4/fragments-of-any-size-are-accepted"
NO_MENDING = "3629/3/decoder-refuses-what-is-invalid"
LENGTHS = "3629/3/lengths-one-to-four-are-read"
OVERLONG = "3629/3/overlong-is-invalid"
SURROGATES = "3629/3/surrogates-are-invalid"
ABOVE = "3629/3/above-10ffff-is-invalid"
NEVER = "3629/4/bytes-that-never-occur-are-invalid"
STRAY = "3629/4/stray-tail-is-invalid"
COMPLETE = "3629/4/sequence-is-complete"
SECOND_BYTE = "3629/4/second-byte-has-its-own-range"
NONCHARACTERS_ARE_VALID = "3629/4/noncharacters-are-valid"
BOM_IS_KEPT = "3629/6/leading-bom-is-kept"
LATER_BOM_IS_CONTENT = "3629/6/later-bom-is-content"
PONG_COPIES = "6455/5.5.3/pong-copies-the-payload"
NO_QUESTION = "6455/5.5.3/unsolicited-pong-is-no-question"

BOM = "\ufeff"


# --- too little is checked --------------------------------------------------------------------------------------------


class Negligent(Connection):
    """Checks only what ``seen`` returns of a text, only when it is whole, and mends the rest."""

    def seen(self, payload: bytes) -> bytes:
        return b""

    def check_text(self) -> ConnectionFailed | None:
        return None

    def deliver(self, opcode: int, payload: bytes) -> Event:
        event = super().deliver(opcode, self.seen(payload) if opcode == Opcode.TEXT else payload)
        return TextReceived(payload.decode(errors="replace")) if isinstance(event, TextReceived) else event


class Forgiving(Negligent):
    """Finds nothing wrong with what ``pattern`` matches."""

    def __init__(self, *args: object, pattern: re.Pattern[bytes], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self._pattern = pattern

    def seen(self, payload: bytes) -> bytes:
        return self._pattern.sub(b"?", payload)


class Forgiven(NamedTuple):
    """Bytes that are no UTF-8 and that a mutant takes for a character."""

    what: str
    pattern: bytes
    breaks: RequirementId


FORGIVEN = (
    Forgiven("overlong forms of two bytes", rb"[\xc0\xc1][\x80-\xbf]", OVERLONG),
    Forgiven("overlong forms of three bytes", rb"\xe0[\x80-\x9f][\x80-\xbf]", OVERLONG),
    Forgiven("overlong forms of four bytes", rb"\xf0[\x80-\x8f][\x80-\xbf]{2}", OVERLONG),
    Forgiven("overlong forms of five and six bytes", rb"\xf8[\x80-\x87].{3}|\xfc[\x80-\x83].{4}", OVERLONG),
    Forgiven("U+0000 as C0 80", rb"\xc0\x80", OVERLONG),
    Forgiven("E0 with any tails", rb"\xe0[\x80-\xbf]{2}", SECOND_BYTE),
    Forgiven("surrogates", rb"\xed[\xa0-\xbf][\x80-\xbf]", SURROGATES),
    Forgiven("high surrogates", rb"\xed[\xa0-\xaf][\x80-\xbf]", SURROGATES),
    Forgiven("low surrogates", rb"\xed[\xb0-\xbf][\x80-\xbf]", SURROGATES),
    Forgiven("pairs of surrogates", rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]", SURROGATES),
    Forgiven("the last of the surrogates", rb"\xed\xbf\xbf", SURROGATES),
    Forgiven("numbers above U+10FFFF behind F4", rb"\xf4[\x90-\xbf][\x80-\xbf]{2}", ABOVE),
    Forgiven("U+110000", rb"\xf4\x90\x80\x80", ABOVE),
    Forgiven("the lead bytes F5 to F7", rb"[\xf5-\xf7][\x80-\xbf]{3}", ABOVE),
    Forgiven("sequences of five bytes", rb"[\xf8-\xfb][\x80-\xbf]{4}", ABOVE),
    Forgiven("sequences of six bytes", rb"[\xfc\xfd][\x80-\xbf]{5}", ABOVE),
    Forgiven("C0 and C1 by themselves", rb"[\xc0\xc1]", NEVER),
    Forgiven("F5 to FD by themselves", rb"[\xf5-\xfd]", NEVER),
    Forgiven("FE and FF", rb"[\xfe\xff]", NEVER),
    Forgiven("stray tails", rb"(?<![\x80-\xff])[\x80-\xbf]+", STRAY),
    Forgiven("stray tails behind ASCII", rb"(?<=[\x00-\x7f])[\x80-\xbf]+", STRAY),
    Forgiven("a tail too many", rb"(?:[\xc3-\xdf][\x80-\xbf]|[\xe1\xe2][\x80-\xbf]{2})[\x80-\xbf]", STRAY),
    Forgiven("a lead byte before ASCII", rb"[\xc2-\xf4](?=[\x00-\x7f])", COMPLETE),
    Forgiven("half a character before ASCII", rb"[\xe1-\xf4][\x80-\xbf]{1,2}(?=[\x00-\x7f])", COMPLETE),
    Forgiven("a lead byte before another", rb"[\xc2-\xf4](?=[\xc2-\xf4])", COMPLETE),
    Forgiven("half a character before another", rb"\xe2\x82(?=[\xc2-\xf4])|\xf0\x9f\x98(?=\xf0)", COMPLETE),
    Forgiven("one of two bytes at the end", rb"[\xc2-\xdf]\Z", INCOMPLETE),
    Forgiven("one of three bytes at the end", rb"[\xe0-\xef]\Z", INCOMPLETE),
    Forgiven("two of three bytes at the end", rb"[\xe0-\xef][\x80-\xbf]\Z", INCOMPLETE),
    Forgiven("one of four bytes at the end", rb"[\xf0-\xf4]\Z", INCOMPLETE),
    Forgiven("two of four bytes at the end", rb"[\xf0-\xf4][\x80-\xbf]\Z", INCOMPLETE),
    Forgiven("three of four bytes at the end", rb"[\xf0-\xf4][\x80-\xbf]{2}\Z", INCOMPLETE),
    Forgiven("FF in the first place", rb"\A\xff", FAILS),
    Forgiven("FF in the last place", rb"\xff\Z", FAILS),
    Forgiven("FF behind a space", rb"(?<= )\xff", NO_MENDING),
    Forgiven("FF behind 65,535 bytes", rb"(?<=\A.{65535})\xff", FAILS),
)


def forgiving(pattern: bytes) -> MakePeer:
    return with_connection(partial(Forgiving, pattern=re.compile(pattern, re.DOTALL)))


class ChecksTheFirst4096Bytes(Negligent):
    def seen(self, payload: bytes) -> bytes:
        return payload[:4096]


class ChecksTheFirst65536Bytes(Negligent):
    def seen(self, payload: bytes) -> bytes:
        return payload[:65_536]


class ChecksShortTexts(Negligent):
    """§8.1 has no exception for texts whose length needs 16 bits."""

    def seen(self, payload: bytes) -> bytes:
        return payload if len(payload) < 126 else b""


class ChecksTheFirstText(Negligent):
    _checked = b""

    def seen(self, payload: bytes) -> bytes:
        self._checked = self._checked or payload
        return self._checked


class Piecewise(Connection):
    """Looks at the fragments of a text one by one; ``is_text`` says whether the next one belongs to a text."""

    is_text = False

    def _receive_data(self, frame: Frame) -> Event | None:
        if frame.opcode != Opcode.CONTINUATION:
            self.is_text = frame.opcode == Opcode.TEXT
        failure = self.look_at(frame) if self.is_text else None
        return failure or super()._receive_data(frame)

    def look_at(self, frame: Frame) -> ConnectionFailed | None:
        return None

    def refuse(self, detail: str) -> ConnectionFailed:
        return self.fail(Violation(FAILS, detail, 1007))


class ChecksEachFragmentByItself(Piecewise):
    def look_at(self, frame: Frame) -> ConnectionFailed | None:
        objection = Utf8Validator().objection(frame.payload, final=True)
        return self.refuse(objection) if objection else None


class MendsEachFragment(Piecewise):
    def look_at(self, frame: Frame) -> ConnectionFailed | None:
        frame.payload = frame.payload.decode(errors="replace").encode()
        return None


class ChecksTheFirstFragment(Piecewise):
    def look_at(self, frame: Frame) -> ConnectionFailed | None:
        if frame.opcode == Opcode.CONTINUATION:
            frame.payload = frame.payload.decode(errors="ignore").encode()
        return None


class ChecksTheLastFragment(Piecewise):
    def look_at(self, frame: Frame) -> ConnectionFailed | None:
        if not frame.fin:
            frame.payload = frame.payload.decode(errors="ignore").encode()
        return None


class ChecksNoMiddleFragment(Piecewise):
    def look_at(self, frame: Frame) -> ConnectionFailed | None:
        if frame.opcode == Opcode.CONTINUATION and not frame.fin and frame.payload == b"\xff":
            frame.payload = b"?"
        return None


class LosesTheCutCharacterAtAPing(Connection):
    """Begins a new character behind a Ping, whatever was left of the one before."""

    _interrupted = False

    def answer_ping(self, payload: bytes) -> None:
        super().answer_ping(payload)
        self._interrupted = True

    def _receive_data(self, frame: Frame) -> Event | None:
        if self._interrupted and 0x80 <= (frame.payload or b"?")[0] < 0xC0:
            return self.fail(Violation(FAILS, "stray tail", 1007))
        self._interrupted = False
        return super()._receive_data(frame)


class SkipsTheCheckBehindAPing(Negligent):
    """Takes any text in the middle of which a Ping came."""

    _interrupted = False

    def answer_ping(self, payload: bytes) -> None:
        super().answer_ping(payload)
        self._interrupted = self._message is not None

    def seen(self, payload: bytes) -> bytes:
        return b"" if self._interrupted else payload


class IgnoresWhatIsNoText(Connection):
    """Throws a text that is no UTF-8 away and goes on."""

    def check_text(self) -> ConnectionFailed | None:
        return None

    def deliver(self, opcode: int, payload: bytes) -> Event:
        if opcode == Opcode.TEXT and b"\xef\xbf\xbd" in payload.decode(errors="replace").encode():
            return PongReceived(b"")
        return super().deliver(opcode, payload)


class TakesNoTextForBinary(Connection):
    """Delivers a text that is no UTF-8 as a binary message."""

    def check_text(self) -> ConnectionFailed | None:
        return None

    def deliver(self, opcode: int, payload: bytes) -> Event:
        try:
            payload.decode()
        except UnicodeDecodeError:
            return BinaryReceived(payload)
        return super().deliver(opcode, payload)


# --- too much is refused ----------------------------------------------------------------------------------------------


class Fussy(Connection):
    """Refuses text that has what ``pattern`` matches, although it is UTF-8."""

    def __init__(self, *args: object, pattern: re.Pattern[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self._pattern = pattern

    def deliver(self, opcode: int, payload: bytes) -> Event:
        event = super().deliver(opcode, payload)
        if isinstance(event, TextReceived) and self._pattern.search(event.text):
            return self.fail(Violation(FAILS, "a character that is not liked", 1007))
        return event


class Refused(NamedTuple):
    """Characters that a mutant takes for none."""

    what: str
    pattern: str
    breaks: RequirementId = IS_ACCEPTED


REFUSED = (
    Refused("U+0000", "\0", LENGTHS),
    Refused("U+007F", "\x7f", LENGTHS),
    Refused("U+0080", "\x80", LENGTHS),
    Refused("characters of one byte", "[\0-\x7f]", LENGTHS),
    Refused("characters of two bytes", "[\x80-\u07ff]", LENGTHS),
    Refused("U+07FF", "\u07ff", LENGTHS),
    Refused("U+0800", "\u0800", SECOND_BYTE),
    Refused("characters of three bytes", "[\u0800-\uffff]", LENGTHS),
    Refused("U+D7FF", "\ud7ff", SECOND_BYTE),
    Refused("U+E000", "\ue000", LENGTHS),
    Refused("characters for private use", "[\ue000-\uf8ff]"),
    Refused("U+FEFF at the beginning", f"^{BOM}"),
    Refused("the block of specials", "[\ufff9-\ufffd]"),
    Refused("U+FFFD", "\ufffd"),
    Refused("U+FFFE and U+FFFF", "[\ufffe\uffff]", NONCHARACTERS_ARE_VALID),
    Refused("noncharacters from U+FDD0", "[\ufdd0-\ufdef]", NONCHARACTERS_ARE_VALID),
    *(
        Refused(
            f"the noncharacters of plane {plane}",
            f"[{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}]",
            NONCHARACTERS_ARE_VALID,
        )
        for plane in (1, 15, 16)
    ),
    Refused("characters of four bytes", "[\U00010000-\U0010ffff]", LENGTHS),
    Refused("U+10000", "\U00010000", SECOND_BYTE),
    Refused("U+10FFFF", "\U0010ffff", SECOND_BYTE),
    Refused("planes beyond the third", "[\U00040000-\U0010ffff]"),
    Refused("control characters", "[\x01-\x08\x0b\x0e-\x1f\x7f-\x9f]"),
    Refused("line ends", "[\r\n]"),
    Refused("marks that combine", "[\u0300-\u036f]"),
    Refused("marks of direction", "[\u202a-\u202e]"),
    Refused("joiners", "\u200d"),
    Refused("empty texts", r"\A\Z"),
    Refused("texts of white space", r"\A\s+\Z"),
    Refused("texts of more than 125 bytes", r"(?s)\A[^$]{63}"),
)


def fussy(pattern: str) -> MakePeer:
    return with_connection(partial(Fussy, pattern=re.compile(pattern)))


class ChecksBinaryMessages(Connection):
    def deliver(self, opcode: int, payload: bytes) -> Event:
        event = super().deliver(Opcode.TEXT, payload)
        return BinaryReceived(payload) if isinstance(event, TextReceived) and opcode == Opcode.BINARY else event


class ChecksThePayloadOfPings(Connection):
    def answer_ping(self, payload: bytes) -> None:
        super().answer_ping(payload.decode(errors="ignore").encode())


class ChecksThePayloadOfPongs(Connection):
    def _receive_control(self, frame: Frame) -> Event | None:
        if frame.opcode == Opcode.PONG and Utf8Validator().objection(frame.payload, final=True):
            return self.fail(Violation(FAILS, "a Pong that is no text", 1007))
        return super()._receive_control(frame)


class RefusesEmptyFragments(Piecewise):
    def look_at(self, frame: Frame) -> ConnectionFailed | None:
        return self.refuse("empty fragment") if not frame.payload and not (frame.fin and frame.opcode) else None


# --- text is changed --------------------------------------------------------------------------------------------------


class Changing(Connection):
    """Delivers what ``change`` makes of a text."""

    def __init__(self, *args: object, change: Callable[[str], str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self._change = change

    def deliver(self, opcode: int, payload: bytes) -> Event:
        event = super().deliver(opcode, payload)
        return TextReceived(self._change(event.text)) if isinstance(event, TextReceived) else event


class Change(NamedTuple):
    """What a mutant does to text."""

    what: str
    change: Callable[[str], str]
    breaks: RequirementId = IS_ACCEPTED


CHANGES = (
    Change("strips U+FEFF from the beginning", lambda text: text.removeprefix(BOM), BOM_IS_KEPT),
    Change("drops each U+FEFF", lambda text: text.replace(BOM, ""), LATER_BOM_IS_CONTENT),
    Change("drops U+FEFF at the end", lambda text: text.removesuffix(BOM), LATER_BOM_IS_CONTENT),
    Change("ends text at U+0000", lambda text: text.partition("\0")[0], LENGTHS),
    Change("composes characters", partial(unicodedata.normalize, "NFC")),
    Change("decomposes characters", partial(unicodedata.normalize, "NFD")),
    Change("trims white space", str.strip),
    Change("makes all line ends LF", lambda text: "\n".join(text.splitlines())),
    Change("keeps what Latin-1 has", lambda text: text.encode("latin-1", "replace").decode("latin-1"), LENGTHS),
    Change("cuts characters to 16 bits", lambda text: "".join(chr(ord(c) & 0xFFFF) for c in text), LENGTHS),
    Change(
        "drops noncharacters",
        lambda text: "".join(c for c in text if ord(c) & 0xFFFE != 0xFFFE),
        NONCHARACTERS_ARE_VALID,
    ),
    Change("drops tags", lambda text: text.replace("\U000e0001", "")),
    Change("reads the escapes of JSON", lambda text: text.replace("\\u0000", "\0")),
)


class StripsBomFromFragments(Piecewise):
    def look_at(self, frame: Frame) -> ConnectionFailed | None:
        frame.payload = frame.payload.removeprefix(BOM.encode())
        return None


class EchoesTextAsBinary(Connection):
    def deliver(self, opcode: int, payload: bytes) -> Event:
        return BinaryReceived(payload)


class EchoesBinaryAsText(Connection):
    def deliver(self, opcode: int, payload: bytes) -> Event:
        event = super().deliver(opcode, payload)
        return TextReceived(payload.decode(errors="replace")) if isinstance(event, BinaryReceived) else event


class KeepsTheTypeOfTheFirst(Connection):
    """Takes every message for what the first one was."""

    _first: int | None = None

    def deliver(self, opcode: int, payload: bytes) -> Event:
        self._first = self._first or opcode
        return super().deliver(self._first, payload)


MUTANTS: tuple[Mutant, ...] = (
    Mutant(name="checks no text", breaks=(FAILS, INCOMPLETE, NO_MENDING), make=with_connection(Negligent)),
    *(Mutant(name=f"accepts {what}", breaks=(breaks,), make=forgiving(pattern)) for what, pattern, breaks in FORGIVEN),
    Mutant(
        name="checks the first 4,096 bytes of a text",
        breaks=(FAILS,),
        make=with_connection(ChecksTheFirst4096Bytes),
    ),
    Mutant(
        name="checks the first 65,536 bytes of a text",
        breaks=(FAILS,),
        make=with_connection(ChecksTheFirst65536Bytes),
    ),
    Mutant(name="checks texts of up to 125 bytes", breaks=(FAILS,), make=with_connection(ChecksShortTexts)),
    Mutant(name="checks the first text only", breaks=(FAILS,), make=with_connection(ChecksTheFirstText)),
    Mutant(
        name="checks each fragment of a text by itself",
        breaks=(MAY_END_INSIDE, MAY_BE_CUT),
        make=with_connection(ChecksEachFragmentByItself),
    ),
    Mutant(
        name="mends each fragment of a text by itself",
        breaks=(MAY_END_INSIDE, FAILS),
        make=with_connection(MendsEachFragment),
    ),
    Mutant(
        name="checks the first fragment of a text only",
        breaks=(FAILS,),
        make=with_connection(ChecksTheFirstFragment),
    ),
    Mutant(
        name="checks the last fragment of a text only",
        breaks=(FAILS,),
        make=with_connection(ChecksTheLastFragment),
    ),
    Mutant(
        name="does not check a middle fragment of FF",
        breaks=(FAILS,),
        make=with_connection(ChecksNoMiddleFragment),
    ),
    Mutant(
        name="loses the cut character at a Ping",
        breaks=(MAY_END_INSIDE, BETWEEN_FRAGMENTS),
        make=with_connection(LosesTheCutCharacterAtAPing),
    ),
    Mutant(
        name="skips the check of a text with a Ping inside",
        breaks=(FAILS,),
        make=with_connection(SkipsTheCheckBehindAPing),
    ),
    Mutant(name="ignores text that is no UTF-8", breaks=(FAILS,), make=with_connection(IgnoresWhatIsNoText)),
    Mutant(
        name="delivers text that is no UTF-8 as binary",
        breaks=(FAILS,),
        make=with_connection(TakesNoTextForBinary),
    ),
    *(Mutant(name=f"refuses {what}", breaks=(breaks,), make=fussy(pattern)) for what, pattern, breaks in REFUSED),
    Mutant(name="refuses binary that is no UTF-8", breaks=(IS_OPAQUE,), make=with_connection(ChecksBinaryMessages)),
    Mutant(
        name="answers Pings with what is UTF-8 in them",
        breaks=(PONG_COPIES,),
        make=with_connection(ChecksThePayloadOfPings),
    ),
    Mutant(
        name="refuses Pongs that are no UTF-8", breaks=(NO_QUESTION,), make=with_connection(ChecksThePayloadOfPongs)
    ),
    Mutant(name="refuses empty fragments of a text", breaks=(ANY_SIZE,), make=with_connection(RefusesEmptyFragments)),
    *(
        Mutant(name=what, breaks=(breaks,), make=with_connection(partial(Changing, change=change)), roles=BOTH)
        for what, change, breaks in CHANGES
    ),
    Mutant(
        name="strips U+FEFF from the beginning of each fragment",
        breaks=(LATER_BOM_IS_CONTENT,),
        make=with_connection(StripsBomFromFragments),
    ),
    Mutant(name="echoes text as binary", breaks=(IS_ACCEPTED,), make=with_connection(EchoesTextAsBinary)),
    Mutant(
        name="echoes binary as text",
        breaks=(IS_OPAQUE, KEEPS_ITS_TYPE),
        make=with_connection(EchoesBinaryAsText),
    ),
    Mutant(
        name="takes each message for what the first one was",
        breaks=(KEEPS_ITS_TYPE,),
        make=with_connection(KeepsTheTypeOfTheFirst),
    ),
)
