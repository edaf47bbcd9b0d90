"""The plain closing handshake: one Close is answered by one Close (RFC 6455 §5.5.1, §7.1)."""

from __future__ import annotations

from ws_conformance.model import (
    BOTH,
    CLIENTS,
    Answer,
    ByRole,
    Case,
    Expect,
    Open,
    Opens,
    PongIs,
    Reaction,
    Requests,
    Step,
)
from ws_conformance.vocabulary import (
    CODE_IS_ECHOED,
    close_frame,
    ends_tcp,
    expect,
    frame,
    opened,
    request,
    response,
    send,
)
from ws_conformance.wire import PING, PONG

from .answers import (
    ANY_CLOSE,
    DATA_IS_NOT_PROCESSED,
    ECHOED_ONCE,
    IS_ANSWERED,
    IS_READ,
    accepts,
    answers,
    answers_the_first,
    close_with,
    close_without,
)

PONG_SOON = "6455/5.5.2/pong-comes-as-soon-as-practical"
PING_IS_ANSWERED = "6455/5.5.2/ping-is-answered"
DATA_AT_ANY_TIME = "6455/5.1/data-frames-are-taken-at-any-time"
ARE_OPTIONAL = "6455/7.4/code-and-reason-are-optional"
WITHOUT_BODY = "6455/5.5.1/close-without-a-body-is-accepted"
NO_CODE_IS_NOT_SENT = "6455/7.4.1/code-1005-is-not-sent"
WITH_BODY = "6455/5.5.1/close-with-a-body-is-accepted"
NO_FURTHER_CLOSE = "6455/7.1.5/no-further-close-frames-are-sent"


def just_opened() -> tuple[Step, ...]:
    """Open the connection and say nothing on it."""
    return (
        ByRole(
            server=(Open(request()), Expect(reactions=(Reaction("opens", (Opens(),)),), control=True)),
            client=(
                Expect(reactions=(Reaction("sends its opening handshake", (Requests(),)),), control=True),
                Answer(response()),
            ),
        ),
    )


CASES: tuple[Case, ...] = (
    Case(
        id="closing/handshake/empty",
        roles=BOTH,
        verifies=(IS_ANSWERED, WITHOUT_BODY, NO_CODE_IS_NOT_SENT, ARE_OPTIONAL),
        steps=(*opened(), send(close_frame(None)), *accepts(None)),
        because="§5.5.1: a Close without a body is a lawful Close, and is answered by a Close.",
    ),
    Case(
        id="closing/handshake/code-alone",
        roles=BOTH,
        verifies=(IS_ANSWERED, WITH_BODY, ARE_OPTIONAL),
        steps=(*opened(), send(close_frame(1000)), *accepts(1000)),
        because="§5.5.1: a Close with a code and no reason is a lawful Close, and is answered by a Close.",
    ),
    Case(
        id="closing/handshake/code-and-reason",
        roles=BOTH,
        verifies=(IS_ANSWERED, WITH_BODY),
        steps=(*opened(), send(close_frame(1000, "all is done")), *accepts(1000)),
        because="§5.5.1: a Close with a code and a reason is a lawful Close, and is answered by a Close.",
    ),
    *(
        Case(
            id=f"closing/handshake/first-frame-{words}",
            roles=BOTH,
            verifies=(IS_ANSWERED,),
            steps=(*just_opened(), send(close_frame(code)), answers(code), ends_tcp()),
            because="§5.5.1: a Close is answered from the first moment of the open connection.",
        )
        for words, code in (("empty", None), ("1000", 1000))
    ),
    Case(
        id="closing/handshake/right-behind-the-opening-handshake",
        roles=CLIENTS,
        verifies=(IS_ANSWERED, DATA_AT_ANY_TIME),
        steps=(
            Expect(reactions=(Reaction("sends its opening handshake", (Requests(),)),), control=True),
            Answer(response(), frames=(close_frame(1001, "going away at once"),)),
            answers(1001),
            ends_tcp(),
        ),
        because="§5.5.1, §5.1: frames may follow the server's handshake in the same segment, a Close among them.",
    ),
    *(
        Case(
            id=f"closing/handshake/once-for-{words}",
            roles=BOTH,
            verifies=(ECHOED_ONCE, NO_FURTHER_CLOSE),
            steps=(
                *opened(),
                send(*frames),
                answers_the_first(1000),
                ends_tcp(about=(ECHOED_ONCE,)),
            ),
            because="§5.5.1: an endpoint answers a Close only if it has sent none before, so it sends one in all.",
        )
        for words, frames in (
            ("two-closes", (close_frame(1000, "first"), close_frame(1000, "second"))),
            ("an-empty-close-behind", (close_frame(1000, "first"), close_frame(None))),
            ("three-closes", (close_frame(1000),) * 3),
        )
    ),
    Case(
        id="closing/handshake/second-close-has-another-code",
        roles=BOTH,
        verifies=(IS_READ, ECHOED_ONCE),
        steps=(
            *opened(),
            send(close_frame(4000, "first"), close_frame(4001, "second")),
            answers_the_first(
                4000,
                Reaction("answers with the code of the second Close", (close_with(4001),), (DATA_IS_NOT_PROCESSED,)),
            ),
            ends_tcp(),
        ),
        because="§7.1.5: the close code is that of the first Close received.",
    ),
    Case(
        id="closing/handshake/ping-then-close",
        roles=BOTH,
        verifies=(IS_ANSWERED, PING_IS_ANSWERED, PONG_SOON),
        steps=(
            *opened(),
            send(frame(PING, b"before the close"), close_frame(1000)),
            expect(
                Reaction("answers both", (PongIs(b"before the close"), close_with(1000))),
                Reaction(
                    "answers the Ping, and the Close with another code",
                    (PongIs(b"before the close"), close_without(1000)),
                    (CODE_IS_ECHOED,),
                ),
                Reaction("answers the Close alone", (ANY_CLOSE,), (PONG_SOON,)),
                about=(IS_ANSWERED,),
            ),
            ends_tcp(),
        ),
        because="§5.5.2: a Ping that came before the Close is answered, as soon as that can be done.",
    ),
    Case(
        id="closing/handshake/pong-then-close",
        roles=BOTH,
        verifies=(IS_ANSWERED,),
        steps=(*opened(), send(frame(PONG, b"nobody asked"), close_frame(1000)), answers(1000), ends_tcp()),
        because="§5.5.1, §5.5.3: a Close is answered, an unsolicited Pong before it is not.",
    ),
)
