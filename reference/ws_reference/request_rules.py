"""What a server refuses in a request, one rule for each requirement, in the order in which they are applied.

HTTP itself is not told here: h11 reads it, and refuses a request without exactly one Host field, a field name that is
no token, a length that is no number. What HTTP has right can still be no WebSocket handshake (RFC 6455 §4.2.1).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from ws_reference.headers import VERSION, Extension, Headers, parse_extensions, parse_subprotocols
from ws_reference.rules import Violation


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent to open a connection."""

    method: str
    target: str
    http_version: str
    headers: Headers

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The extensions that are offered."""
        value = self.headers.combined("sec-websocket-extensions")
        return parse_extensions(value) or () if value is not None else ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request opens no connection, and with which status and header fields a server answers it."""

    violation: Violation
    status: int = 400
    fields: tuple[tuple[str, str], ...] = ()


RequestRule = Callable[[Request], Refusal | None]

UPGRADE_FIELDS = (("Upgrade", "websocket"), ("Sec-WebSocket-Version", VERSION))
"""What a server that asks for an upgrade says about it (RFC 9110 §15.5.22, RFC 6455 §4.4)."""


def _refusal(requirement: str, detail: str, status: int = 400, fields: tuple[tuple[str, str], ...] = ()) -> Refusal:
    return Refusal(Violation(requirement, detail), status, fields)


def method_is_get(request: Request) -> Refusal | None:
    """§4.2.1 item 1. A method that HTTP knows is not allowed here; any other is not implemented (RFC 9110 §9.1)."""
    if request.method != "GET":
        status = 405 if request.method in _OTHER_METHODS else 501
        return _refusal("6455/4.2.1/method-is-get", "the method is not GET", status, (("Allow", "GET"),))
    return None


_OTHER_METHODS = frozenset({"HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})


def http_version_is_at_least_1_1(request: Request) -> Refusal | None:
    """§4.2.1 item 1: HTTP/1.0 knows no Upgrade."""
    if request.http_version < "1.1":
        return _refusal("6455/4.2.1/http-version-is-1.1-or-higher", "the HTTP version is below 1.1", 505)
    return None


def target_is_a_resource_name(request: Request) -> Refusal | None:
    """§4.2.1 item 1: a path and a query, by themselves or in an absolute URI. There is no fragment (§3)."""
    if not _RESOURCE_NAME.fullmatch(request.target):
        return _refusal("6455/4.2.1/request-target-is-a-resource-name", "the request target is no resource name")
    return None


def host_is_an_authority(request: Request) -> Refusal | None:
    """§4.2.1 item 2: a host, which may be an address in brackets, and perhaps a port."""
    if not _HOST.fullmatch(request.headers.combined("host") or ""):
        return _refusal("6455/4.2.1/host-is-required", "Host names no authority")
    return None


_AUTHORITY = r"(\[[0-9a-f:.]+\]|[\w.~!$&'()*+;=%-]+)(:[0-9]*)?"
_PATH_AND_QUERY = r"([\w.~!$&'()*+,;=:@/?-]|%[0-9a-f]{2})*"
_HOST = re.compile(_AUTHORITY, re.ASCII | re.IGNORECASE)
_RESOURCE_NAME = re.compile(
    rf"/{_PATH_AND_QUERY}|https?://{_AUTHORITY}([/?]{_PATH_AND_QUERY})?", re.ASCII | re.IGNORECASE
)


def upgrade_names_websocket(request: Request) -> Refusal | None:
    """§4.2.1 item 3."""
    if not request.headers.names("upgrade", "websocket"):
        return _refusal("6455/4.2.1/upgrade-is-required", "Upgrade does not name websocket", 426, UPGRADE_FIELDS)
    return None


def connection_names_upgrade(request: Request) -> Refusal | None:
    """§4.2.1 item 4."""
    if not request.headers.names("connection", "upgrade"):
        return _refusal("6455/4.2.1/connection-is-required", "Connection does not name Upgrade")
    return None


def key_is_given_once(request: Request) -> Refusal | None:
    """§4.2.1 item 5, §11.3.1."""
    if len(request.headers.lines("sec-websocket-key")) != 1:
        return _refusal("6455/4.2.1/key-is-required", "there is not exactly one Sec-WebSocket-Key")
    return None


def key_decodes_to_16_bytes(request: Request) -> Refusal | None:
    """§4.2.1 item 5: that takes 22 characters of base64 and two of padding.

    The last character has four bits to spare. They may be anything: the RFC's own example had them set (erratum 3150).
    """
    if not all(map(_KEY.fullmatch, request.headers.lines("sec-websocket-key"))):
        return _refusal("6455/4.2.1/key-decodes-to-16-bytes", "Sec-WebSocket-Key is not 16 bytes in base64")
    return None


_KEY = re.compile(r"[A-Za-z0-9+/]{22}==")


def version_is_given_once(request: Request) -> Refusal | None:
    """§4.2.1 item 6, §11.3.5."""
    if len(request.headers.lines("sec-websocket-version")) != 1:
        detail = "there is not exactly one Sec-WebSocket-Version"
        return _refusal("6455/4.2.1/version-is-required", detail, 426, UPGRADE_FIELDS)
    return None


def version_is_13(request: Request) -> Refusal | None:
    """§4.2.2 step 4: a server that speaks another version says which ones it does speak."""
    if any(version != VERSION for version in request.headers.lines("sec-websocket-version")):
        detail = f"Sec-WebSocket-Version is not {VERSION}"
        return _refusal("6455/4.2.2/version-mismatch-is-refused", detail, 426, UPGRADE_FIELDS)
    return None


def subprotocols_are_unique_tokens(request: Request) -> Refusal | None:
    """§4.2.1 item 8, with what §4.1 item 10 says of the list."""
    headers = request.headers
    if headers.lines("sec-websocket-protocol") and not parse_subprotocols(headers.members("sec-websocket-protocol")):
        detail = "Sec-WebSocket-Protocol is no list of different tokens"
        return _refusal("6455/4.2.1/grammar-violation-is-refused", detail)
    return None


def extensions_are_well_formed(request: Request) -> Refusal | None:
    """§4.2.1 item 9, with the grammar of §9.1. Extensions that nobody here knows are no mistake."""
    value = request.headers.combined("sec-websocket-extensions")
    if value is not None and parse_extensions(value) is None:
        detail = "Sec-WebSocket-Extensions is no list of extensions"
        return _refusal("6455/9.1/malformed-offer-is-refused", detail)
    return None


def request_has_no_body(request: Request) -> Refusal | None:
    """RFC 9112 §6: behind a body, it would be in doubt where the frames begin."""
    lengths = request.headers.members("content-length")
    if request.headers.lines("transfer-encoding") or any(length.strip("0") for length in lengths):
        return _refusal("9112/6/body-stays-a-body-behind-a-101", "the request has a body")
    return None


REQUEST_RULES: tuple[RequestRule, ...] = (
    method_is_get,
    http_version_is_at_least_1_1,
    target_is_a_resource_name,
    host_is_an_authority,
    upgrade_names_websocket,
    connection_names_upgrade,
    version_is_given_once,
    version_is_13,
    key_is_given_once,
    key_decodes_to_16_bytes,
    subprotocols_are_unique_tokens,
    extensions_are_well_formed,
    request_has_no_body,
)
