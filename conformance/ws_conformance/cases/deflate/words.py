"""The words of cases about compression: connections on which it was agreed upon, and messages in compressed form."""

from __future__ import annotations

from functools import cache
from hashlib import shake_128

from ws_conformance.deflate import Literal, fixed, message
from ws_conformance.head import read_extension
from ws_conformance.model import (
    Answer,
    ByRole,
    CloseIs,
    Control,
    Ends,
    Expect,
    Need,
    Observation,
    Open,
    Opens,
    Reaction,
    Requested,
    Requests,
    RequirementId,
    Step,
)
from ws_conformance.vocabulary import (
    CLOSE_COMES_FIRST,
    CODE_IS_APPROPRIATE,
    FAILING_ENDS,
    TOO_BIG,
    ends_tcp,
    expect,
    frame,
    request,
    response,
)
from ws_conformance.wire import CONTINUATION, RSV1, WireFrame

DEFLATE = "permessage-deflate"
ANY_ANSWER = r"permessage-deflate(; .*)?"
"""Whatever a server may add to its answer."""
KEEPS_OUR_WINDOW = r"permessage-deflate(?!.*client_no_context_takeover)(; .*)?"
"""An answer that lets the client refer to its earlier messages."""

_EXTENSIONS = "Sec-WebSocket-Extensions"
_DEFLATE = frozenset({Need.DEFLATE})

HELLO = message(fixed([Literal(b"Hello")]))
"""The example of RFC 7692 §7.2.3.1."""


class OffersDeflate(Requests, frozen=True):
    """The client offers permessage-deflate; with ``parameter``, an offer has that parameter."""

    parameter: str | None = None

    def matches(self, observation: Observation) -> bool:
        if not isinstance(observation, Requested):
            return False
        elements = map(read_extension, observation.head.elements(_EXTENSIONS))
        offers = [element for element in elements if element is not None and element.name == DEFLATE]
        return any(self.parameter is None or self.parameter in dict(offer.parameters) for offer in offers)


@cache
def opened_with_deflate(
    offer: str = DEFLATE, agreed: str = ANY_ANSWER, *, answer: str = DEFLATE, offered: str | None = None
) -> tuple[Step, ...]:
    """Open a connection on which compression was agreed upon, and show that it works. Otherwise the case is undecided.

    A server is given ``offer`` and has to answer with ``agreed``, a regular expression. A client has to offer
    permessage-deflate, with the parameter ``offered`` if there is one, and is given ``answer``.
    """
    agrees = Reaction("agrees to compress as the case needs it", (Opens(extensions=agreed),))
    offers = Reaction("offers to compress as the case needs it", (OffersDeflate(offered),))
    return (
        ByRole(
            server=(
                Open(request(adding=((_EXTENSIONS, offer),))),
                Expect(reactions=(agrees,), control=True, needs=_DEFLATE),
            ),
            client=(
                Expect(reactions=(offers,), control=True, needs=_DEFLATE),
                Answer(response(adding=((_EXTENSIONS, answer),))),
            ),
        ),
        Control(),
    )


def compressed(opcode: int, payload: bytes, *, fin: bool = True, rsv: int = RSV1) -> WireFrame:
    """Return a frame that says by RSV1 that the message it begins is compressed; ``payload`` is sent as it is."""
    return frame(opcode, payload, fin=fin, rsv=rsv)


def compressed_fragments(opcode: int, *payloads: bytes) -> tuple[WireFrame, ...]:
    """Return one compressed message as so many frames, of which only the first has RSV1 set (RFC 7692 §6.1)."""
    last = len(payloads) - 1
    return tuple(
        frame(CONTINUATION if i else opcode, payload, fin=i == last, rsv=0 if i else RSV1)
        for i, payload in enumerate(payloads)
    )


def literally(text: bytes) -> bytes:
    """Return ``text`` as a compressed message of one block with fixed codes that repeats nothing."""
    return message(fixed([Literal(text)]))


@cache
def noise(length: int) -> bytes:
    """Return so many bytes that no compressor makes shorter."""
    return shake_128(b"noise").digest(length)


def ends_the_connection() -> tuple[Step, ...]:
    """The target ends the connection, with any code or none: no procedure is named (policy page, A52)."""
    return (
        expect(
            Reaction("sends a Close", (CloseIs(frozenset(), negated=True),)),
            Reaction("ends TCP without a Close", (Ends(),)),
        ),
        ends_tcp(about=(FAILING_ENDS,)),
    )


def gives_up(*departs_from: RequirementId) -> tuple[Reaction, ...]:
    """Return the ways to refuse data that is no fault, for its size or for something that is left open."""
    return (
        Reaction("sends Close 1009", (CloseIs(frozenset({TOO_BIG})),), departs_from),
        Reaction(
            "sends another Close", (CloseIs(frozenset({TOO_BIG}), negated=True),), (*departs_from, CODE_IS_APPROPRIATE)
        ),
        Reaction("ends TCP without a Close", (Ends(),), (*departs_from, CLOSE_COMES_FIRST)),
    )


def verifying(*common: RequirementId) -> tuple[RequirementId, ...]:
    """Return ``common`` and what every case verifies in which a compressed message is delivered."""
    return (*common, "7692/6/compressed-message-is-decompressed", "7692/6.2/decompressed-message-is-delivered")
