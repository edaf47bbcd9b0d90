"""Opening handshakes of unusual size (RFC 9110 §2.3, §5.4; RFC 9112 §3)."""

from __future__ import annotations

from typing import NamedTuple

from ws_conformance.model import (
    CLIENTS,
    SERVERS,
    Answer,
    Case,
    CloseIs,
    End,
    Ends,
    Expect,
    Need,
    Open,
    Opens,
    PongIs,
    Quiet,
    Reaction,
    Refuses,
    Request,
    Requests,
    RequirementId,
    SendBytes,
)
from ws_conformance.vocabulary import expect, frame, request, response, send
from ws_conformance.wire import PING

from .strain import ANSWER_SECONDS, HALF_CLOSE, KIB, LIMITS, MIB

READ_DEFENSIVELY: RequirementId = "9110/2.3/elements-are-read-defensively"
FIELDS_GET_4XX: RequirementId = "9110/5.4/too-large-fields-get-a-4xx"
TARGET_GETS_414: RequirementId = "9112/3/too-long-target-gets-414"
END_IS_NOTICED: RequirementId = "9112/9.5/end-by-the-peer-is-noticed"

MANY_FIELDS = tuple((f"X-Field-{i}", "one of many") for i in range(2000))


class Large(NamedTuple):
    """A large request: words, the request, and what another status than a fitting one departs from."""

    words: str
    request: Request
    departs_from: RequirementId = FIELDS_GET_4XX


LARGE = (
    Large("2000-fields", request(adding=MANY_FIELDS)),
    Large("field-of-64-kib", request(adding=(("X-Long", "x" * 64 * KIB),))),
    Large("target-of-64-kib", request(line=f"GET {{resource}}?{'x' * 64 * KIB} HTTP/1.1"), TARGET_GETS_414),
    Large(
        "9000-subprotocols",
        request(adding=(("Sec-WebSocket-Protocol", ", ".join(f"p{i:04}" for i in range(9000))),)),
    ),
    Large(
        "50000-spaces-in-an-extension",
        request(adding=(("Sec-WebSocket-Extensions", f"a;{' ' * 50_000}b"),)),
    ),
    Large(
        "50000-backslashes-in-an-extension",
        request(adding=(("Sec-WebSocket-Extensions", 'a; b="' + "\\" * 50_000 + '"'),)),
    ),
)


def opens_or_says_too_large(large: Large) -> Expect:
    """The server opens, or refuses with a fitting status; another refusal, or none, is lenient (policy page, A63)."""
    # 431 speaks of the head as a whole, and a target is a part of it.
    fitting = ((414, 414), (431, 431)) if large.departs_from == TARGET_GETS_414 else ((400, 499),)
    return expect(
        Reaction("opens", (Opens(),)),
        *(Reaction("refuses with a status that says why", (Refuses(*statuses),)) for statuses in fitting),
        Reaction("refuses with another status", (Refuses(),), (large.departs_from,)),
        Reaction("ends TCP without an answer", (Ends(),), (large.departs_from,)),
        seconds=ANSWER_SECONDS,
    )


CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"limits/heads/{large.words}",
            roles=SERVERS,
            verifies=(READ_DEFENSIVELY, large.departs_from),
            steps=(Open(large.request), opens_or_says_too_large(large)),
            because="RFC 9110 §2.3, §5.4: a server reckons with elements that are far too long; it reads them, or "
            "refuses them with a status that says why, and does neither for long.",
            tags=LIMITS,
        )
        for large in LARGE
    ),
    Case(
        id="limits/heads/1-mib-without-an-end",
        roles=SERVERS,
        verifies=(READ_DEFENSIVELY, END_IS_NOTICED),
        steps=(
            SendBytes(b"GET / HTTP/1.1\r\nHost: wsspec.example\r\nX-Endless: ", note="the beginning of a request"),
            *(SendBytes(b"x" * (64 * KIB), note="more of its last field"),) * (MIB // (64 * KIB)),
            End(half=True),
            expect(
                Reaction("refuses with a status from 400 to 599", (Refuses(),)),
                Reaction("ends TCP", (Ends(),)),
                Reaction("stays half open", (Quiet(),), (END_IS_NOTICED,)),
                seconds=ANSWER_SECONDS,
            ),
        ),
        because="RFC 9110 §2.3: a server need not wait for the end of a field that is longer than it will read; "
        "RFC 9112 §9.5: and when TCP ends instead, it ends its side.",
        tags=HALF_CLOSE,
    ),
    Case(
        id="limits/heads/answer-with-2000-fields",
        roles=CLIENTS,
        verifies=(READ_DEFENSIVELY,),
        steps=(
            Expect(reactions=(Reaction("sends its opening handshake", (Requests(),)),), control=True),
            Answer(response(adding=MANY_FIELDS)),
            send(frame(PING, "behind it")),
            expect(
                Reaction("opens, and answers the Ping", (PongIs(b"behind it"),)),
                Reaction("sends a Close", (CloseIs(frozenset(), negated=True),)),
                Reaction("ends TCP", (Ends(),)),
                needs=frozenset({Need.PONG}),
            ),
        ),
        because="RFC 9110 §2.3: a client reckons with an answer that is far too long, and reads it or gives up.",
        tags=LIMITS,
    ),
)
