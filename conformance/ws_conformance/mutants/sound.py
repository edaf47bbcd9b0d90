"""The reference in each of the ways to configure it that some case asks for: every case is passed by one of them.

What a server wishes and what a client offers is its own affair, so a case about one agreement says nothing of a target
that would not come to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ws_reference import DeflateNegotiation, Extension, Parameters

from ws_conformance.peer import Role

from . import client_again
from .base import MakePeer, reference_peer
from .client_request import asking, more
from .deflate_data import FragmentsWhatItCompresses, deflating_peer
from .deflate_negotiation import (
    CLIENT_FORGETS,
    CLIENT_WINDOW,
    SERVER_FORGETS,
    SERVER_WINDOW,
    element,
    negotiating_peer,
    offering,
    with_negotiation,
)


class IgnoresHints(DeflateNegotiation):
    """A server that grants what it has to grant, and leaves hints unanswered (RFC 7692 §7.1.1.2, §7.1.2.2)."""

    def agree(self, offer: Extension) -> Parameters:
        asked = Parameters.of(offer)
        return Parameters(
            server_no_context_takeover=asked.server_no_context_takeover,
            server_max_window_bits=asked.server_max_window_bits,
        )


SOUND: Mapping[Role, tuple[MakePeer, ...]] = {
    Role.SERVER: (
        reference_peer,
        deflating_peer,
        *(
            with_negotiation(partial(DeflateNegotiation, wishes=wishes))
            for wishes in (
                Parameters(server_no_context_takeover=True, client_no_context_takeover=True),
                Parameters(server_max_window_bits=9, client_max_window_bits=9),
                Parameters(server_max_window_bits=15, client_max_window_bits=15),
            )
        ),
        with_negotiation(IgnoresHints),
        partial(deflating_peer, connection=FragmentsWhatItCompresses),
    ),
    Role.CLIENT: (
        reference_peer,
        negotiating_peer,
        offering(element()),
        offering(element(CLIENT_FORGETS)),
        offering(element(f"{CLIENT_WINDOW}=10")),
        offering(element(CLIENT_FORGETS, f"{CLIENT_WINDOW}=10")),
        offering(element(SERVER_FORGETS)),
        offering(element(SERVER_FORGETS, f"{SERVER_WINDOW}=12")),
        offering(element(f"{SERVER_WINDOW}=10", CLIENT_WINDOW), element(CLIENT_WINDOW)),
        offering(element(f"{SERVER_WINDOW}=10"), element(CLIENT_WINDOW)),
        partial(deflating_peer, connection=FragmentsWhatItCompresses),
        *client_again.SOUND,
        asking(more(b"Origin: http://wsspec.example")),  # as a browser does
    ),
}
"""The plain one first, then those that compress, each with other wishes or offers."""
