"""Clients that come again: behind a redirect, with another version, or because the connection broke (§4.1, §7.2.3).

None of that is asked of a client. One that does it has to do it well.
"""

from __future__ import annotations

from collections.abc import Iterable

from ws_conformance.model import (
    CLIENTS,
    REACTION_SECONDS,
    Answer,
    Case,
    CloseIs,
    Control,
    End,
    Ends,
    Expect,
    Need,
    Quiet,
    Reaction,
    Requests,
    RequirementId,
    Response,
    Step,
)
from ws_conformance.vocabulary import expect, response

from .answering import ASKED
from .request import NONCE, RequestIs, line_for

LONGEST_CHAIN = 20
"""How often a client may follow redirects in circles: nobody needs so many (RFC 9110 §15.4)."""

RETURNS = 4
"""How often a client has to come back until its delays are judged."""

PATIENCE_SECONDS = 20.0
"""How long a client may stay away that comes back by itself, before ``--scale``."""

AGAIN = frozenset({"again"})

LOCATION_IS_RELATIVE: RequirementId = "9110/10.2.2/location-may-be-relative"
USER_IS_AN_ERROR: RequirementId = "9110/4.2.4/user-information-in-a-redirect-is-an-error"
CREDENTIALS_STAY: RequirementId = "9110/15.4/redirect-leaves-credentials-behind"
KEY_IS_FRESH: RequirementId = "6455/4.1/key-is-fresh-for-each-connection"
LOOPS_ARE_STOPPED: RequirementId = "9110/15.4/redirect-loops-are-stopped"
MAY_RETRY: RequirementId = "6455/4.4/client-may-retry-with-an-advertised-version"
BACKS_OFF: RequirementId = "6455/7.2.3/reconnecting-uses-backoff"
FIRST_IS_RANDOM: RequirementId = "6455/7.2.3/first-reconnect-is-delayed-at-random"
DELAYS_GROW: RequirementId = "6455/7.2.3/reconnect-delays-grow"
INTERVAL_IS_FREE: RequirementId = "6455/7.2.3/delay-interval-is-the-clients-choice"

STAYS_AWAY = (
    Reaction("ends TCP and stays away", (Ends(), Quiet())),
    Reaction("leaves it to the server to end TCP", (Quiet(),)),
    Reaction("sends a Close, although there is no connection", (CloseIs(frozenset(), negated=True),)),
)


def refusal(line: str, *fields: tuple[str, str]) -> Response:
    """Return an answer that opens nothing, and after which nothing more is said on this connection."""
    closing = (("Content-Length", "0"), ("Connection", "close"))
    return response(line=f"HTTP/1.1 {line}", without=("Upgrade", "Connection"), adding=(*closing, *fields))


def comes_again(name: str, request: Requests, departs_from: tuple[RequirementId, ...] = ()) -> Reaction:
    """The client asks once more, on a new connection, and like this."""
    return Reaction(name, (Ends(), request), departs_from)


TRIES_ONCE_MORE = comes_again("does not follow, and tries once more", RequestIs(line=line_for("/")))


def following(words: str, verifies: Iterable[RequirementId], *steps: Step, because: str) -> Case:
    """Return a case after whose refusal a client may come again."""
    return Case(
        id=f"client/again/{words}",
        roles=CLIENTS,
        verifies=tuple(verifies),
        steps=(ASKED, *steps),
        because=because,
        tags=AGAIN,
    )


def _comes_back() -> Expect:
    """The client is there once more, by itself. One that is not is not judged."""
    return Expect(
        reactions=(Reaction("comes back by itself", (Ends(), Requests())),),
        seconds=PATIENCE_SECONDS,
        control=True,
        needs=frozenset({Need.RETURN}),
    )


CASES: tuple[Case, ...] = (
    following(
        "redirected-to-a-relative-location",
        (LOCATION_IS_RELATIVE,),
        Answer(refusal("302 Found", ("Location", "/moved"))),
        expect(
            *STAYS_AWAY,
            comes_again("asks the same host for /moved", RequestIs(line=line_for("/moved"))),
            TRIES_ONCE_MORE,
        ),
        because="RFC 9110 §10.2.2: a relative Location is meant from where the request went; nobody has to follow it.",
    ),
    following(
        "redirected-with-user-information",
        (USER_IS_AN_ERROR,),
        Answer(refusal("302 Found", ("Location", "ws://user:secret@{authority}/moved"))),
        expect(
            *STAYS_AWAY,
            comes_again("follows all the same", RequestIs(line=line_for("/moved")), (USER_IS_AN_ERROR,)),
            TRIES_ONCE_MORE,
        ),
        because="RFC 9110 §4.2.4: user information in a URI that came from elsewhere is to be taken for an error.",
    ),
    following(
        "redirected-and-asking-afresh",
        (CREDENTIALS_STAY, KEY_IS_FRESH),
        Answer(refusal("302 Found", ("Location", "/moved"), ("Set-Cookie", "wsspec=1; Path=/"))),
        expect(
            *STAYS_AWAY,
            comes_again(
                "asks with a key of its own, and without credentials",
                RequestIs(fields=(("Sec-WebSocket-Key", NONCE),), without=("Authorization",)),
            ),
        ),
        because="RFC 9110 §15.4, §4.1 item 7: a client that follows makes its request anew, with a new key.",
    ),
    following(
        "redirected-in-circles",
        (LOOPS_ARE_STOPPED,),
        Answer(refusal("302 Found", ("Location", "/")), each_time=True),
        expect(
            *STAYS_AWAY,
            *(
                Reaction("stops in the end", (*(Ends(), Requests()) * times, *stop))
                for times in range(1, LONGEST_CHAIN + 1)
                for stop in ((Ends(), Quiet()), (Quiet(),))
            ),
            seconds=3 * REACTION_SECONDS,
        ),
        because="RFC 9110 §15.4: a client does not follow redirects in circles for ever.",
    ),
    following(
        "other-versions-advertised",
        (MAY_RETRY,),
        Answer(refusal("426 Upgrade Required", ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "8, 7"))),
        expect(
            *STAYS_AWAY,
            comes_again("asks with a version that was named", RequestIs(fields=(("Sec-WebSocket-Version", "[78]"),))),
        ),
        because="§4.4: a client may ask again with a version that the server named; one that has none gives up.",
    ),
    following(
        "after-broken-connections",
        (BACKS_OFF, FIRST_IS_RANDOM, DELAYS_GROW, INTERVAL_IS_FREE),
        Answer(response()),
        Control(),
        End(reset=True, note="a broken connection"),
        *(
            step
            for _ in range(RETURNS)
            for step in (
                _comes_back(),
                Answer(refusal("503 Service Unavailable")),
                End(note="a refused connection"),
            )
        ),
        because="§7.2.3: a client that comes back to a broken connection waits, at random first, and longer each time.",
    ),
)
