"""The opening handshake, as a server reads and answers it and as a client asks and checks (RFC 6455 §4).

h11 reads HTTP: the grammar of the head, one Host field, how long a body is. What HTTP has right can still be no
WebSocket handshake; that is for the rules, one for each requirement. A rule returns None if it has no objection.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha1
from http import HTTPStatus

import h11

from ws_reference.errors import LocalProtocolError
from ws_reference.headers import TOKEN, Extension, Headers, parse_extensions, parse_subprotocols
from ws_reference.limits import DEFAULT_LIMITS, Limits
from ws_reference.rules import Violation

VERSION = "13"


def accept_for(key: str) -> str:
    """Return the Sec-WebSocket-Accept that answers the Sec-WebSocket-Key ``key``, with the example of §1.3.

    >>> accept_for("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    return b64encode(sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode("latin-1")).digest()).decode()


# The server's side


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent to open a connection."""

    method: str
    target: str
    http_version: str
    headers: Headers


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
    """§4.2.1 item 1: a path, or an absolute URI with a path in it. Neither has a fragment (§3)."""
    if not re.fullmatch(r"/[^#]*|https?://[^/?#@]+([/?][^#]*)?", request.target, re.IGNORECASE):
        return _refusal("6455/4.2.1/request-target-is-a-resource-name", "the request target is no resource name")
    return None


def host_is_an_authority(request: Request) -> Refusal | None:
    """§4.2.1 item 2: a host, which may be an address in brackets, and perhaps a port."""
    value = request.headers.combined("host") or ""
    if not re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+;=%-]+)(:[0-9]*)?", value, re.ASCII):
        return _refusal("6455/4.2.1/host-is-required", "Host names no authority")
    return None


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
    keys = request.headers.lines("sec-websocket-key")
    if not all(re.fullmatch(r"[A-Za-z0-9+/]{22}==", key) for key in keys):
        return _refusal("6455/4.2.1/key-decodes-to-16-bytes", "Sec-WebSocket-Key is not 16 bytes in base64")
    return None


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


class ServerHandshake:
    """Reads a request and writes the answer: ``receive`` until it returns something, then ``accept`` or ``refuse``.

    ``subprotocols`` are those that the server speaks. ``leftover`` is what came behind the request: frames already.
    """

    def __init__(
        self,
        *,
        subprotocols: Sequence[str] = (),
        rules: tuple[RequestRule, ...] = REQUEST_RULES,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.subprotocols = subprotocols
        self.leftover = b""
        self._rules = rules
        self._method_is_head = False
        self._head = _HeadReader(h11.Connection(h11.SERVER, _NO_LIMIT), limits)

    def receive(self, data: bytes) -> Request | Refusal | None:
        """Return the request, or why it is refused, or None for "need more"."""
        try:
            head = self._head.receive(data)
        except h11.RemoteProtocolError as error:
            return _refusal("6455/4.2.1/bad-request-gets-an-http-error", str(error)[:100], error.error_status_hint)
        if head is None:
            return None
        assert isinstance(head, h11.Request)
        self.leftover = self._head.leftover
        method, target, http_version = head.method.decode(), head.target.decode(), head.http_version.decode()
        self._method_is_head = method == "HEAD"
        request = Request(method, target, http_version, Headers.of(head.headers))
        return next(filter(None, (rule(request) for rule in self._rules)), request)

    def accept(self, request: Request) -> bytes:
        """Return the answer that opens the connection (§4.2.2)."""
        return _head_bytes("101 Switching Protocols", self.answer_fields(request))

    def refuse(self, refusal: Refusal) -> bytes:
        """Return the answer to a request that opens no connection; TCP is to be closed behind it.

        Whoever did not get a connection may at least read why.
        """
        text = f"{refusal.violation.detail}\n".encode()
        fields = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(text))),
            # RFC 9110 §7.8: a field meant for the next recipient only, as Upgrade is, is named in Connection.
            ("Connection", "close, Upgrade" if refusal.status == 426 else "close"),
            *refusal.fields,
        ]
        head = _head_bytes(f"{refusal.status} {HTTPStatus(refusal.status).phrase}", fields)
        return head if self._method_is_head else head + text  # RFC 9110 §9.3.2: HEAD asks for the head alone

    # Duties

    def answer_fields(self, request: Request) -> list[tuple[str, str]]:
        """§4.2.2 step 5: what the answer has to say. No extension is agreed to, for none is known here."""
        fields = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", self.compute_accept(request)),
        ]
        subprotocol = self.choose_subprotocol(request)
        if subprotocol is not None:
            fields.append(("Sec-WebSocket-Protocol", subprotocol))
        return fields

    def compute_accept(self, request: Request) -> str:
        """§4.2.2 step 5.4: the proof that this server has read this request."""
        return accept_for(request.headers.combined("sec-websocket-key") or "")

    def choose_subprotocol(self, request: Request) -> str | None:
        """§4.2.2 step 4: the first offer that the server speaks, if any. The client put the one it likes best first."""
        offered = request.headers.members("sec-websocket-protocol")
        return next((subprotocol for subprotocol in offered if subprotocol in self.subprotocols), None)


# The client's side


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
    agreed = parse_extensions(response.headers.combined("sec-websocket-extensions") or "") or ()
    if any(extension.name not in offered for extension in agreed):
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


class ClientHandshake:
    """Writes a request and reads the answer: send ``request``, then ``receive`` until it returns something.

    ``host`` has the port, too, unless it is the usual one; ``target`` is the _resource name_ of §3. ``new_nonce``
    returns 16 random bytes. ``leftover`` is what came behind the answer: frames already.
    """

    def __init__(
        self,
        *,
        host: str,
        new_nonce: Callable[[], bytes],
        target: str = "/",
        subprotocols: Sequence[str] = (),
        extensions: Sequence[Extension] = (),
        fields: Iterable[tuple[str, str]] = (),
        rules: tuple[ResponseRule, ...] = RESPONSE_RULES,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        if subprotocols and parse_subprotocols(list(subprotocols)) is None:
            raise LocalProtocolError(f"subprotocols are tokens and all different (§4.1), unlike {subprotocols!r}")
        self.host = host
        self.target = target
        self.offer = Offer(b64encode(new_nonce()).decode(), tuple(subprotocols), tuple(extensions))
        self.leftover = b""
        self._more_fields = tuple(fields)
        self._rules = rules
        self._http = h11.Connection(h11.CLIENT, _NO_LIMIT)
        self._head = _HeadReader(self._http, limits)

    def request(self) -> bytes:
        """Return the request, which is sent once. LocalProtocolError if what it was made of is no HTTP."""
        try:
            data = self._http.send(h11.Request(method="GET", target=self.target, headers=self.request_fields()))
        except h11.LocalProtocolError as error:
            raise LocalProtocolError(str(error)) from error
        assert data is not None
        return data

    def receive(self, data: bytes) -> Response | Violation | None:
        """Return the answer that opens the connection, or why it opens none, or None for "need more"."""
        try:
            head = self._head.receive(data)
        except h11.RemoteProtocolError as error:
            return Violation("6455/4.1/response-malformed-fails", str(error)[:100])
        if head is None:
            return None
        assert isinstance(head, h11.InformationalResponse | h11.Response)
        self.leftover = self._head.leftover
        response = Response(head.status_code, Headers.of(head.headers))
        return next(filter(None, (rule(response, self.offer) for rule in self._rules)), response)

    # Duties

    def request_fields(self) -> list[tuple[str, str]]:
        """§4.1 items 4 to 12: what the request has to say."""
        fields = [
            ("Host", self.host),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", self.offer.key),
            ("Sec-WebSocket-Version", VERSION),
        ]
        if self.offer.subprotocols:
            fields.append(("Sec-WebSocket-Protocol", ", ".join(self.offer.subprotocols)))
        if self.offer.extensions:
            fields.append(("Sec-WebSocket-Extensions", ", ".join(map(str, self.offer.extensions))))
        return [*fields, *self._more_fields]


# HTTP


class _HeadReader:
    """Reads one head with h11, and keeps what is behind it."""

    def __init__(self, http: h11.Connection, limits: Limits) -> None:
        self.leftover = b""
        self._http = http
        self._limits = limits
        self._received = 0

    def receive(self, data: bytes) -> h11.Request | h11.InformationalResponse | h11.Response | None:
        """Return the head when it is there; answers that announce another one (RFC 9110 §15.2) are passed over."""
        if self._received == 0 and self._http.our_role is h11.SERVER:
            data = data.lstrip(b"\r\n")  # RFC 9112 §2.2: a server passes over empty lines before the request
        if not data:
            return None
        self._received += len(data)
        self._http.receive_data(data)
        while (head := self._http.next_event()) is not h11.NEED_DATA:
            assert isinstance(head, h11.Request | h11.InformationalResponse | h11.Response)
            self.leftover = self._http.trailing_data[0]
            self._check_length(self._received - len(self.leftover))
            if len(head.headers) > self._limits.header_fields:
                raise h11.RemoteProtocolError(f"more than {self._limits.header_fields} header fields", 431)
            if not isinstance(head, h11.InformationalResponse) or head.status_code == 101:
                return head
        self._check_length(self._received)
        return None

    def _check_length(self, head_length: int) -> None:
        """§10.4. This is not left to h11, which finds a head too long, or not, according to how it was cut."""
        if head_length > self._limits.head_length:
            raise h11.RemoteProtocolError(f"head longer than {self._limits.head_length} bytes", 431)


_NO_LIMIT = 1 << 62


def _head_bytes(status: str, fields: Iterable[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1")
