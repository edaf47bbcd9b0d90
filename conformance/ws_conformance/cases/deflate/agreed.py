"""What was agreed upon, and what was only hinted at: which promise binds whom, and which binds nobody (RFC 7692 §7).

Where a peer may give up memory, the examiner sends what it must not send any more; to read that and to fail are then
as good, and only to deliver something else is wrong.
"""

from __future__ import annotations

from ws_conformance.deflate import Match, fixed, message, stored
from ws_conformance.model import (
    CLIENTS,
    SERVERS,
    Answer,
    Case,
    CloseIs,
    Control,
    Ends,
    MessageIs,
    Need,
    Reaction,
    RequirementId,
    Step,
)
from ws_conformance.peer import Role
from ws_conformance.vocabulary import echoes, expect, frame, response, send
from ws_conformance.wire import BINARY, TEXT

from .negotiation_client import Offers, asked
from .parameters import CLIENT_FORGETS, CLIENT_WINDOW, SERVER_FORGETS, SERVER_WINDOW, deflate, extensions
from .words import ANY_ANSWER, HELLO, KEEPS_OUR_WINDOW, compressed, noise, opened_with_deflate, verifying

ONE_DIRECTION: RequirementId = "7692/7/parameters-work-one-direction-each"
HINT_TO_FORGET: RequirementId = "7692/7.1.1.2/hint-is-kept"
HINT_OF_A_WINDOW: RequirementId = "7692/7.1.2.2/hint-is-kept"

_AGAIN = message(fixed([Match(5, 5)]))
_ROLES = {Role.SERVER: SERVERS, Role.CLIENT: CLIENTS}
_WINDOW = 32_768
_TEXT = "what was said before is not said again"


def _takes_over() -> tuple[Step, ...]:
    """Send a message, and another that is nothing but a match into the first."""
    return (
        send(compressed(TEXT, HELLO)),
        echoes(TEXT, "Hello"),
        send(compressed(TEXT, _AGAIN)),
        echoes(TEXT, "Hello"),
    )


def _reaches(distance: int) -> tuple[Step, ...]:
    """Send a message with a match at ``distance``, within itself."""
    payload = message(stored(noise(distance)), fixed([Match(100, distance)]))
    return send(compressed(BINARY, payload)), echoes(BINARY, noise(distance) + noise(distance)[:100])


def _agreed(role: Role, parameter: str) -> tuple[Step, ...]:
    """Open a connection on which ``parameter``, about what the target sends, was agreed upon and nothing else."""
    name = parameter.partition("=")[0]
    if role is Role.SERVER:
        return opened_with_deflate(deflate(parameter), rf"(?!.*; client_).*; {name}.*")
    return opened_with_deflate(answer=deflate(parameter), offered=name if "=" in parameter else None)


def _one_direction(role: Role, words: str, parameter: str, steps: tuple[Step, ...]) -> Case:
    return Case(
        id=f"deflate/agreed/{role.value}-{words}",
        roles=_ROLES[role],
        verifies=verifying(ONE_DIRECTION),
        steps=(*_agreed(role, parameter), *steps),
        because="RFC 7692 §7: each parameter is about one direction; in the other all stays as it is.",
    )


_DIRECTIONS: tuple[Case, ...] = (
    *(
        _one_direction(role, "that-forgets-reads-what-refers-back", f"{role.value}_no_context_takeover", _takes_over())
        for role in Role
    ),
    *(
        _one_direction(
            role,
            f"that-keeps-to-9-bits-reads-distance-{_WINDOW}",
            f"{role.value}_max_window_bits=9",
            _reaches(_WINDOW),
        )
        for role in Role
    ),
)


# --- hints ------------------------------------------------------------------------------------------------------------


def _hinting(words: str, like: str) -> tuple[Step, ...]:
    """Open a connection with a client all of whose offers are like ``like``, and answer nothing to its hint."""
    asking = asked(words, Offers(all_like=rf"(?!.*; server_){like}"))
    return asking, Answer(response(adding=extensions(deflate()))), Control()


def _repeats(bits: int) -> bytes:
    """Return bytes that repeat just beyond a window of ``bits``, but within larger ones."""
    return noise((1 << bits) + 20) * 2


