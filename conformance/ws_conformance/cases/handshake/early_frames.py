"""Frames that a client sends before it has the answer (RFC 6455 §4.1, §4.2.2): its own fault, and no HTTP."""

from __future__ import annotations

from ws_conformance.model import (
    SERVERS,
    Case,
    CloseIs,
    Ends,
    MessageIs,
    Need,
    Open,
    Opens,
    PongIs,
    Quiet,
    Reaction,
    Refuses,
)
from ws_conformance.vocabulary import close_frame, expect, frame, request
from ws_conformance.wire import PING, TEXT

READ_AFTER_101 = "6455/4.2.2/frames-behind-the-request-are-read-after-101"

OTHERWISE = (
    Reaction("opens and ends TCP", (Opens(), Ends()), (READ_AFTER_101,)),
    Reaction("opens and drops the frame", (Opens(), Quiet()), (READ_AFTER_101,)),
    Reaction("answers with a status other than 101", (Refuses(200, 599),), (READ_AFTER_101,)),
    Reaction("ends TCP", (Ends(),), (READ_AFTER_101,)),
)
ANY_CLOSE = CloseIs(frozenset(), negated=True)
FAILS = Reaction("opens and closes", (Opens(), ANY_CLOSE), (READ_AFTER_101,))

CASES: tuple[Case, ...] = (
    Case(
        id="handshake/early-frames/ping",
        roles=SERVERS,
        verifies=(READ_AFTER_101,),
        steps=(
            Open(request(), (frame(PING, "before the 101"),), "request and Ping"),
            expect(
                Reaction("opens and answers the Ping", (Opens(), PongIs(b"before the 101"))),
                FAILS,
                *OTHERWISE,
                needs=frozenset({Need.PONG}),
            ),
        ),
        because="§4.2.2: behind its 101 the server reads frames; those that come earlier it may drop or refuse.",
    ),
    Case(
        id="handshake/early-frames/text",
        roles=SERVERS,
        verifies=(READ_AFTER_101,),
        steps=(
            Open(request(), (frame(TEXT, "before the 101"),), "request and Text"),
            expect(
                Reaction("opens and echoes the message", (Opens(), MessageIs(TEXT, b"before the 101"))),
                FAILS,
                *OTHERWISE,
                needs=frozenset({Need.ECHO}),
            ),
        ),
        because="§4.2.2: behind its 101 the server reads frames; those that come earlier it may drop or refuse.",
    ),
    Case(
        id="handshake/early-frames/close",
        roles=SERVERS,
        verifies=(READ_AFTER_101,),
        steps=(
            Open(request(), (close_frame(),), "request and Close"),
            expect(
                Reaction("opens and answers the Close", (Opens(), ANY_CLOSE)),
                *OTHERWISE,
            ),
        ),
        because="§4.2.2: behind its 101 the server reads frames; those that come earlier it may drop or refuse.",
    ),
)
