"""A connection that fails while a Close is on its way: nothing behind the fault is processed (RFC 6455 §7.1.7)."""

from __future__ import annotations

from ws_conformance.model import BOTH, CLIENTS, Case, End, Ends, Reaction, RequirementId
from ws_conformance.vocabulary import (
    CLOSE_COMES_FIRST,
    CODE_IS_APPROPRIATE,
    FAILING_ENDS,
    INVALID_DATA,
    PROTOCOL_ERROR,
    close_frame,
    ends_tcp,
    expect,
    fails_the_connection,
    frame,
    opened,
    send,
)
from ws_conformance.wire import CONTINUATION, PING, TEXT

from .answers import ANY_CLOSE, ECHOED_ONCE, ENDS_AFTER_BOTH, ENDS_CLEANLY

NOTHING_IS_PROCESSED: RequirementId = "6455/7.1.7/nothing-is-processed-after-failing"
SIMULTANEOUS: RequirementId = "6455/5.5.1/simultaneous-closes-end-the-connection"
BEGINS_WITH_A_CODE: RequirementId = "6455/5.5.1/close-body-begins-with-a-code"
NO_FURTHER_CLOSE: RequirementId = "6455/7.1.5/no-further-close-frames-are-sent"
PING_BETWEEN: RequirementId = "6455/5.5.2/ping-between-the-closes-may-be-answered"
SENDER_MAY_STOP: RequirementId = "6455/5.5.1/sender-of-a-close-may-stop-processing"
BOTH_AT_ONCE: tuple[RequirementId, ...] = (
    "6455/1.4/first-closer-ends-the-connection-after-the-answer",
    "6455/1.4/sender-of-close-is-silent",
    "6455/1.4/both-sides-may-close-at-once",
    "6455/7.1.5/either-endpoint-may-start-closing",
)
OWN_CODES: tuple[RequirementId, ...] = (
    "6455/5.5.1/close-may-have-a-body",
    "6455/5.5.1/close-body-is-empty-or-at-least-two-bytes",
    "6455/5.5.1/reason-may-follow-the-code",
    "6455/7.1.7/close-frame-may-be-left-out",
    "6455/7.4/reason-for-closing-may-be-given",
    "6455/7.4.1/defined-codes-may-be-used",
    "6455/7.4.1/code-1002-is-protocol-error",
    "6455/7.4.1/code-1004-is-reserved",
    "6455/7.4.1/code-1007-is-inconsistent-data",
    "6455/7.4.1/code-1010-is-not-used-by-servers",
    "6455/7.4.2/codes-below-1000-are-not-used",
    "6455/7.4.2/codes-1016-to-2999-are-reserved",
    "6455/7.4.2/codes-from-5000-are-not-used",
    "6455/10.7/bad-data-closes-the-connection",
)

FAULTS = (
    ("reserved-opcode", frame(0x3, "a reserved opcode"), PROTOCOL_ERROR),
    ("stray-continuation", frame(CONTINUATION, "a stray continuation"), PROTOCOL_ERROR),
    ("text-that-is-no-utf-8", frame(TEXT, b"\xff"), INVALID_DATA),
)

CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"closing/failing/{words}",
            roles=BOTH,
            verifies=(FAILING_ENDS, CLOSE_COMES_FIRST, CODE_IS_APPROPRIATE, BEGINS_WITH_A_CODE),
            steps=(*opened(), send(fault), *fails_the_connection(code)),
            because="§7.1.7: an endpoint that fails the connection says so in a Close whose code fits, and ends TCP.",
        )
        for words, fault, code in FAULTS
    ),
    *(
        Case(
            id=f"closing/failing/text-behind-{words}",
            roles=BOTH,
            verifies=(NOTHING_IS_PROCESSED,),
            steps=(*opened(), send(fault, frame(TEXT, "behind the fault")), *fails_the_connection(code)),
            because="§7.1.7: an endpoint that has failed the connection processes nothing more, lawful as it may be.",
        )
        for words, fault, code in FAULTS
    ),
    *(
        Case(
            id=f"closing/failing/close-behind-{words}",
            roles=BOTH,
            verifies=(NOTHING_IS_PROCESSED, ECHOED_ONCE, SIMULTANEOUS, NO_FURTHER_CLOSE, *BOTH_AT_ONCE),
            steps=(*opened(), send(fault, close_frame(1001, "behind the fault")), *fails_the_connection(code)),
            because="§7.1.7, §5.5.1: a Close that crosses the one of an endpoint that fails is not answered again.",
        )
        for words, fault, code in FAULTS
    ),
    *(
        Case(
            id=f"closing/failing/ping-and-close-behind-{words}",
            roles=BOTH,
            verifies=(FAILING_ENDS, PING_BETWEEN, SENDER_MAY_STOP, ECHOED_ONCE),
            steps=(
                *opened(),
                send(fault, frame(PING, "between the Closes"), close_frame(1001)),
                *fails_the_connection(code),
            ),
            because="§5.5.1, §5.5.2: behind its own Close an endpoint may answer a Ping, or look at nothing any more.",
        )
        for words, fault, code in FAULTS
    ),
    *(
        Case(
            id=f"closing/failing/code-for-{words}",
            roles=BOTH,
            verifies=(FAILING_ENDS, *OWN_CODES),
            steps=(
                *opened(),
                send(fault),
                expect(
                    Reaction("sends a Close", (ANY_CLOSE,)),
                    Reaction("ends TCP without a Close", (Ends(),), (CLOSE_COMES_FIRST,)),
                    about=(FAILING_ENDS,),
                ),
                ends_tcp(about=(FAILING_ENDS,)),
            ),
            because="§7.4: the code that an endpoint chooses for its Close is one that may be sent.",
        )
        for words, fault, code in FAULTS
    ),
    *(
        Case(
            id=f"closing/failing/answered-{words}",
            roles=CLIENTS,
            verifies=(ECHOED_ONCE, NO_FURTHER_CLOSE),
            steps=(
                *opened(),
                send(fault),
                expect(Reaction("sends a Close", (ANY_CLOSE,)), Reaction("ends TCP", (Ends(),))),
                send(close_frame(code), note="answer to its Close"),
                End(half=True),
                expect(
                    Reaction("ends TCP", (Ends(reset=False),)),
                    Reaction("resets TCP", (Ends(reset=True),), (ENDS_CLEANLY,)),
                    about=(ENDS_AFTER_BOTH,),
                ),
            ),
            because="§5.5.1: the answer to a Close is not answered.",
            tags=frozenset({"half-close"}),
        )
        for words, fault, code in FAULTS
    ),
)
