"""What a client refuses in a response, one rule for each requirement, in the order of RFC 6455 §4.1."""

from collections.abc import Callable
from dataclasses import dataclass

from ws_reference.headers import TOKEN, Extension, Headers, accept_for, parse_extensions
from ws_reference.rules import Violation


@dataclass(frozen=True, slots=True)
class Offer:
    """What a client has sent that the answer must fit."""

    key: str
    subprotocols: tuple[str, ...] = ()
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered."""

    status: int
    headers: Headers

    @property
    def subprotocol(self) -> str | None:
        """The _Subprotocol In Use_, or None."""
        return self.headers.combined("sec-websocket-protocol")

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The extensions that the server agrees to (§9.1)."""
        value = self.headers.combined("sec-websocket-extensions")
        return parse_extensions(value) or () if value is not None else ()


ResponseRule = Callable[[Response, Offer], Violation | None]


def status_is_101(response: Response, offer: Offer) -> Violation | None:
    """§4.1 step 1: anything else is plain HTTP and opens nothing."""
    if response.status != 101:
        return Violation("6455/4.1/status-other-than-101-is-not-open", f"the status is {response.status}")
    return None


def response_upgrade_is_websocket(response: Response, offer: Offer) -> Violation | None:
    """§4.1 step 2."""
    if (response.headers.combined("upgrade") or "").lower() != "websocket":
        return Violation("6455/4.1/response-upgrade-is-checked", "Upgrade is not websocket")
    return None


def response_connection_names_upgrade(response: Response, offer: Offer) -> Violation | None:
    """§4.1 step 3."""
    if not response.headers.names("connection", "upgrade"):
        return Violation("6455/4.1/response-connection-is-checked", "Connection does not name Upgrade")
    return None


def accept_fits_the_key(response: Response, offer: Offer) -> Violation | None:
    """§4.1 step 4."""
    if response.headers.lines("sec-websocket-accept") != [accept_for(offer.key)]:
        return Violation("6455/4.1/accept-is-checked", "Sec-WebSocket-Accept does not fit Sec-WebSocket-Key")
    return None


def response_extensions_are_well_formed(response: Response, offer: Offer) -> Violation | None:
    """§9.1."""
    value = response.headers.combined("sec-websocket-extensions")
    if value is not None and parse_extensions(value) is None:
        return Violation("6455/9.1/malformed-extensions-fail", "Sec-WebSocket-Extensions is no list of extensions")
    return None


def extensions_were_offered(response: Response, offer: Offer) -> Violation | None:
    """§4.1 step 5."""
    offered = [extension.name for extension in offer.extensions]
    if any(extension.name not in offered for extension in response.extensions):
        return Violation("6455/4.1/unoffered-extension-fails", "Sec-WebSocket-Extensions names what was not offered")
    return None


def response_subprotocol_is_a_token(response: Response, offer: Offer) -> Violation | None:
    """§4.1, §4.2.2 step 4: one token, or no such field at all."""
    if response.subprotocol is not None and not TOKEN.fullmatch(response.subprotocol):
        return Violation("6455/4.1/response-malformed-fails", "Sec-WebSocket-Protocol is not one token")
    return None


def subprotocol_was_offered(response: Response, offer: Offer) -> Violation | None:
    """§4.1 step 6: the same string, letter by letter."""
    if not {response.subprotocol} <= {None, *offer.subprotocols}:
        return Violation("6455/4.1/unoffered-subprotocol-fails", "Sec-WebSocket-Protocol was not offered")
    return None


RESPONSE_RULES: tuple[ResponseRule, ...] = (
    status_is_101,
    response_upgrade_is_websocket,
    response_connection_names_upgrade,
    accept_fits_the_key,
    response_extensions_are_well_formed,
    extensions_were_offered,
    response_subprotocol_is_a_token,
    subprotocol_was_offered,
)
