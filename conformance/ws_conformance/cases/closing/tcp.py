"""The end of TCP: who brings it about, how, and what happens when it comes too early (RFC 6455 §7.1.1, §7.1.4)."""

from __future__ import annotations

from typing import NamedTuple

from ws_conformance.model import (
    BOTH,
    CLIENTS,
    SERVERS,
    Case,
    End,
    Ends,
    Expect,
    Quiet,
    Reaction,
    RequirementId,
    SendBytes,
    Step,
)
from ws_conformance.vocabulary import ENDS_AT_ONCE, close_frame, expect, frame, opened, send
from ws_conformance.wire import BINARY, PING, TEXT

from .answers import ANY_CLOSE, ENDS_AFTER_BOTH, ENDS_CLEANLY, answers, any_answers

SERVER_FIRST: RequirementId = "6455/7.1.1/server-ends-tcp-first"
SERVER_INITIATES: RequirementId = "6455/7.1.1/server-initiates-the-tcp-close"
CLIENT_WAITS: RequirementId = "6455/5.5.1/client-waits-for-the-server-to-end-tcp"
CLIENT_WAITS_FOR_TCP: RequirementId = "6455/7.1.1/client-waits-for-the-tcp-close"
CLOSED_WHEN_TCP_IS: RequirementId = "6455/7.1.4/connection-is-closed-when-tcp-is"
LOST_TRANSPORT: RequirementId = "6455/7.2.1/lost-transport-fails-the-connection"
SOON: RequirementId = "6455/5.5.1/close-is-answered-as-soon-as-practical"
CLOSING_ENDS_TCP: RequirementId = "6455/7.1.1/closing-ends-tcp"

PATIENCE_SECONDS = 8.0
"""How much longer than a reaction a server's end of TCP may take before it fails (policy page, A34)."""

WAIT_SECONDS = 0.25
"""How long a client has to leave TCP open to count as waiting for the server."""

NEEDS_HALF_CLOSE = frozenset({"half-close"})
"""The tag of cases that end one direction of TCP, which TLS cannot do everywhere."""


def ends_in_its_own_time() -> tuple[Step, ...]:
    """A server ends TCP at once, or at least within some seconds, and cleanly."""
    return (
        expect(
            Reaction("ends TCP", (Ends(reset=False),)),
            Reaction("resets TCP", (Ends(reset=True),), (ENDS_CLEANLY,)),
            Reaction("keeps TCP open for now", (Quiet(),), (SERVER_INITIATES,)),
            about=(ENDS_AT_ONCE,),
        ),
        expect(Reaction("ends TCP", (Ends(),)), seconds=PATIENCE_SECONDS, about=(ENDS_AT_ONCE,)),
    )


def waits_for_us() -> tuple[Step, ...]:
    """A client leaves it to us to end TCP, and then ends its own side."""
    return (
        expect(
            Reaction("leaves TCP open", (Quiet(),)),
            Reaction("ends TCP before the server does", (Ends(),), (CLIENT_WAITS, CLIENT_WAITS_FOR_TCP)),
            seconds=WAIT_SECONDS,
            about=(ENDS_AFTER_BOTH,),
        ),
        End(half=True),
        expect(
            Reaction("ends TCP", (Ends(reset=False),)),
            Reaction("resets TCP", (Ends(reset=True),), (ENDS_CLEANLY,)),
            about=(ENDS_AFTER_BOTH,),
        ),
    )


def notices_the_end(*, departing: tuple[RequirementId, ...]) -> Expect:
    """The target ends its own side of TCP, with or without a Close; staying half open departs from ``departing``."""
    return expect(
        Reaction("ends TCP", (Ends(),)),
        Reaction("sends a Close and ends TCP", (ANY_CLOSE, Ends())),
        Reaction("sends a Close and stays half open", (ANY_CLOSE, Quiet()), departing),
        Reaction("stays half open", (Quiet(),), departing),
    )


