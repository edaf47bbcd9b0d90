"""The opening handshake, as a server answers it and as a client begins it (RFC 6455 §4).

h11 reads the HTTP; the rules of ws_reference.request_rules and ws_reference.response_rules tell what of it is a
WebSocket handshake.
"""

import sys
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus

import h11

from ws_reference.deflate_negotiation import DeflateNegotiation, Parameters
from ws_reference.errors import LocalProtocolError
from ws_reference.headers import VERSION, Extension, Headers, accept_for, parse_subprotocols
from ws_reference.limits import DEFAULT_LIMITS, Limits
from ws_reference.request_rules import REQUEST_RULES, Refusal, Request, RequestRule
from ws_reference.response_rules import RESPONSE_RULES, Offer, Response, ResponseRule
from ws_reference.rules import Violation


class ServerHandshake:
    """Reads a request and writes the answer: ``receive`` until it returns something, then ``accept`` or ``refuse``.

    ``subprotocols`` are those that the server speaks, and ``deflate`` how it agrees to compression, None for never.
    ``leftover`` is what came behind the request: frames already. ``agreed`` is what was agreed upon of compression.
    """

    def __init__(
        self,
        *,
        subprotocols: Sequence[str] = (),
        deflate: DeflateNegotiation | None = None,
        rules: tuple[RequestRule, ...] = REQUEST_RULES,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.subprotocols = subprotocols
        self.deflate = deflate
        self.agreed: Parameters | None = None
        self.leftover = b""
        self._rules = rules
        self._method_is_head = False
        self._head = _HeadReader(h11.Connection(h11.SERVER, sys.maxsize), limits)

    def receive(self, data: bytes) -> Request | Refusal | None:
        """Return the request, or why it is refused, or None for "need more"."""
        try:
            head = self._head.receive(data)
        except h11.RemoteProtocolError as error:
            violation = Violation("6455/4.2.1/bad-request-gets-an-http-error", str(error)[:100])
            return Refusal(violation, error.error_status_hint)
        if head is None:
            return None
        assert isinstance(head, h11.Request)
        self.leftover = self._head.leftover
        method, target, http_version = head.method.decode(), head.target.decode(), head.http_version.decode()
        self._method_is_head = method == "HEAD"
        request = Request(method, target, http_version, Headers.of(head.headers.raw_items()))
        for rule in self._rules:
            refusal = rule(request)
            if refusal is not None:
                return refusal
        return request

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
        """§4.2.2 step 5: what the answer has to say."""
        fields = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", self.compute_accept(request)),
        ]
        subprotocol = self.choose_subprotocol(request)
        if subprotocol is not None:
            fields.append(("Sec-WebSocket-Protocol", subprotocol))
        self.agreed = self.choose_compression(request)
        if self.agreed is not None:
            fields.append(("Sec-WebSocket-Extensions", str(self.agreed.extension())))
        return fields

    def compute_accept(self, request: Request) -> str:
        """§4.2.2 step 5.4: the proof that this server has read this request."""
        return accept_for(request.headers.combined("sec-websocket-key") or "")

    def choose_subprotocol(self, request: Request) -> str | None:
        """§4.2.2 step 4: the first offer that the server speaks, if any. The client put the one it likes best first."""
        offered = request.headers.members("sec-websocket-protocol")
        return next((subprotocol for subprotocol in offered if subprotocol in self.subprotocols), None)

    def choose_compression(self, request: Request) -> Parameters | None:
        """§4.2.2 step 5.5, RFC 7692 §5: what is agreed upon of compression. No other extension is known here."""
        return self.deflate.accept(request.extensions) if self.deflate is not None else None


