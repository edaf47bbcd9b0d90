"""Faulty copies of the reference that close wrongly: the answer, its code, what follows it, or the end of TCP."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import partial
from typing import NamedTuple

from ws_reference import (
    BinaryReceived,
    CloseReceived,
    Connection,
    ConnectionFailed,
    Endpoint,
    Event,
    Frame,
    Opcode,
    State,
    TextReceived,
    Violation,
)
from ws_reference import Role as ReferenceRole
from ws_reference import rules as reference_rules
from ws_reference.closing import code_of

from ws_conformance.model import BOTH, CLIENTS, SERVERS, RequirementId
from ws_conformance.mutants import sending
from ws_conformance.mutants.base import Mutant, reference_peer, tampered, with_connection, without_rule
from ws_conformance.peer import Chunk, Peer, Role, Signal

IS_ANSWERED = "6455/5.5.1/close-is-answered"
WITHOUT_BODY = "6455/5.5.1/close-without-a-body-is-accepted"
WITH_BODY = "6455/5.5.1/close-with-a-body-is-accepted"
ONE_BYTE_FAILS = "6455/5.5.1/one-byte-close-body-fails"
REASON_FAILS = "6455/8.1/reason-invalid-utf-8-fails"
REASON_IS_UTF_8 = "6455/5.5.1/reason-is-utf-8"
REASON_IS_ACCEPTED = "6455/5.5.1/reason-is-accepted"
REASON_IS_READ = "6455/7.1.6/close-reason-is-read"
LIMIT_IS_125 = "6455/5.5/long-control-frame-fails"
NETWORK_BYTE_ORDER = "6455/5.5.1/close-code-is-read-in-network-byte-order"
BEGINS_WITH_A_CODE = "6455/5.5.1/close-body-begins-with-a-code"
DEFINED_ARE_ACCEPTED = "6455/7.4.1/defined-codes-are-accepted"
APPLICATIONS_ARE_ACCEPTED = "6455/7.4.2/codes-3000-to-4999-are-accepted"
RESERVED_IS_NOT_ECHOED = "6455/7.4.1/received-1004-is-not-echoed"
NOT_FOR_THE_WIRE_IS_NOT_ECHOED = "6455/7.4.1/received-1005-1006-1015-are-not-echoed"
UNUSED_IS_NOT_ECHOED = "6455/7.4.2/received-unused-codes-are-not-echoed"
UNUSED_IS_REFUSED = "6455/7.4.2/received-unused-codes-are-refused"
IS_READ = "6455/7.1.5/close-code-is-read"
ECHOED_ONCE = "6455/5.5.1/close-frame-is-echoed-once"
BETWEEN_FRAGMENTS = "6455/5.4/control-frame-is-answered-between-fragments"
DATA_AT_ANY_TIME = "6455/5.1/data-frames-are-taken-at-any-time"
PING_IS_ANSWERED = "6455/5.5.2/ping-is-answered"
NO_PONG_NEEDED = "6455/5.5.2/ping-after-close-needs-no-pong"
DATA_IS_NOT_PROCESSED = "6455/5.5.1/data-after-close-is-not-processed"
NOTHING_FOLLOWS = "6455/5.5.1/nothing-follows-a-close"
FAILING_ENDS = "6455/7.1.7/failing-ends-the-connection"
CLOSE_COMES_FIRST = "6455/7.1.7/close-frame-comes-first"
CODE_IS_APPROPRIATE = "6455/7.1.7/close-code-is-appropriate"
NOTHING_IS_PROCESSED = "6455/7.1.7/nothing-is-processed-after-failing"
ENDS_AT_ONCE = "6455/5.5.1/server-ends-tcp-at-once"
ENDS_CLEANLY = "6455/7.1.1/tcp-is-ended-cleanly"
SERVER_INITIATES = "6455/7.1.1/server-initiates-the-tcp-close"
ENDS_AFTER_BOTH = "6455/5.5.1/tcp-is-ended-after-both-closes"
CLIENT_WAITS = "6455/5.5.1/client-waits-for-the-server-to-end-tcp"
CLOSED_WHEN_TCP_IS = "6455/7.1.4/connection-is-closed-when-tcp-is"
LOST_TRANSPORT = "6455/7.2.1/lost-transport-fails-the-connection"


# --- the answer -------------------------------------------------------------------------------------------------------


class NeverAnswers(Connection):
    """Ends TCP without a Close of its own."""

    def answer_close(self, body: bytes) -> None:
        pass


class IgnoresACloseOf(Connection):
    """Takes a Close whose body ``pattern`` matches for nothing at all."""

    def __init__(self, *args: object, pattern: bytes, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self._pattern = re.compile(pattern, re.DOTALL)

    def _receive_control(self, frame: Frame) -> Event | None:
        if frame.opcode == Opcode.CLOSE and self._pattern.fullmatch(frame.payload):
            return None
        return super()._receive_control(frame)


class IgnoresACloseInsideAMessage(Connection):
    def _receive_control(self, frame: Frame) -> Event | None:
        if frame.opcode == Opcode.CLOSE and self._message is not None:
            return None
        return super()._receive_control(frame)


class IgnoresACloseInsideABinaryMessage(Connection):
    def _receive_control(self, frame: Frame) -> Event | None:
        if frame.opcode == Opcode.CLOSE and self._message is not None and self._message.opcode == Opcode.BINARY:
            return None
        return super()._receive_control(frame)


class IgnoresACloseAsFirstFrame(Connection):
    _has_received = False

    def _receive_control(self, frame: Frame) -> Event | None:
        if frame.opcode == Opcode.CLOSE and not self._has_received:
            return None
        self._has_received = True
        return super()._receive_control(frame)


class AnswersTwice(Connection):
    def answer_close(self, body: bytes) -> None:
        super().answer_close(body)
        super().answer_close(body)


class Answers(Connection):
    """Answers a lawful Close with ``answer``, whatever it was; only one with an empty body if ``only_empty``."""

    def __init__(self, *args: object, answer: bytes, only_empty: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self._answer = answer
        self._only_empty = only_empty

    def answer_close(self, body: bytes) -> None:
        super().answer_close(body if body and self._only_empty else self._answer)


class ShortensReasons(Connection):
    """Shortens the reason it sends back to 100 bytes, wherever that is."""

    def answer_close(self, body: bytes) -> None:
        super().answer_close(body[:102])


class LosesThePongAtAClose(Connection):
    """Has a queue of Pongs, and throws it away when it closes."""

    def bytes_to_send(self) -> bytes:
        if self.state is State.CLOSED:
            self._to_send = [data for data in self._to_send if data[:1] != b"\x8a"]
        return super().bytes_to_send()


# --- codes and reasons ------------------------------------------------------------------------------------------------


class AcceptsCodes(Connection):
    """Takes ``codes`` for codes like others, and repeats them."""

    def __init__(self, *args: object, codes: Container[int], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self._codes = codes

    def _receive_close(self, body: bytes) -> Event:
        code = code_of(body)
        if code is None or code not in self._codes:
            return super()._receive_close(body)
        self.answer_close(body)
        self.state = State.CLOSED
        return CloseReceived(code, "")


class RefusesCodes(Connection):
    """Takes ``codes`` for faults of the peer; None stands for an empty body."""

    def __init__(self, *args: object, codes: Container[int | None], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self._codes = codes

    def _receive_close(self, body: bytes) -> Event:
        if code_of(body) in self._codes:
            return self.fail(Violation(DEFINED_ARE_ACCEPTED, "a code that is not known"))
        return super()._receive_close(body)


class ReadsCodesBackwards(Connection):
    """Reads the code in the byte order of most machines."""

    def _receive_close(self, body: bytes) -> Event:
        return super()._receive_close(body[1::-1] + body[2:])


class RefusesReasons(Connection):
    """Takes a Close whose reason ``pattern`` matches for a fault of the peer."""

    def __init__(self, *args: object, pattern: bytes, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self._pattern = re.compile(pattern, re.DOTALL)

    def _receive_close(self, body: bytes) -> Event:
        if self._pattern.search(body[2:]):
            return self.fail(Violation(REASON_IS_ACCEPTED, "a reason that is not liked"))
        return super()._receive_close(body)


class ForgivesReasons(Connection):
    """Finds nothing wrong with what ``pattern`` matches in a reason."""

    def __init__(self, *args: object, pattern: bytes, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self._pattern = re.compile(pattern, re.DOTALL)

    def _receive_close(self, body: bytes) -> Event:
        return super()._receive_close(body[:2] + self._pattern.sub(b"?", body[2:]))


class Refused(NamedTuple):
    """Codes that a mutant refuses, and the requirement that says it must not."""

    what: str
    codes: Container[int | None]
    breaks: RequirementId
    roles: frozenset[Role] = SERVERS


REFUSED_CODES = (
    Refused("a Close without a code", (None,), WITHOUT_BODY),
    Refused("a Close with a code", range(1000, 5000), WITH_BODY),
    Refused("any code but 1000", range(1001, 5000), DEFINED_ARE_ACCEPTED),
    *(
        Refused(f"the code {code}", (code,), DEFINED_ARE_ACCEPTED)
        for code in (1000, 1001, 1003, 1007, 1008, 1009, 1010)
    ),
    Refused("the code 1011 of a server", (1011,), DEFINED_ARE_ACCEPTED, CLIENTS),
    *(Refused(f"the code {code}", (code,), f"6455/7.4.1/code-{code}-is-accepted", BOTH) for code in (1012, 1013, 1014)),
    Refused("codes of libraries", range(3000, 4000), APPLICATIONS_ARE_ACCEPTED),
    Refused("codes of applications", range(4000, 5000), APPLICATIONS_ARE_ACCEPTED),
    *(Refused(f"the code {code}", (code,), APPLICATIONS_ARE_ACCEPTED) for code in (3000, 3999, 4000, 4999)),
)
REFUSED_REASONS = (
    ("reasons", rb".", WITH_BODY),
    ("reasons of 1 byte", rb"\A.\Z", REASON_IS_READ),
    ("reasons of 123 bytes", rb"\A.{123}\Z", REASON_IS_READ),
    ("reasons of more than 121 bytes", rb"\A.{122}", REASON_IS_READ),
    ("reasons beyond ASCII", rb"[\x80-\xff]", REASON_IS_ACCEPTED),
    ("reasons with characters of three bytes", rb"[\xe0-\xef]", REASON_IS_ACCEPTED),
    ("reasons with characters of four bytes", rb"[\xf0-\xf4]", REASON_IS_ACCEPTED),
    ("reasons with U+0000", rb"\0", REASON_IS_ACCEPTED),
    ("reasons with U+FFFF", rb"\xef\xbf\xbf", REASON_IS_ACCEPTED),
    ("reasons with U+FEFF", rb"\xef\xbb\xbf", REASON_IS_ACCEPTED),
    ("reasons with line ends", rb"\n", REASON_IS_ACCEPTED),
)
FORGIVEN_REASONS = (
    ("any reason", rb".+"),
    ("overlong forms in a reason", rb"\xc0.|\xe0[\x80-\x9f].|\xf0[\x80-\x8f].."),
    ("surrogates in a reason", rb"\xed[\xa0-\xbf]."),
    ("numbers above U+10FFFF in a reason", rb"\xf4[\x90-\xbf]..|\xf8...."),
    ("stray tails in a reason", rb"\A[\x80-\xbf]+"),
    ("a lead byte before ASCII in a reason", rb"[\xc2-\xf4](?=[\x00-\x7f])"),
    ("a reason that ends inside a character", rb"[\xc2-\xf4][\x80-\xbf]{0,2}\Z"),
    ("FF in a reason", rb"\xff"),
    ("the last byte of a long reason", rb"(?<=.{122})[\x80-\xff]"),
)


# --- behind a Close ---------------------------------------------------------------------------------------------------


class GoesOnBehindAClose(Connection):
    """Processes frames behind a Close that came in the same segment, if they have one of ``opcodes``."""

    def __init__(self, *args: object, opcodes: Container[int], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self._opcodes = opcodes
        self._is_over = False

    def _receive_close(self, body: bytes) -> Event:
        event = super()._receive_close(body)
        self.state = State.OPEN
        self._is_over = True
        return event

    def _receive_data(self, frame: Frame) -> Event | None:
        return super()._receive_data(frame) if self._is_processed(frame) else None

    def _receive_control(self, frame: Frame) -> Event | None:
        return super()._receive_control(frame) if self._is_processed(frame) else None

    def _is_processed(self, frame: Frame) -> bool:
        return not self._is_over or frame.opcode in self._opcodes

    @property
    def should_end(self) -> bool:
        return self._is_over or super().should_end


class AnswersWhenAllIsSaid(GoesOnBehindAClose):
    """Answers the last Close of a segment, behind all that it says to what came with it."""

    _last_body: bytes | None = None

    def answer_close(self, body: bytes) -> None:
        self._last_body = body

    def bytes_to_send(self) -> bytes:
        if self._last_body is not None:
            self.write(Frame(Opcode.CLOSE, self._last_body))
            self._last_body = None
        return super().bytes_to_send()


class EchoesBehindItsClose(Endpoint):
    """Sends what the application had still to say behind the Close."""

    def react(self, connection: Connection, event: Event) -> None:
        match event:
            case TextReceived(text):
                connection.write(Frame(Opcode.TEXT, text.encode()))
            case BinaryReceived(payload):
                connection.write(Frame(Opcode.BINARY, payload))
            case _:
                super().react(connection, event)


# --- failing ----------------------------------------------------------------------------------------------------------


class FailsWith(Connection):
    """Sends a Close with ``body`` when it fails, or none if that is None."""

    def __init__(self, *args: object, body: bytes | None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self._body = body

    def fail(self, violation: Violation) -> ConnectionFailed:
        if self._body is not None:
            self.write(Frame(Opcode.CLOSE, self._body))
        self.state = State.CLOSED
        return ConnectionFailed(violation)


class GoesOnAfterFailing(Connection):
    """Processes what came in the same segment as the fault, and answers a Close although it has sent one."""

    _has_failed = False

    def fail(self, violation: Violation) -> ConnectionFailed:
        event = super().fail(violation)
        self.state = State.OPEN
        self._has_failed = True
        return event

    @property
    def should_end(self) -> bool:
        return super().should_end or (self._has_failed and self.role is ReferenceRole.SERVER)


class StaysOpenAfterFailing(Connection):
    """Takes note of a fault and no more."""

    def fail(self, violation: Violation) -> ConnectionFailed:
        return ConnectionFailed(violation)


# --- the end of TCP ---------------------------------------------------------------------------------------------------


class NeverEnds(Connection):
    """Leaves TCP to the peer, even when the peer has ended it."""

    @property
    def should_end(self) -> bool:
        return False


class LeavesTheEndToThePeer(Connection):
    @property
    def should_end(self) -> bool:
        return self._peer_ended


class EndsWithoutWaiting(Connection):
    """Ends TCP after both Close frames although it is a client."""

    @property
    def should_end(self) -> bool:
        return self._peer_ended or self.state is State.CLOSED


class StaysHalfOpen(Connection):
    """Goes on when the peer has ended its side of TCP without a Close."""

    def receive_end(self) -> None:
        if self.state is not State.OPEN:
            super().receive_end()


class StaysHalfOpenInsideAMessage(Connection):
    def receive_end(self) -> None:
        if self._message is None:
            super().receive_end()


class ClosesAndStaysHalfOpen(Connection):
    """Answers the end of TCP with a Close, and waits for another."""

    def receive_end(self) -> None:
        if self.state is State.OPEN:
            self.close(1001)
        else:
            super().receive_end()


class ForgetsToAnswerAtTheEnd(Connection):
    """Throws away what it has not sent yet when the peer has ended its side of TCP."""

    def receive_end(self) -> None:
        super().receive_end()
        self._to_send.clear()


class Resets:
    """The reference, but TCP is reset where it should be ended."""

    def __init__(self, role: Role) -> None:
        self._inner: Peer = reference_peer(role)

    def receive(self, chunk: Chunk, now: float) -> None:
        self._inner.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        return [Signal.RESET if chunk is Signal.END else chunk for chunk in self._inner.transmit(now)]

    def next_deadline(self) -> float | None:
        return None


class EndsLate:
    """The reference, but TCP is ended some seconds late."""

    SECONDS = 4.0

    def __init__(self, role: Role) -> None:
        self._inner: Peer = reference_peer(role)
        self._ends_at: float | None = None

    def receive(self, chunk: Chunk, now: float) -> None:
        self._inner.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        said = self._inner.transmit(now)
        if Signal.END in said:
            self._ends_at = now + self.SECONDS
            said.remove(Signal.END)
        if self._ends_at is not None and now >= self._ends_at:
            self._ends_at = None
            said.append(Signal.END)
        return said

    def next_deadline(self) -> float | None:
        return self._ends_at


def _without_what_follows_a_head(data: bytes) -> bytes:
    head, end, _ = data.partition(b"\r\n\r\n")
    return head + end if data.startswith(b"HTTP/") else data


MUTANTS: tuple[Mutant, ...] = (
    Mutant(name="never answers a Close", breaks=(IS_ANSWERED,), make=with_connection(NeverAnswers), roles=BOTH),
    *(
        Mutant(
            name=f"ignores {what}",
            breaks=(breaks,),
            make=with_connection(partial(IgnoresACloseOf, pattern=pattern)),
        )
        for what, pattern, breaks in (
            ("every Close", rb".*", IS_ANSWERED),
            ("a Close without a body", rb"", WITHOUT_BODY),
            ("a Close with half a code", rb".", ONE_BYTE_FAILS),
            ("a Close with a code alone", rb"..", IS_ANSWERED),
            ("a Close with a reason", rb"...+", WITH_BODY),
        )
    ),
    Mutant(
        name="ignores a Close inside a message",
        breaks=(BETWEEN_FRAGMENTS, IS_ANSWERED),
        make=with_connection(IgnoresACloseInsideAMessage),
        roles=BOTH,
    ),
    Mutant(
        name="ignores a Close inside a binary message",
        breaks=(BETWEEN_FRAGMENTS,),
        make=with_connection(IgnoresACloseInsideABinaryMessage),
    ),
    Mutant(
        name="ignores a Close that is the first frame",
        breaks=(IS_ANSWERED,),
        make=with_connection(IgnoresACloseAsFirstFrame),
    ),
    Mutant(
        name="loses frames that come together with the server's handshake",
        breaks=(DATA_AT_ANY_TIME,),
        make=tampered(incoming=_without_what_follows_a_head),
        roles=CLIENTS,
    ),
    Mutant(name="answers a Close twice", breaks=(ECHOED_ONCE,), make=with_connection(AnswersTwice), roles=BOTH),
    *(
        Mutant(
            name=f"answers every Close with {what}",
            breaks=breaks,
            make=with_connection(partial(Answers, answer=answer)),
            roles=BOTH,
        )
        for what, answer, breaks in (
            ("1002", b"\x03\xea", (DEFINED_ARE_ACCEPTED, WITHOUT_BODY)),
            ("1005", b"\x03\xed", ("6455/7.4.1/code-1005-is-not-sent",)),
            ("1006", b"\x03\xee", ("6455/7.4.1/code-1006-is-not-sent", DEFINED_ARE_ACCEPTED)),
            ("1015", b"\x03\xf7", ("6455/7.4.1/code-1015-is-not-sent", DEFINED_ARE_ACCEPTED)),
            ("0", b"\x00\x00", (BEGINS_WITH_A_CODE, IS_ANSWERED)),
            ("half a code", b"\x03", (BEGINS_WITH_A_CODE, IS_ANSWERED)),
            ("a reason that is no UTF-8", b"\x03\xe8\xff", (REASON_IS_UTF_8,)),
        )
    ),
    Mutant(
        name="answers a Close without a code with 1005",
        breaks=("6455/7.4.1/code-1005-is-not-sent",),
        make=with_connection(partial(Answers, answer=b"\x03\xed", only_empty=True)),
        roles=BOTH,
    ),
    Mutant(
        name="cuts the reason it sends back inside a character",
        breaks=(REASON_IS_UTF_8,),
        make=with_connection(ShortensReasons),
    ),
    Mutant(
        name="loses a Pong when a Close follows the Ping",
        breaks=(PING_IS_ANSWERED,),
        make=with_connection(LosesThePongAtAClose),
    ),
    Mutant(
        name="accepts a Close body of one byte",
        breaks=(ONE_BYTE_FAILS,),
        make=without_rule(reference_rules.close_body_has_a_whole_code),
        roles=BOTH,
    ),
    Mutant(
        name="accepts a Close of more than 125 bytes",
        breaks=(LIMIT_IS_125,),
        make=without_rule(reference_rules.control_frame_is_short),
    ),
    Mutant(
        name="accepts and repeats a reason that is no UTF-8",
        breaks=(REASON_FAILS, REASON_IS_UTF_8),
        make=without_rule(reference_rules.reason_is_utf8),
        roles=BOTH,
    ),
    *(
        Mutant(name=f"accepts and repeats {what}", breaks=(breaks,), make=without_rule(rule), roles=BOTH)
        for what, rule, breaks in (
            ("codes below 1000", reference_rules.close_code_is_1000_or_above, UNUSED_IS_NOT_ECHOED),
            ("the code 1004", reference_rules.close_code_is_not_1004, RESERVED_IS_NOT_ECHOED),
            ("the code 1005", reference_rules.close_code_is_not_1005, NOT_FOR_THE_WIRE_IS_NOT_ECHOED),
            ("the code 1006", reference_rules.close_code_is_not_1006, NOT_FOR_THE_WIRE_IS_NOT_ECHOED),
            ("the code 1015", reference_rules.close_code_is_not_1015, NOT_FOR_THE_WIRE_IS_NOT_ECHOED),
            ("codes from 5000", reference_rules.close_code_is_below_5000, UNUSED_IS_NOT_ECHOED),
        )
    ),
    *(
        Mutant(
            name=f"accepts and repeats {what}",
            breaks=(UNUSED_IS_REFUSED, UNUSED_IS_NOT_ECHOED),
            make=with_connection(partial(AcceptsCodes, codes=codes)),
        )
        for what, codes in (
            ("the code 0", (0,)),
            ("the code 999", (999,)),
            ("codes that fit into one byte", range(256)),
            ("the code 5000", (5000,)),
            ("codes from 32,768, which look negative", range(32_768, 65_536)),
            ("the code 65,535", (65_535,)),
        )
    ),
    *(
        Mutant(
            name=f"refuses {what}",
            breaks=(breaks,),
            make=with_connection(partial(RefusesCodes, codes=codes)),
            roles=roles,
        )
        for what, codes, breaks, roles in REFUSED_CODES
    ),
    Mutant(
        name="reads close codes in the wrong byte order",
        breaks=(NETWORK_BYTE_ORDER,),
        make=with_connection(ReadsCodesBackwards),
    ),
    *(
        Mutant(
            name=f"refuses {what}",
            breaks=(breaks,),
            make=with_connection(partial(RefusesReasons, pattern=pattern)),
        )
        for what, pattern, breaks in REFUSED_REASONS
    ),
    *(
        Mutant(
            name=f"finds nothing wrong with {what}",
            breaks=(REASON_FAILS,),
            make=with_connection(partial(ForgivesReasons, pattern=pattern)),
        )
        for what, pattern in FORGIVEN_REASONS
    ),
    *(
        Mutant(
            name=f"processes {what} behind a Close",
            breaks=breaks,
            make=with_connection(partial(GoesOnBehindAClose, opcodes=opcodes)),
        )
        for what, opcodes, breaks in (
            ("everything", range(16), (NOTHING_FOLLOWS, DATA_IS_NOT_PROCESSED)),
            ("text", (Opcode.TEXT,), (NOTHING_FOLLOWS,)),
            ("binary", (Opcode.BINARY,), (NOTHING_FOLLOWS,)),
            ("continuations", (Opcode.CONTINUATION,), (NOTHING_FOLLOWS,)),
            ("Pings", (Opcode.PING,), (NO_PONG_NEEDED,)),
            ("another Close", (Opcode.CLOSE,), (ECHOED_ONCE,)),
        )
    ),
    *(
        Mutant(
            name=f"processes {what} behind a Close before it answers",
            breaks=(breaks,),
            make=with_connection(partial(AnswersWhenAllIsSaid, opcodes=opcodes)),
            roles=BOTH,
        )
        for what, opcodes, breaks in (
            ("messages", (Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION), DATA_IS_NOT_PROCESSED),
            ("Pings", (Opcode.PING,), NO_PONG_NEEDED),
            ("another Close", (Opcode.CLOSE,), IS_READ),
        )
    ),
    Mutant(
        name="echoes messages behind its Close",
        breaks=(NOTHING_FOLLOWS,),
        make=lambda role: reference_peer(role, endpoint=EchoesBehindItsClose),
        roles=BOTH,
    ),
    *(
        Mutant(name=f"fails {what}", breaks=breaks, make=with_connection(partial(FailsWith, body=body)))
        for what, body, breaks in (
            ("without a Close", None, (CLOSE_COMES_FIRST,)),
            ("with Close 1000", b"\x03\xe8", (CODE_IS_APPROPRIATE,)),
            ("with a Close without a code", b"", (CODE_IS_APPROPRIATE,)),
            ("with Close 1006", b"\x03\xee", ("6455/7.4.1/code-1006-is-not-sent", BEGINS_WITH_A_CODE)),
            ("with Close 0", b"\x00\x00", (BEGINS_WITH_A_CODE,)),
            ("with Close 5000", b"\x13\x88", (BEGINS_WITH_A_CODE,)),
        )
    ),
    Mutant(
        name="goes on after it has failed the connection",
        breaks=(NOTHING_IS_PROCESSED, ECHOED_ONCE),
        make=with_connection(GoesOnAfterFailing),
        roles=BOTH,
    ),
    Mutant(
        name="stays open when it should fail the connection",
        breaks=(FAILING_ENDS,),
        make=with_connection(StaysOpenAfterFailing),
    ),
    Mutant(name="never ends TCP", breaks=(ENDS_AT_ONCE,), make=with_connection(NeverEnds)),
    Mutant(
        name="never ends TCP as a client", breaks=(ENDS_AFTER_BOTH,), make=with_connection(NeverEnds), roles=CLIENTS
    ),
    Mutant(
        name="leaves the end of TCP to the client", breaks=(ENDS_AT_ONCE,), make=with_connection(LeavesTheEndToThePeer)
    ),
    Mutant(name="ends TCP some seconds late", breaks=(SERVER_INITIATES,), make=EndsLate),
    Mutant(name="resets TCP instead of ending it", breaks=(ENDS_CLEANLY,), make=Resets, roles=BOTH),
    Mutant(
        name="ends TCP as a client without waiting for the server",
        breaks=(CLIENT_WAITS,),
        make=with_connection(EndsWithoutWaiting),
        roles=CLIENTS,
    ),
    Mutant(
        name="stays half open without a Close",
        breaks=(CLOSED_WHEN_TCP_IS, LOST_TRANSPORT),
        make=with_connection(StaysHalfOpen),
        roles=BOTH,
    ),
    Mutant(
        name="stays half open inside a message",
        breaks=(CLOSED_WHEN_TCP_IS,),
        make=with_connection(StaysHalfOpenInsideAMessage),
    ),
    Mutant(
        name="sends a Close and stays half open",
        breaks=(CLOSED_WHEN_TCP_IS,),
        make=with_connection(ClosesAndStaysHalfOpen),
    ),
    Mutant(
        name="forgets to answer a Close when TCP ends with it",
        breaks=(ENDS_AFTER_BOTH, IS_ANSWERED),
        make=with_connection(ForgetsToAnswerAtTheEnd),
    ),
    *sending.CODES,
)
