"""What comes behind a request that is refused: nothing of it is a frame, and not all of it a request.

RFC 6455 §4.2.1 and §7.2.2 end the handshake there; RFC 9112 §9 says what becomes of the HTTP connection.
"""

from __future__ import annotations

from ws_conformance.model import SERVERS, AnswersAgain, Case, Ends, Expect, Open, Pattern, Quiet, Reaction, Refuses
from ws_conformance.vocabulary import expect, frame, refuses, request, send
from ws_conformance.wire import PING

from .asking import NO_STATUS, asking

NOT_PROCESSED = "6455/4.2.1/bad-request-is-not-processed-further"
ABORTS = "6455/7.2.2/server-aborts-by-closing"
UNREAD_BODY = "9112/9.3/unread-body-is-not-a-request"
IN_ORDER = "9112/9.3.2/answers-come-in-order"
NOTHING_AFTER_CLOSE = "9112/9.6/nothing-is-processed-after-close"

QUIET_SECONDS = 1.0
OTHER_VERSION = {"Sec-WebSocket-Version": "99"}
VALID = (
    b"GET {resource} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def refuses_only(*forbids: Pattern) -> Expect:
    """The server refuses, and then ends TCP or does not; it does nothing that the step ``forbids``."""
    return expect(
        Reaction("refuses and ends TCP", (Refuses(), Ends())),
        Reaction("refuses and leaves TCP open", (Refuses(), Quiet())),
        *NO_STATUS,
        seconds=QUIET_SECONDS,
        forbids=forbids,
    )


CASES: tuple[Case, ...] = (
    Case(
        id="handshake/behind-refusal/ping-at-once",
        roles=SERVERS,
        verifies=(NOT_PROCESSED,),
        steps=(
            Open(request(replacing=OTHER_VERSION), (frame(PING, "behind a refused request"),), "request and Ping"),
            refuses_only(),
        ),
        because="§4.2.1: after a faulty request nothing that comes is a frame, so a Ping is answered by no Pong.",
    ),
    Case(
        id="handshake/behind-refusal/ping-later",
        roles=SERVERS,
        verifies=(NOT_PROCESSED, ABORTS),
        steps=(
            Open(request(replacing=OTHER_VERSION), note="request"),
            refuses(),
            send(frame(PING, "behind a refusal")),
            expect(
                Reaction("ends TCP", (Ends(),)),
                Reaction("leaves TCP open", (Quiet(),)),
                seconds=QUIET_SECONDS,
            ),
        ),
        because="§7.2.2: a server that aborts the handshake opens nothing, so a Ping is answered by no Pong.",
    ),
    asking(
        "behind-refusal/valid-request",
        (IN_ORDER,),
        request(replacing=OTHER_VERSION, behind=VALID),
        refuses(),
        because="RFC 9112 §9.3.2: of two requests in a row the first is answered first, and it is the refused one.",
        note="two requests, the first with a wrong version",
    ),
    asking(
        "behind-refusal/valid-request-after-close",
        (NOTHING_AFTER_CLOSE,),
        request(replacing={**OTHER_VERSION, "Connection": "Upgrade, close"}, behind=VALID),
        refuses_only(AnswersAgain()),
        because="RFC 9112 §9.6: the client said close in its first request, so there is no second one to answer.",
        note="two requests, the first of which says close",
    ),
    asking(
        "behind-refusal/valid-request-in-its-body",
        (UNREAD_BODY,),
        request(
            replacing=OTHER_VERSION,
            adding=[("Content-Length", "{length}")],
            behind=VALID,
        ),
        refuses_only(AnswersAgain(100, 199)),
        because="RFC 9112 §9.3: the body of a refused request is read or the connection ends; it is no request.",
        note="request with another one as its body",
    ),
)
