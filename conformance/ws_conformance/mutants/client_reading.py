"""Faulty clients that misread the head of the answer, lose what is behind it, or do not end what they have failed."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from ws_reference import ClientHandshake, Connection, Frame, Limits, Response, Violation, serialize

from ws_conformance.model import CLIENTS, RequirementId
from ws_conformance.mutants.base import (
    MakePeer,
    Mutant,
    ReferencePeer,
    reference_peer,
    tampered,
    with_connection,
    with_handshake,
)
from ws_conformance.peer import Chunk, Peer, Role, Signal

Edit = Callable[[bytes], bytes]

STATUS: RequirementId = "6455/4.1/status-other-than-101-is-not-open"
ACCEPT: RequirementId = "6455/4.1/accept-is-checked"
MALFORMED: RequirementId = "6455/4.1/response-malformed-fails"
PHRASE: RequirementId = "9112/4/phrase-is-ignored"
THREE_DIGITS: RequirementId = "9112/4/only-three-digits-are-a-status"
INTERIM: RequirementId = "9110/15.2/interim-answers-are-parsed"
NUL: RequirementId = "9110/5.5/cr-lf-nul-is-refused-or-replaced"
FOLDS: RequirementId = "9112/5.2/folded-answer-is-unfolded"
WHITE_SPACE: RequirementId = "9112/5.1/white-space-around-a-value-is-optional"
NAMES: RequirementId = "6455/4.1/response-field-names-are-case-insensitive"
BODY: RequirementId = "9112/6.3/a-101-ends-at-its-empty-line"
BEHIND: RequirementId = "6455/4.1/frames-behind-the-response-are-read"
VALID: RequirementId = "6455/4.1/valid-response-opens"
VALIDATED: RequirementId = "6455/4.1/response-is-validated"
MASKED: RequirementId = "6455/5.1/client-frames-are-masked"
PAYLOAD: RequirementId = "6455/5.3/payload-is-masked"

REFUSED = b"HTTP/1.1 500 Refused"


# --- heads read wrongly ---


class EditsTheAnswer:
    """Edits the first bytes that come, which are the answer. What comes later passes."""

    def __init__(self, edit: Edit) -> None:
        self._edit: Edit | None = edit

    def __call__(self, data: bytes) -> bytes:
        edit, self._edit = self._edit, None
        return data if edit is None else edit(data)


def hearing(edit: Edit) -> MakePeer:
    """Return a maker of clients that hear the answer as ``edit`` makes it."""
    return lambda role: tampered(incoming=EditsTheAnswer(edit))(role)


def putting(pattern: bytes, instead: bytes) -> Edit:
    """Return an edit that puts ``instead`` wherever ``pattern`` is found."""
    return lambda answer: re.sub(pattern, instead, answer)


def refusing(pattern: bytes) -> Edit:
    """Return an edit that makes a refusal of an answer in which ``pattern`` is found."""
    return lambda answer: re.sub(rb"\A[^\r\n]*", REFUSED, answer) if re.search(pattern, answer) else answer


def stalling(pattern: bytes) -> Edit:
    """Return an edit that leaves nothing of an answer in which ``pattern`` is found: a client that waits for ever."""
    return lambda answer: b"" if re.search(pattern, answer) else answer


def the_last_answer(answer: bytes) -> bytes:
    """Return the last of several answers that came together."""
    return answer[max(0, answer.rfind(b"HTTP/")) :]


def nothing_behind_an_interim_with_a_length(answer: bytes) -> bytes:
    """Return what is left for a client that waits for the body of an interim answer."""
    return b"" if re.match(rb"HTTP/1.1 103[^\r]*\r\nContent-Length: [1-9]", answer) else answer


MISREADINGS: tuple[tuple[str, RequirementId, Edit], ...] = (
    ("reads the first three digits of a status", THREE_DIGITS, putting(rb"\A(HTTP/1.1 \d{3})\d", rb"\1")),
    ("reads a status as a number", THREE_DIGITS, putting(rb"\A(HTTP/1.1) [+0]+", rb"\1 ")),
    ("reads a status in hexadecimal", THREE_DIGITS, putting(rb"\A(HTTP/1.1) 0x65", rb"\1 101")),
    ("reads a status across a space", THREE_DIGITS, putting(rb"\A(HTTP/1.1) 1 01", rb"\1 101")),
    ("reads two digits of a status", THREE_DIGITS, putting(rb"\A(HTTP/1.1) 10 ", rb"\1 101 ")),
    ("reads any status", STATUS, putting(rb"\AHTTP/1.1 \d{3}", b"HTTP/1.1 101")),
    (
        "opens on a status out of range",
        "9110/15/status-outside-the-range-is-an-error",
        putting(rb"\AHTTP/1.1 [06-9]\d\d", b"HTTP/1.1 101"),
    ),
    ("goes by the phrase", PHRASE, putting(rb"\AHTTP/1.1 \d{3} Switching Protocols", b"HTTP/1.1 101 Switching")),
    ("wants the phrase of the RFC", PHRASE, refusing(rb"\AHTTP/1.1 101 (?!Switching Protocols\r)")),
    ("wants a phrase", "9112/4/empty-phrase-is-read", refusing(rb"\AHTTP/1.1 101 \r")),
    ("wants a phrase of letters", PHRASE, refusing(rb"\AHTTP/1.1 101 [^\r]*[^A-Za-z \r]")),
    ("wants a short phrase", PHRASE, refusing(rb"\A[^\r]{200}")),
    ("wants HTTP/1.1", "9110/6.2/higher-minor-version-is-read-as-its-own", refusing(rb"\AHTTP/1\.2")),
    ("reads any first line", MALFORMED, putting(rb"\A[^\r\n]*", b"HTTP/1.1 101 Any")),
    ("reads 101 anywhere in the first line", MALFORMED, putting(rb"\A[^\r\n]*101[^\r\n]*", b"HTTP/1.1 101 Any")),
    (
        "takes a mail server",
        "6455/1.6/servers-of-other-protocols-are-not-talked-to",
        putting(rb"\A220", REFUSED[:9] + b"101"),
    ),
    ("takes the last of several answers", "9112/6.3/bytes-behind-the-answer-are-no-answer", the_last_answer),
    ("takes 100 for 101", STATUS, putting(rb"\AHTTP/1.1 100", b"HTTP/1.1 101")),
    ("takes 102 for 101", STATUS, putting(rb"\AHTTP/1.1 102", b"HTTP/1.1 101")),
    ("takes 103 for 101", STATUS, putting(rb"\AHTTP/1.1 103", b"HTTP/1.1 101")),
    ("gives up at a 100", INTERIM, refusing(rb"\AHTTP/1.1 100")),
    ("gives up at any interim answer", INTERIM, refusing(rb"\AHTTP/1.1 1(?!01)")),
    ("gives up at the second interim answer", INTERIM, refusing(rb"(?s)HTTP/1.1 100.*HTTP/1.1 10[03]")),
    ("knows 100 alone among interim answers", INTERIM, refusing(rb"HTTP/1.1 (102|103|199)")),
    (
        "waits for the body of an interim answer",
        "9110/15.2/interim-has-no-content",
        nothing_behind_an_interim_with_a_length,
    ),
    ("leaves NULs out", NUL, putting(rb"\0", b"")),
    ("ends values at a NUL", NUL, putting(rb"\0[^\r\n]*", b"")),
    ("ends lines at a NUL", NUL, putting(rb"\0", b"\r\n")),
    ("ends lines at a CR", "9112/2.2/bare-cr-is-refused-or-replaced", putting(rb"\r(?!\n)", b"\r\n")),
    ("reads folds as lines", ACCEPT, putting(rb"\r\n[ \t]+", b"\r\n")),
    ("refuses folds", FOLDS, refusing(rb"\r\n[ \t]")),
    ("drops what is folded", FOLDS, putting(rb"\r\n[ \t][^\r]*", b"")),
    (
        "reads a first line behind white space",
        "9112/2.2/white-space-before-the-first-field-is-refused-or-skipped",
        putting(rb"\A([^\r]*\r\n)[ \t]+", rb"\1"),
    ),
    ("looks for Accept anywhere in a line", ACCEPT, putting(rb"\r\n[^\r]*(Sec-WebSocket-Accept: )", rb"\r\n\1")),
    ("takes names that begin like Accept", ACCEPT, putting(rb"Sec-WebSocket-Accept\w+:", b"Sec-WebSocket-Accept:")),
    ("takes names that end like Accept", ACCEPT, putting(rb"\w-Sec-WebSocket-Accept:", b"Sec-WebSocket-Accept:")),
    ("wants names as the RFC spells them", NAMES, putting(rb"\r\n(upgrade|UPGRADE|uPgRaDe):", rb"\r\nX-\1:")),
    ("wants names without capitals in a row", NAMES, refusing(rb"\r\nUPGRADE:")),
    ("wants a space behind the colon", WHITE_SPACE, putting(rb"(?<=\r\n)([\w-]+):(?=\S)", rb"X-\1: ")),
    ("does not know tabs for white space", "9110/5.6.3/tab-is-white-space", putting(rb"\t", b"x")),
    (
        "leaves white space behind a value",
        "6455/4.1/accept-white-space-is-ignored",
        putting(rb"(Accept:[ \t]+\S+)[ \t]+\r", rb"\1.\r"),
    ),
    (
        "wants one space before Accept",
        "9110/5.5/white-space-is-no-part-of-a-value",
        putting(rb"Accept: [ \t]+", b"Accept: ."),
    ),
    ("joins lines over a byte above 7F", "9112/2.2/head-is-parsed-as-bytes", stalling(rb"\xe2\r")),
    ("waits for ever on 4,000 commas", "9110/5.6.1.2/endless-commas-do-no-harm", stalling(b"," * 4000)),
    ("waits for ever on a large field", "9110/5.4/client-may-drop-large-fields", stalling(b"w" * (1 << 20))),
    (
        "waits for ever on control characters",
        "9110/5.5/other-controls-may-be-kept",
        stalling(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]"),
    ),
    (
        "waits for ever on odd white space",
        "9112/4/status-line-may-be-split-at-white-space",
        stalling(rb"\AHTTP/1.1(  |\t| 101\r)"),
    ),
    ("waits for ever on LF", "9112/2.2/single-lf-may-end-a-line", stalling(rb"[^\r]\n")),
    (
        "waits for ever on a list in Upgrade",
        "6455/4.1/response-upgrade-list-is-compared-whole",
        stalling(rb"\nUpgrade: (websocket,|example|[^\r]*\r\nUpgrade:)"),
    ),
    (
        "waits for ever on two lines of Upgrade",
        "6455/4.1/response-upgrade-list-is-compared-whole",
        lambda answer: b"" if answer.count(b"\nUpgrade: ") > 1 else answer,
    ),
    (
        "waits for ever on a version in Upgrade",
        "9110/7.8/protocol-may-carry-a-version",
        stalling(rb"Upgrade: websocket/13"),
    ),
    ("waits for ever on HTTP/1.0", VALIDATED, stalling(rb"\AHTTP/1.0")),
    (
        "waits for ever for a subprotocol",
        "6455/4.1/missing-subprotocol-may-open-or-fail",
        lambda answer: answer if b"Protocol:" in answer else b"",
    ),
)


class WaitsForABody:
    """Takes what follows a 101 with a length, or with chunks, for its body."""

    def __init__(self, announced: bytes) -> None:
        self._announced = announced
        self._waiting = False

    def __call__(self, data: bytes) -> bytes:
        if self._waiting:
            return b""
        self._waiting = re.search(self._announced, data) is not None
        return data


def _waiting_for_a_body(announced: bytes) -> MakePeer:
    return lambda role: tampered(incoming=WaitsForABody(announced))(role)


# --- frames behind the head ---


class Losing(ClientHandshake):
    """Loses something of what comes behind the answer."""

    def keep(self, leftover: bytes) -> bytes:
        return b""

    def receive(self, data: bytes) -> Response | Violation | None:
        result = super().receive(data)
        self.leftover = self.keep(self.leftover)
        return result


class LosingTheFirstByte(Losing):
    def keep(self, leftover: bytes) -> bytes:
        return leftover[1:]


class LosingASingleByte(Losing):
    def keep(self, leftover: bytes) -> bytes:
        return leftover if len(leftover) != 1 else b""


class LosingHalfAFrame(Losing):
    def keep(self, leftover: bytes) -> bytes:
        return leftover if len(leftover) < 2 or len(leftover) == 2 + leftover[1] else b""


class LosingAllButTheFirstFrame(Losing):
    def keep(self, leftover: bytes) -> bytes:
        return leftover[: 2 + (leftover[1] & 0x7F)] if len(leftover) > 1 and leftover[1] < 126 else leftover


class LosingWhatIsLong(Losing):
    def keep(self, leftover: bytes) -> bytes:
        return leftover[:65_536]


class SkippingAnEmptyLine(Losing):
    def keep(self, leftover: bytes) -> bytes:
        return leftover.lstrip(b"\r\n\x89")


# --- failures that do not end ---


class NeverEnds:
    """Is the reference as a client, but says nothing when it has failed the opening handshake."""

    def __init__(self, inner: ReferencePeer) -> None:
        self.inner = inner

    def receive(self, chunk: Chunk, now: float) -> None:
        self.inner.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        said = self.inner.transmit(now)
        return self.after_failing(said) if self.failed else said

    def next_deadline(self) -> float | None:
        return None

    @property
    def failed(self) -> bool:
        return self.inner.endpoint.connection is None and self.inner.endpoint.failure is not None

    def after_failing(self, said: list[Chunk]) -> list[Chunk]:
        return []


class SaysGoodbye(NeverEnds):
    """Sends a normal Close where it has to fail the connection."""

    def after_failing(self, said: list[Chunk]) -> list[Chunk]:
        return [serialize(Frame(8, b"\x03\xe8"), b"mask"), *said] if said else []


class AnswersPings(NeverEnds):
    """Fails the opening handshake, and answers Pings all the same."""

    _asked = False
    _payload = b""

    def receive(self, chunk: Chunk, now: float) -> None:
        super().receive(chunk, now)
        self._asked = isinstance(chunk, bytes) and chunk.startswith(b"\x89")
        self._payload = chunk[2:] if isinstance(chunk, bytes) else b""

    def after_failing(self, said: list[Chunk]) -> list[Chunk]:
        asked, self._asked = self._asked, False
        return [serialize(Frame(10, self._payload), b"mask")] if asked else []


class StaysHalfOpen(NeverEnds):
    """Takes no notice when the server ends TCP before there is a connection."""

    def receive(self, chunk: Chunk, now: float) -> None:
        if isinstance(chunk, bytes) or self.inner.endpoint.connection is not None:
            super().receive(chunk, now)


class SaysMoreAtTheEnd(NeverEnds):
    """Sends a text when the server ends TCP before there is a connection."""

    _over = False

    def receive(self, chunk: Chunk, now: float) -> None:
        super().receive(chunk, now)
        self._over = isinstance(chunk, Signal)

    def transmit(self, now: float) -> list[Chunk]:
        said = super().transmit(now)
        return [serialize(Frame(1, b"hello?"), b"mask")] if said and self._over else said


def _around(wrapper: Callable[[ReferencePeer], Peer], role: Role) -> Peer:
    return wrapper(reference_peer(role))


# --- frames masked wrongly ---


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


MUTANTS: tuple[Mutant, ...] = (
    *(
        Mutant(name=f"client that {fault}", breaks=(breaks,), make=hearing(edit), roles=CLIENTS)
        for fault, breaks, edit in MISREADINGS
    ),
    *(
        Mutant(
            name=f"client that waits for a body that {words}",
            breaks=(BODY,),
            make=_waiting_for_a_body(announced),
            roles=CLIENTS,
        )
        for words, announced in (
            ("has a length", rb"Content-Length: [1-9]"),
            ("has a length of 0", rb"Content-Length: 0"),
            ("has chunks", rb"Transfer-Encoding"),
        )
    ),
    *(
        Mutant(name=f"client that {fault}", breaks=(BEHIND,), make=with_handshake(handshake), roles=CLIENTS)
        for fault, handshake in (
            ("loses what comes behind the answer", Losing),
            ("loses the first byte behind the answer", LosingTheFirstByte),
            ("loses a single byte behind the answer", LosingASingleByte),
            ("loses half a frame behind the answer", LosingHalfAFrame),
            ("loses all but the first frame behind the answer", LosingAllButTheFirstFrame),
            ("loses what is beyond 64 KiB behind the answer", LosingWhatIsLong),
            ("skips a byte that looks like nothing", SkippingAnEmptyLine),
        )
    ),
    Mutant(
        name="client that has no limit for heads",
        breaks=("9110/17.5/unbounded-elements-are-limited",),
        make=partial(reference_peer, limits=Limits(head_length=1 << 30, header_fields=1 << 30)),
        roles=CLIENTS,
    ),
    *(
        Mutant(name=f"client that {fault}", breaks=breaks, make=partial(_around, wrapper), roles=CLIENTS)
        for fault, breaks, wrapper in (
            (
                "never ends TCP when it has failed",
                ("9112/9.6/client-that-reads-close-ends-the-connection", STATUS, "9112/5.2/folded-answer-is-unfolded"),
                NeverEnds,
            ),
            ("sends a normal Close when it has failed", (VALIDATED, MALFORMED), SaysGoodbye),
            ("answers Pings when it has failed", (VALIDATED, ACCEPT), AnswersPings),
            (
                "stays half open without an answer",
                ("9112/9.5/end-by-the-peer-is-noticed", "6455/7.2.1/lost-transport-fails-the-connection"),
                StaysHalfOpen,
            ),
            ("says more when the answer does not come", ("9112/8/incomplete-answer-is-not-open",), SaysMoreAtTheEnd),
        )
    ),
    *(
        Mutant(name=f"client that {fault}", breaks=breaks, make=with_connection(connection), roles=CLIENTS)
        for fault, breaks, connection in (
            ("masks nothing", (MASKED,), Unmasked),
            ("masks no control frames", (MASKED,), MasksDataOnly),
            ("masks control frames only", (MASKED, "6455/10.3/all-client-data-is-masked"), MasksControlOnly),
            ("masks no empty frames", (MASKED,), MasksNoEmptyFrame),
            ("masks no Close", (MASKED,), MasksNoClose),
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
