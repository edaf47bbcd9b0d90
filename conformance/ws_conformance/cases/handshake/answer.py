"""The answer to a valid request, and the manners of a refusal (RFC 6455 §4.2.2, RFC 9112 §9)."""

from __future__ import annotations

from ws_conformance.model import Case, Ends, Opens, Quiet, Reaction, Refuses
from ws_conformance.vocabulary import STATUS_IS_SENT, closes, expect, fence, frame, opens, request, send
from ws_conformance.wire import PONG

from .asking import NO_STATUS, asking

VALID_IS_ACCEPTED = "6455/4.2.2/valid-request-is-accepted"
STATUS_IS_101 = "6455/4.2.2/status-line-is-101"
STATUS_LINE_IS_1_1 = "6455/4.2.2/status-line-is-http-1.1"
HAS_UPGRADE = "6455/4.2.2/answer-has-upgrade"
HAS_CONNECTION = "6455/4.2.2/answer-has-connection"
ACCEPT_IS_COMPUTED = "6455/4.2.2/accept-is-computed-from-the-key"
ACCEPT_ONCE = "6455/4.2.2/accept-appears-once"
VALID_HTTP = "6455/4.2.2/answer-is-valid-http"
NAMES_THE_PROTOCOL = "9110/7.8/a-101-names-the-new-protocol"
HAS_NO_CONTENT = "9110/6.4.1/a-101-has-no-content"
NO_LENGTH = "9110/8.6/no-content-length-in-a-101"
NO_CODING = "9112/6.1/no-transfer-encoding-in-a-101"
ONE_FINAL_ANSWER = "9110/15/one-final-answer"
NO_BODY = "9112/6.3/request-without-framing-has-no-body"
ENOUGH_IS_PARSED = "6455/4.2.1/enough-of-the-request-is-parsed"
STATES_ITS_LENGTH = "9110/8.6/refusal-states-its-length"
SAYS_CLOSE = "9112/9.3/server-that-never-persists-says-close"
IS_ANNOUNCED = "9112/9.6/close-is-announced"
ANNOUNCED_CLOSE = "9112/9.6/announced-close-happens"
ASKED_CLOSE = "9112/9.6/asked-close-happens"
PERSISTS = "9112/9.3/refused-connection-persists"
GET_IS_SUPPORTED = "9110/9.1/get-is-supported"
UPGRADE_IS_SENT = "9110/15.5.22/a-426-carries-upgrade"
PORT_IS_SHARED = "6455/1.5/handshake-shares-a-port-with-http"
MAY_BE_ADVERTISED = "9110/7.8/upgrade-may-be-advertised"
IN_FRAMES = "6455/5.1/data-travels-in-frames"
MAY_SEND_AT_ONCE = "6455/4.2.2/server-may-send-at-once"
MAY_BE_DELAYED = "6455/2.1/sending-may-be-delayed"
MAY_ASK_WHO = "6455/4.2.2/client-authentication-may-be-asked"
MAY_REDIRECT = "6455/4.2.2/client-may-be-redirected"
CHALLENGE = "9110/11.6.1/a-401-carries-a-challenge"

SAYING_CLOSE = Refuses(fields=(("Connection", "close"),))
OTHER_VERSION = {"Sec-WebSocket-Version": "99"}

