"""How long a client stays: as long as nothing is wrong, and after both Close frames as long as it likes (§7.1.1)."""

from __future__ import annotations

from ws_conformance.model import CLIENTS, Case, CloseIs, End, Ends, Pause, Quiet, Reaction
from ws_conformance.vocabulary import close_frame, echoes, expect, frame, opened, pongs, send
from ws_conformance.wire import PING, PONG, TEXT

PAUSE_SECONDS = 0.5
"""How long nothing is said to a client, to see whether it can bear that."""

CASES: tuple[Case, ...] = (
    Case(
        id="client/staying/through-traffic-and-pauses",
        roles=CLIENTS,
        verifies=("6455/7.1.7/client-does-not-close-without-cause",),
        steps=(
            *opened(),
            Pause(PAUSE_SECONDS),
            send(frame(PING, "still there?")),
            pongs(b"still there?"),
            send(frame(PONG, "nobody asked"), frame(TEXT, "going on")),
            echoes(TEXT, "going on"),
            Pause(PAUSE_SECONDS),
            send(frame(PING, "and now?")),
            pongs(b"and now?"),
        ),
        because="§7.2.1, §7.3: a client closes when a rule or its application wants it to, and not otherwise.",
    ),
    Case(
        id="client/staying/after-both-closes",
        roles=CLIENTS,
        verifies=("6455/5.5.1/client-may-end-tcp-after-both-closes",),
        steps=(
            *opened(),
            send(close_frame(), note="closing handshake"),
            expect(Reaction("sends a Close", (CloseIs(frozenset(), negated=True),))),
            expect(Reaction("ends TCP", (Ends(),)), Reaction("waits for the server to end TCP", (Quiet(),))),
            End(),
        ),
        because="§5.5.1: after both Close frames the server ends TCP, and a client may do it if that takes too long.",
    ),
)
