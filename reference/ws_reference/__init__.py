"""A WebSocket endpoint without I/O, as RFC 6455 describes it.

To be read in this order: frames, rules, reader, connection; request_rules, response_rules, handshake, uri; endpoint.
What RFC 7692 adds to it, compression, is in deflate and deflate_negotiation.
"""

from ws_reference.closing import CloseCode
from ws_reference.connection import Connection, State
from ws_reference.deflate import RSV1_RULES, PerMessageDeflate
from ws_reference.deflate_negotiation import (
    ANSWER_RULES,
    CORRESPONDENCE_RULES,
    DEFAULT_OFFER,
    OFFER_RULES,
    CorrespondenceRule,
    DeflateNegotiation,
    ElementRule,
    Parameters,
)
from ws_reference.endpoint import Endpoint
from ws_reference.errors import LocalProtocolError
from ws_reference.events import (
    BinaryReceived,
    CloseReceived,
    ConnectionFailed,
    Event,
    PingReceived,
    PongReceived,
    TextReceived,
)
from ws_reference.frames import Frame, FrameHeader, Opcode, Role, parse_header, serialize
from ws_reference.handshake import ClientHandshake, ServerHandshake
from ws_reference.headers import Extension, Headers, parse_extensions
from ws_reference.limits import Limits
from ws_reference.masking import Mask, mask, masking_keys
from ws_reference.request_rules import REQUEST_RULES, Refusal, Request, RequestRule
from ws_reference.response_rules import RESPONSE_RULES, Offer, Response, ResponseRule
from ws_reference.rules import (
    ALL_RULES,
    CLOSE_RULES,
    HEADER_RULES,
    LENGTH_RULES,
    CloseRule,
    HeaderRule,
    LengthRule,
    Receiving,
    Rules,
    Violation,
)
from ws_reference.uri import WebSocketUri, parse_uri

__all__ = [
    "ALL_RULES",
    "ANSWER_RULES",
    "CLOSE_RULES",
    "CORRESPONDENCE_RULES",
    "DEFAULT_OFFER",
    "HEADER_RULES",
    "LENGTH_RULES",
    "OFFER_RULES",
    "REQUEST_RULES",
    "RESPONSE_RULES",
    "RSV1_RULES",
    "BinaryReceived",
    "ClientHandshake",
    "CloseCode",
    "CloseReceived",
    "CloseRule",
    "Connection",
    "ConnectionFailed",
    "CorrespondenceRule",
    "DeflateNegotiation",
    "ElementRule",
    "Endpoint",
    "Event",
    "Extension",
    "Frame",
    "FrameHeader",
    "HeaderRule",
    "Headers",
    "LengthRule",
    "Limits",
    "LocalProtocolError",
    "Mask",
    "Offer",
    "Opcode",
    "Parameters",
    "PerMessageDeflate",
    "PingReceived",
    "PongReceived",
    "Receiving",
    "Refusal",
    "Request",
    "RequestRule",
    "Response",
    "ResponseRule",
    "Role",
    "Rules",
    "ServerHandshake",
    "State",
    "TextReceived",
    "Violation",
    "WebSocketUri",
    "mask",
    "masking_keys",
    "parse_extensions",
    "parse_header",
    "parse_uri",
    "serialize",
]