CASES: tuple[Case, ...] = (
    asking(
        "answer/valid-request",
        (
            VALID_IS_ACCEPTED,
            STATUS_IS_101,
            STATUS_LINE_IS_1_1,
            HAS_UPGRADE,
            HAS_CONNECTION,
            ACCEPT_IS_COMPUTED,
            ACCEPT_ONCE,
            VALID_HTTP,
            NAMES_THE_PROTOCOL,
            NO_LENGTH,
            NO_CODING,
            NO_BODY,
            ENOUGH_IS_PARSED,
        ),
        request(),
        opens(),
        because="§4.2.2: a valid request gets a 101 with Upgrade, Connection and the Accept that belongs to its key.",
    ),
    asking(
        "answer/frames-follow",
        (HAS_NO_CONTENT, ONE_FINAL_ANSWER, VALID_IS_ACCEPTED, IN_FRAMES, MAY_SEND_AT_ONCE, MAY_BE_DELAYED),
        request(),
        opens(),
        *fence(b"behind the 101"),
        because="RFC 9110 §6.4.1: a 101 ends with its empty line; behind it there are frames, and no second answer.",
    ),
    asking(
        "answer/closing-handshake-follows",
        (HAS_NO_CONTENT, VALID_IS_ACCEPTED),
        request(),
        opens(),
        send(frame(PONG, "unsolicited"), note="the first frame"),
        *closes(),
        because="§4.2.2: behind its 101 the connection is open, and a Close is answered.",
    ),
    asking(
        "answer/refusal-has-an-end",
        (STATES_ITS_LENGTH, STATUS_IS_SENT),
        request(replacing=OTHER_VERSION),
        expect(
            Reaction("refuses and states a length", (Refuses(fields=(("Content-Length", ""),)),)),
            Reaction("refuses with a coded body", (Refuses(fields=(("Transfer-Encoding", ""),)),)),
            Reaction("refuses and ends TCP", (Refuses(), Ends())),
            Reaction("refuses, and where the body ends nobody can tell", (Refuses(), Quiet()), (STATES_ITS_LENGTH,)),
            *NO_STATUS,
        ),
        because="RFC 9110 §8.6: a refusal says how long it is, or the end of TCP ends it.",
    ),
    asking(
        "answer/refusal-says-close",
        (SAYS_CLOSE, IS_ANNOUNCED, PERSISTS),
        request(replacing=OTHER_VERSION),
        expect(
            Reaction("refuses and says close", (SAYING_CLOSE,)),
            Reaction("refuses and keeps the connection", (Refuses(), Quiet())),
            Reaction("refuses and ends TCP without having said close", (Refuses(), Ends()), (SAYS_CLOSE,)),
            *NO_STATUS,
        ),
        because="RFC 9112 §9.3: a server that ends the connection after a refusal says close in it.",
    ),
    asking(
        "answer/refusal-keeps-its-word",
        (ANNOUNCED_CLOSE,),
        request(replacing=OTHER_VERSION),
        expect(
            Reaction("refuses and ends TCP", (Refuses(), Ends())),
            Reaction("says close and keeps the connection", (SAYING_CLOSE, Quiet()), (ANNOUNCED_CLOSE,)),
            Reaction("refuses and keeps the connection", (Refuses(), Quiet())),
            *NO_STATUS,
        ),
        because="RFC 9112 §9.6: a server that said close ends the connection behind the answer.",
    ),
    asking(
        "answer/refusal-closes-when-asked",
        (ASKED_CLOSE,),
        request(replacing={**OTHER_VERSION, "Connection": "Upgrade, close"}),
        expect(
            Reaction("refuses and ends TCP", (Refuses(), Ends())),
            Reaction("refuses and keeps the connection", (Refuses(), Quiet()), (ASKED_CLOSE,)),
            *NO_STATUS,
        ),
        because="RFC 9112 §9.6: the client said close, so the connection ends behind the refusal.",
    ),
    asking(
        "answer/valid-request-is-opened-redirected-or-refused",
        (MAY_ASK_WHO, MAY_REDIRECT, CHALLENGE),
        request(),
        expect(
            Reaction("opens", (Opens(),)),
            Reaction("redirects the client", (Refuses(300, 399),)),
            Reaction("asks who the client is", (Refuses(401, 401, (("WWW-Authenticate", ""),)),)),
            Reaction("refuses with 401 and does not ask", (Refuses(401, 401),), (CHALLENGE,)),
            Reaction("refuses with a status from 400 to 599", (Refuses(),)),
        ),
        because="§4.2.2: before it opens, a server may send the client elsewhere, or want to know who it is.",
    ),
    asking(
        "answer/plain-get",
        (GET_IS_SUPPORTED, UPGRADE_IS_SENT, PORT_IS_SHARED, MAY_BE_ADVERTISED),
        request(fields=(("Host", "{host}"),)),
        expect(
            Reaction("answers with 426 and Upgrade: websocket", (Refuses(426, 426, (("Upgrade", "websocket"),)),)),
            Reaction("answers with a status below 426", (Refuses(200, 425),)),
            Reaction("answers with 501", (Refuses(501, 501),), (GET_IS_SUPPORTED,)),
            Reaction("answers with a status above 426", (Refuses(427, 599),)),
            *NO_STATUS,
        ),
        because="RFC 9110 §9.1: GET is known to every server, and a plain one gets a plain answer.",
    ),
)
