"""permessage-deflate for both of Autobahn's adapters: offered, and taken wherever it is; it is off by default."""

from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateOfferAccept,
    PerMessageDeflateResponse,
    PerMessageDeflateResponseAccept,
)


def take_offer(offers: list[object]) -> PerMessageDeflateOfferAccept | None:
    for offer in offers:
        if isinstance(offer, PerMessageDeflateOffer):
            return PerMessageDeflateOfferAccept(offer)
    return None


def take_response(response: object) -> PerMessageDeflateResponseAccept | None:
    if isinstance(response, PerMessageDeflateResponse):
        return PerMessageDeflateResponseAccept(response)
    return None


SERVER_OPTIONS = {"perMessageCompressionAccept": take_offer}
CLIENT_OPTIONS = {
    "perMessageCompressionOffers": [PerMessageDeflateOffer()],
    "perMessageCompressionAccept": take_response,
}