class ClientHandshake:
    """Writes a request and reads the answer: send ``request``, then ``receive`` until it returns something.

    ``host`` has the port, too, unless it is the usual one; ``target`` is the _resource name_ of §3. ``new_nonce``
    returns 16 random bytes. ``deflate`` has the offers of compression, None for no offer. ``leftover`` is what came
    behind the answer: frames already. ``agreed`` is what was agreed upon of compression.
    """

    def __init__(
        self,
        *,
        host: str,
        new_nonce: Callable[[], bytes],
        target: str = "/",
        subprotocols: Sequence[str] = (),
        extensions: Sequence[Extension] = (),
        deflate: DeflateNegotiation | None = None,
        fields: Iterable[tuple[str, str]] = (),
        rules: tuple[ResponseRule, ...] = RESPONSE_RULES,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        if subprotocols and parse_subprotocols(list(subprotocols)) is None:
            raise LocalProtocolError(f"subprotocols are tokens and all different (§4.1), unlike {subprotocols!r}")
        self.host = host
        self.target = target
        offered = (*extensions, *(deflate.offers if deflate is not None else ()))
        self.offer = Offer(b64encode(new_nonce()).decode(), tuple(subprotocols), offered)
        self.deflate = deflate
        self.agreed: Parameters | None = None
        self.leftover = b""
        self._more_fields = tuple(fields)
        self._rules = rules
        self._http = h11.Connection(h11.CLIENT, sys.maxsize)
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
        assert not isinstance(head, h11.Request)
        self.leftover = self._head.leftover
        response = Response(head.status_code, Headers.of(head.headers.raw_items()))
        for rule in self._rules:
            violation = rule(response, self.offer)
            if violation is not None:
                return violation
        return self.settle_compression(response) or response

    # Duties

    def settle_compression(self, response: Response) -> Violation | None:
        """RFC 7692 §5: note what the server agreed to, unless that is not what was offered."""
        if self.deflate is None:
            return None
        match self.deflate.read_answer(response.extensions):
            case Violation() as violation:
                return violation
            case agreed:
                self.agreed = agreed
                return None

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


_Head = h11.Request | h11.InformationalResponse | h11.Response


class _HeadReader:
    """Reads one head with h11, and keeps what is behind it."""

    def __init__(self, http: h11.Connection, limits: Limits) -> None:
        self.leftover = b""
        self._http = http
        self._limits = limits
        self._received = 0
        self._has_start_line = False

    def receive(self, data: bytes) -> _Head | None:
        """Return the head when it is there; answers that announce another one (RFC 9110 §15.2) are passed over."""
        if self._received == 0 and self._http.our_role is h11.SERVER:
            data = data.lstrip(b"\r\n")  # RFC 9112 §2.2: a server passes over empty lines before the request
        if not data:
            return None
        if not self._has_start_line:
            self._check_start_line(data)
        self._received += len(data)
        self._http.receive_data(data)
        while (head := self._http.next_event()) is not h11.NEED_DATA:
            assert isinstance(head, _Head)
            self.leftover = self._http.trailing_data[0]
            self._check_length(self._received - len(self.leftover))
            if len(head.headers) > self._limits.header_fields:
                raise h11.RemoteProtocolError(f"more than {self._limits.header_fields} header fields", 431)
            if not isinstance(head, h11.InformationalResponse) or head.status_code == 101:
                return head
        self._check_length(self._received)
        return None

    # §10.4. Limits are not left to h11, which finds a head too long, or not, according to how it was cut.

    def _check_start_line(self, data: bytes) -> None:
        """RFC 9112 §3: a start line that is too long has a status of its own, for its target must be the reason."""
        end_of_line = data.find(b"\n")
        self._has_start_line = end_of_line >= 0
        line_length = self._received + (end_of_line if self._has_start_line else len(data))
        if line_length > self._limits.head_length:
            raise h11.RemoteProtocolError(f"start line longer than {self._limits.head_length} bytes", 414)

    def _check_length(self, head_length: int) -> None:
        if head_length > self._limits.head_length:
            raise h11.RemoteProtocolError(f"head longer than {self._limits.head_length} bytes", 431)


def _head_bytes(status: str, fields: Iterable[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1")