_HINTS: tuple[Case, ...] = (
    Case(
        id="deflate/agreed/server-that-leaves-the-hint-unanswered-reads-what-refers-back",
        roles=SERVERS,
        verifies=verifying("7692/7.2.2/server-keeps-the-window-in-spite-of-the-hint"),
        steps=(*opened_with_deflate(deflate(CLIENT_FORGETS), KEEPS_OUR_WINDOW), *_takes_over()),
        because="RFC 7692 §7.2.2: only client_no_context_takeover in the answer lets a server drop its window.",
    ),
    Case(
        id=f"deflate/agreed/server-that-sets-no-limit-reads-distance-{_WINDOW}",
        roles=SERVERS,
        verifies=verifying(
            "7692/5/limits-for-the-client-are-agreed-upon", "7692/7.1.2.2/without-it-the-server-reads-all-distances"
        ),
        steps=(
            *opened_with_deflate(deflate(CLIENT_WINDOW), rf"(?!.*; {CLIENT_WINDOW}){ANY_ANSWER}"),
            *_reaches(_WINDOW),
        ),
        because="RFC 7692 §5, §7.1.2.2: a server that wants a smaller window of the client says so in its answer.",
    ),
    Case(
        id="deflate/agreed/client-that-hinted-to-forget",
        roles=CLIENTS,
        verifies=(HINT_TO_FORGET, "7692/7.2.1/client-may-take-over-in-spite-of-its-hint"),
        steps=(
            *_hinting("hints that it forgets each message", rf".*; {CLIENT_FORGETS}.*"),
            *(step for _ in range(3) for step in (send(frame(TEXT, _TEXT)), echoes(TEXT, _TEXT))),
        ),
        because="RFC 7692 §7.1.1.2: a client that gave the hint keeps to it, even unanswered; §7.2.1 leaves it free.",
    ),
    Case(
        id="deflate/agreed/client-that-hinted-at-a-window",
        roles=CLIENTS,
        verifies=(HINT_OF_A_WINDOW, "7692/7.2.1/client-window-may-exceed-its-hint"),
        steps=(
            *_hinting("hints at a window of less than 15 bits", rf".*; {CLIENT_WINDOW}=([89]|1[0-4])(;.*|$)"),
            *(
                step
                for bits in range(8, 15)
                for step in (send(frame(BINARY, _repeats(bits))), echoes(BINARY, _repeats(bits)))
            ),
        ),
        because="RFC 7692 §7.1.2.2: a client that gave a value keeps to it, even unanswered; §7.2.1 leaves it free.",
    ),
)


# --- what the target may have forgotten -------------------------------------------------------------------------------


def _read_or_failed(opcode: int, payload: bytes) -> Step:
    """The target reads what it need not, and echoes it; or it fails the connection in whatever way (A52)."""
    return expect(
        Reaction("echoes the message", (MessageIs(opcode, payload),)),
        Reaction("sends a Close", (CloseIs(frozenset(), negated=True),)),
        Reaction("ends TCP without a Close", (Ends(),)),
        needs=frozenset({Need.ECHO}),
    )


def _limited(role: Role, parameter: str) -> tuple[Step, ...]:
    """Open a connection with a target in ``role`` on which the examiner promised ``parameter`` for what it sends."""
    name = parameter.partition("=")[0]
    if role is Role.SERVER:
        return opened_with_deflate(deflate(parameter), rf".*; {parameter}\b.*")
    return opened_with_deflate(answer=deflate(parameter), offered=None if name.startswith("server") else name)


def _forgotten(role: Role) -> tuple[Case, ...]:
    forgets = SERVER_FORGETS if role is Role.CLIENT else CLIENT_FORGETS
    window = SERVER_WINDOW if role is Role.CLIENT else CLIENT_WINDOW
    return (
        Case(
            id=f"deflate/agreed/{role.value}-may-have-forgotten-the-message-before",
            roles=_ROLES[role],
            verifies=(f"7692/7.2.2/{role.value}-may-forget",),
            steps=(
                *_limited(role, forgets),
                send(compressed(TEXT, HELLO)),
                echoes(TEXT, "Hello"),
                send(compressed(TEXT, _AGAIN)),
                _read_or_failed(TEXT, b"Hello"),
            ),
            because="RFC 7692 §7.2.2: we promised not to refer to earlier messages, and whoever dropped them may fail.",
        ),
        Case(
            id=f"deflate/agreed/{role.value}-may-have-a-window-of-9-bits",
            roles=_ROLES[role],
            verifies=(f"7692/7.2.2/{role.value}-may-shrink-its-window",),
            steps=(
                *_limited(role, f"{window}=9"),
                send(compressed(BINARY, message(stored(noise(1000)), fixed([Match(100, 1000)])))),
                _read_or_failed(BINARY, noise(1000) + noise(1000)[:100]),
            ),
            because="RFC 7692 §7.2.2: we promised no match of more than 512 bytes back; whoever kept no more may fail.",
        ),
    )


CASES: tuple[Case, ...] = (*_DIRECTIONS, *_HINTS, *(case for role in Role for case in _forgotten(role)))