class Moment(NamedTuple):
    """When TCP ends although no Close was sent, and what was sent before."""

    words: str
    steps: tuple[Step, ...]
    what: str


MOMENTS = (
    Moment("idle", (), "nothing is under way"),
    Moment("inside-a-message", (send(frame(TEXT, "unfinished", fin=False)),), "a message is not finished"),
    Moment(
        "inside-a-frame",
        (send(frame(BINARY, b"too short", declared_length=100)),),
        "a frame lacks most of its payload",
    ),
    Moment("inside-a-long-frame", (send(frame(BINARY, bytes(1000), declared_length=70_000)),), "a long frame is cut"),
    Moment(
        "inside-a-ping", (send(frame(PING, b"too short", declared_length=20)),), "a Ping lacks a part of its payload"
    ),
    Moment("inside-a-header", (SendBytes(b"\x81", note="half a header"),), "of a header only the first byte came"),
    Moment(
        "inside-a-close",
        (send(frame(0x8, b"\x03", declared_length=2)),),
        "a Close lacks the last byte of its code",
    ),
)

CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"closing/tcp/server-ends-it-after-{words}",
            roles=SERVERS,
            verifies=(SERVER_FIRST, SERVER_INITIATES, ENDS_AT_ONCE, ENDS_CLEANLY, CLOSING_ENDS_TCP),
            steps=(*opened(), send(close_frame(code)), answers(code), *ends_in_its_own_time()),
            because="§5.5.1, §7.1.1: after both Close frames the server ends TCP at once, and first.",
        )
        for words, code in (("close-1000", 1000), ("an-empty-close", None), ("close-4000", 4000))
    ),
    *(
        Case(
            id=f"closing/tcp/client-waits-after-{words}",
            roles=CLIENTS,
            verifies=(CLIENT_WAITS, CLIENT_WAITS_FOR_TCP, ENDS_AFTER_BOTH, ENDS_CLEANLY),
            steps=(*opened(), send(close_frame(code)), answers(code), *waits_for_us()),
            because="§5.5.1, §7.1.1: after both Close frames the client waits for the server to end TCP, and follows.",
            tags=NEEDS_HALF_CLOSE,
        )
        for words, code in (("close-1000", 1000), ("an-empty-close", None))
    ),
    *(
        Case(
            id=f"closing/tcp/half-closed-{moment.words}",
            roles=BOTH,
            verifies=(CLOSED_WHEN_TCP_IS,),
            steps=(*opened(), *moment.steps, End(half=True), notices_the_end(departing=(CLOSED_WHEN_TCP_IS,))),
            because=f"§7.1.4: when the peer ends TCP there is no more to come, although {moment.what}.",
            tags=NEEDS_HALF_CLOSE,
        )
        for moment in MOMENTS
    ),
    Case(
        id="closing/tcp/client-loses-its-transport",
        roles=CLIENTS,
        verifies=(LOST_TRANSPORT,),
        steps=(*opened(), End(half=True), notices_the_end(departing=(LOST_TRANSPORT,))),
        because="§7.2.1: a client whose transport is lost fails the connection.",
        tags=NEEDS_HALF_CLOSE,
    ),
    Case(
        id="closing/tcp/half-closed-with-the-close",
        roles=BOTH,
        verifies=(SOON, ENDS_AFTER_BOTH),
        steps=(
            *opened(),
            send(close_frame()),
            End(half=True),
            expect(
                *any_answers(1000),
                Reaction("ends TCP without a Close", (Ends(),), (SOON,)),
                about=("6455/5.5.1/close-is-answered",),
            ),
            expect(
                Reaction("ends TCP", (Ends(reset=False),)),
                Reaction("resets TCP", (Ends(reset=True),), (ENDS_CLEANLY,)),
                about=(ENDS_AFTER_BOTH,),
            ),
        ),
        because="§5.5.1: a Close is answered also when its sender has said by TCP, too, that it is done.",
        tags=NEEDS_HALF_CLOSE,
    ),
)
