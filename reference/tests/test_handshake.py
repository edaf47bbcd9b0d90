"""The opening handshake, from both sides."""

from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ws_reference.errors import LocalProtocolError
from ws_reference.handshake import ClientHandshake, ServerHandshake
from ws_reference.headers import Extension, Headers, accept_for
from ws_reference.limits import Limits
from ws_reference.request_rules import REQUEST_RULES, Refusal, Request, RequestRule
from ws_reference.response_rules import RESPONSE_RULES, Response
from ws_reference.rules import Violation

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
FIELDS = (
    "Host: server.example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    f"Sec-WebSocket-Key: {KEY}",
    "Sec-WebSocket-Version: 13",
)


def head(start_line: str, *fields: str) -> bytes:
    return "\r\n".join((start_line, *fields, "", "")).encode("latin-1")


def with_field(*changed: str) -> tuple[str, ...]:
    """Return the fields of a right request, with those of the same name as the first of ``changed`` replaced by it."""
    return (*without_field(changed[0].split(":")[0]), *changed)


def without_field(name: str) -> tuple[str, ...]:
    return tuple(field for field in FIELDS if not field.lower().startswith(name.lower()))


REQUEST = head("GET /chat HTTP/1.1", *FIELDS)
RESPONSE_FIELDS = ("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept_for(KEY)}")
RESPONSE = head("HTTP/1.1 101 Switching Protocols", *RESPONSE_FIELDS)


def in_any_cut(make: Callable[[], ServerHandshake | ClientHandshake], data: bytes) -> object:
    """Return what a handshake makes of ``data``, which must be the same whether it comes whole or byte by byte."""
    whole = make()
    outcome = whole.receive(data)

    in_bytes = make()
    outcomes = (in_bytes.receive(data[i : i + 1]) for i in range(len(data)))
    assert next((outcome for outcome in outcomes if outcome is not None), None) == outcome
    return outcome


# The server's side


def ask(request: bytes, **arguments: object) -> object:
    return in_any_cut(lambda: ServerHandshake(**arguments), request)  # type: ignore[arg-type]  # passed through


def refusal_of(request: bytes, **arguments: object) -> Refusal:
    refusal = ask(request, **arguments)
    assert isinstance(refusal, Refusal)
    return refusal


def answer(request: bytes, subprotocols: tuple[str, ...] = ()) -> list[str]:
    """Return the lines of a server's answer to ``request``."""
    handshake = ServerHandshake(subprotocols=subprotocols)
    outcome = handshake.receive(request)
    assert outcome is not None
    data = handshake.accept(outcome) if isinstance(outcome, Request) else handshake.refuse(outcome)
    return data.decode().split("\r\n")


def test_the_request_of_section_1_2_is_answered_as_printed() -> None:
    fields = ("Origin: http://example.com", "Sec-WebSocket-Protocol: chat, superchat")

    assert answer(head("GET /chat HTTP/1.1", *FIELDS, *fields), subprotocols=("superchat", "chat")) == [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-WebSocket-Protocol: chat",
        "",
        "",
    ]


def test_a_server_without_a_common_subprotocol_names_none() -> None:
    lines = answer(head("GET / HTTP/1.1", *FIELDS, "Sec-WebSocket-Protocol: Chat"), subprotocols=("chat",))

    assert lines[0] == "HTTP/1.1 101 Switching Protocols"
    assert not any(line.startswith("Sec-WebSocket-Protocol") for line in lines)


def test_the_request_is_returned_with_all_its_parts() -> None:
    request = ask(REQUEST)

    assert isinstance(request, Request)
    assert (request.method, request.target, request.http_version) == ("GET", "/chat", "1.1")
    assert request.headers.lines("host") == ["server.example.com"]


@pytest.mark.parametrize("i", range(len(REQUEST)))
def test_bytes_behind_the_request_are_left_over(i: int) -> None:
    handshake = ServerHandshake()

    assert handshake.receive(REQUEST[:i]) is None
    assert isinstance(handshake.receive(REQUEST[i:] + b"\x81\x80"), Request)
    assert handshake.leftover == b"\x81\x80"


@pytest.mark.parametrize(
    "request_head",
    [
        b"\r\n\r\n" + REQUEST,
        REQUEST.replace(b"\r\n", b"\n"),
        head("GET / HTTP/1.2", *FIELDS),
        head("GET http://server.example.com/chat?x HTTP/1.1", *FIELDS),
        head("GET HTTPS://[::1]:8443 HTTP/1.1", *FIELDS),
        head("GET /~a/b:c@d;e=%c3%A9/?f=/g?&h='(i)' HTTP/1.1", *FIELDS),
        head("GET / HTTP/1.1", *with_field("Host: [::1]:80")),
        head("GET / HTTP/1.1", *with_field("Host: localhost:")),
        head("GET / HTTP/1.1", *with_field("Upgrade: h2c, WebSocket")),
        head("GET / HTTP/1.1", *with_field("Connection: keep-alive, UPGRADE")),
        head("GET / HTTP/1.1", *with_field("Connection: keep-alive", "Connection: upgrade")),
        head("GET / HTTP/1.1", *with_field("Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==")),
        head("GET / HTTP/1.1", *with_field("sec-websocket-version:  13 ")),
        head("GET / HTTP/1.1", *FIELDS, "Sec-WebSocket-Extensions: foo; bar", "Sec-WebSocket-Extensions: baz"),
        head("GET / HTTP/1.1", *FIELDS, "Content-Length: 0"),
        head("GET / HTTP/1.1", *FIELDS, "X-Folded: a", " b"),
    ],
)
def test_a_request_that_is_right_in_an_unusual_way_is_accepted(request_head: bytes) -> None:
    assert isinstance(ask(request_head), Request)


BROKEN_REQUESTS = (
    (head("POST / HTTP/1.1", *FIELDS), "6455/4.2.1/method-is-get", 405),
    (head("get / HTTP/1.1", *FIELDS), "6455/4.2.1/method-is-get", 501),
    (head("GET / HTTP/1.0", *FIELDS), "6455/4.2.1/http-version-is-1.1-or-higher", 505),
    (head("GET * HTTP/1.1", *FIELDS), "6455/4.2.1/request-target-is-a-resource-name", 400),
    (head("GET server:80 HTTP/1.1", *FIELDS), "6455/4.2.1/request-target-is-a-resource-name", 400),
    (head("GET /#a HTTP/1.1", *FIELDS), "6455/4.2.1/request-target-is-a-resource-name", 400),
    (head("GET http://a@b/ HTTP/1.1", *FIELDS), "6455/4.2.1/request-target-is-a-resource-name", 400),
    (head("GET / HTTP/1.1", *with_field("Host:")), "6455/4.2.1/host-is-required", 400),
    (head("GET / HTTP/1.1", *with_field("Host: a b")), "6455/4.2.1/host-is-required", 400),
    (head("GET / HTTP/1.1", *with_field("Host: a/b")), "6455/4.2.1/host-is-required", 400),
    (head("GET / HTTP/1.2", *without_field("Host")), "6455/4.2.1/host-is-required", 400),
    (head("GET / HTTP/1.1", *without_field("Upgrade")), "6455/4.2.1/upgrade-is-required", 426),
    (head("GET / HTTP/1.1", *with_field("Upgrade: h2c")), "6455/4.2.1/upgrade-is-required", 426),
    (head("GET / HTTP/1.1", *without_field("Connection")), "6455/4.2.1/connection-is-required", 400),
    (head("GET / HTTP/1.1", *with_field("Connection: close")), "6455/4.2.1/connection-is-required", 400),
    (head("GET / HTTP/1.1", *without_field("Sec-WebSocket-Version")), "6455/4.2.1/version-is-required", 426),
    (head("GET / HTTP/1.1", *FIELDS, FIELDS[4]), "6455/4.2.1/version-is-required", 426),
    (
        head("GET / HTTP/1.1", *with_field("Sec-WebSocket-Version: 8")),
        "6455/4.2.2/version-mismatch-is-refused",
        426,
    ),
    (head("GET / HTTP/1.1", *without_field("Sec-WebSocket-Key")), "6455/4.2.1/key-is-required", 400),
    (head("GET / HTTP/1.1", *FIELDS, FIELDS[3]), "6455/4.2.1/key-is-required", 400),
    (head("GET / HTTP/1.1", *with_field("Sec-WebSocket-Key:")), "6455/4.2.1/key-decodes-to-16-bytes", 400),
    (head("GET / HTTP/1.1", *with_field("Sec-WebSocket-Key: AAAA")), "6455/4.2.1/key-decodes-to-16-bytes", 400),
    (
        head("GET / HTTP/1.1", *FIELDS, "Sec-WebSocket-Protocol: chat, chat"),
        "6455/4.2.1/grammar-violation-is-refused",
        400,
    ),
    (head("GET / HTTP/1.1", *FIELDS, "Sec-WebSocket-Protocol:"), "6455/4.2.1/grammar-violation-is-refused", 400),
    (head("GET / HTTP/1.1", *FIELDS, "Sec-WebSocket-Extensions: a;"), "6455/9.1/malformed-offer-is-refused", 400),
    (head("GET / HTTP/1.1", *FIELDS, "Content-Length: 3"), "9112/6/body-stays-a-body-behind-a-101", 400),
    (head("GET / HTTP/1.1", *FIELDS, "Transfer-Encoding: chunked"), "9112/6/body-stays-a-body-behind-a-101", 400),
)


@pytest.mark.parametrize(("request_head", "requirement", "status"), BROKEN_REQUESTS)
def test_a_request_that_breaks_one_rule_is_refused_for_it(request_head: bytes, requirement: str, status: int) -> None:
    refusal = refusal_of(request_head)

    assert (refusal.violation.requirement, refusal.status) == (requirement, status)


@pytest.mark.parametrize(("request_head", "requirement", "status"), BROKEN_REQUESTS)
def test_without_its_rule_such_a_request_is_accepted(request_head: bytes, requirement: str, status: int) -> None:
    breaking = [rule for rule in REQUEST_RULES if requirement in _ids(rule, request_head)]

    rules = tuple(rule for rule in REQUEST_RULES if rule not in breaking)

    assert len(breaking) == 1
    assert isinstance(ask(request_head, rules=rules), Request)


def _ids(rule: RequestRule, request_head: bytes) -> list[str]:
    request = ServerHandshake(rules=()).receive(request_head)
    assert isinstance(request, Request)
    refusal = rule(request)
    return [refusal.violation.requirement] if refusal else []


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"\x16\x03\x01", 400),
        (head("GET /", *FIELDS), 400),
        (head("GET / HTTP/1.1", *without_field("Host")), 400),
        (head("GET / HTTP/1.1", *FIELDS, FIELDS[0]), 400),
        (head("GET / HTTP/1.1", *FIELDS, "Name : value"), 400),
        (head("GET / HTTP/1.1", *FIELDS, "Name: a\0b"), 400),
        (head("GET / HTTP/1.1", *FIELDS, "Content-Length: -1"), 400),
        (head("GET / HTTP/1.1", *FIELDS, "Transfer-Encoding: gzip"), 501),
        (head("GET / HTTP/1.1", *FIELDS, *["Name: value"] * 96), 431),
        (head("GET / HTTP/1.1", *FIELDS, "Name: " + 16_384 * "a"), 431),
        (head("GET /" + 16_384 * "a" + " HTTP/1.1", *FIELDS), 414),
        (head("GET /" + (16_384 - 14) * "a" + " HTTP/1.1", *FIELDS), 414),
        (head("GET /" + (16_384 - 15) * "a" + " HTTP/1.1", *FIELDS), 431),
    ],
)
def test_what_is_no_http_is_refused(request_head: bytes, status: int) -> None:
    refusal = refusal_of(request_head)

    assert refusal.violation.requirement == "6455/4.2.1/bad-request-gets-an-http-error"
    assert refusal.status == status


def test_a_head_as_long_as_the_limit_is_read() -> None:
    assert isinstance(ask(REQUEST, limits=Limits(head_length=len(REQUEST))), Request)
    assert refusal_of(REQUEST, limits=Limits(head_length=len(REQUEST) - 1)).status == 431


def test_a_refusal_says_why_and_announces_the_end() -> None:
    assert answer(head("GET / HTTP/1.1", *without_field("Connection"))) == [
        "HTTP/1.1 400 Bad Request",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Length: 33",
        "Connection: close",
        "",
        "Connection does not name Upgrade\n",
    ]


def test_a_refused_version_is_told_which_one_is_spoken() -> None:
    lines = answer(head("GET / HTTP/1.1", *with_field("Sec-WebSocket-Version: 99")))

    assert lines[0] == "HTTP/1.1 426 Upgrade Required"
    assert {"Connection: close, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"} <= set(lines)


def test_a_refused_method_is_told_which_one_is_allowed() -> None:
    assert "Allow: GET" in answer(head("PUT / HTTP/1.1", *FIELDS))


def test_a_refused_head_request_gets_a_head_alone() -> None:
    lines = answer(head("HEAD / HTTP/1.1", *FIELDS))

    assert lines[0] == "HTTP/1.1 405 Method Not Allowed"
    assert lines[-2:] == ["", ""]


def test_without_any_rule_every_http_request_is_accepted() -> None:
    handshake = ServerHandshake(rules=())

    request = handshake.receive(head("GET * HTTP/1.1", "Host: a"))

    assert isinstance(request, Request)
    assert handshake.accept(request).startswith(b"HTTP/1.1 101 ")


@given(st.lists(st.binary(max_size=50) | st.sampled_from((b"\r\n", REQUEST[:40], REQUEST[40:])), max_size=6))
def test_no_bytes_make_a_server_handshake_raise(chunks: list[bytes]) -> None:
    handshake = ServerHandshake()

    for chunk in chunks:
        if handshake.receive(chunk) is not None:
            break


# The client's side


def client(**arguments: object) -> ClientHandshake:
    """Return a client that has sent its request with the nonce of §1.3."""
    handshake = ClientHandshake(
        host="server.example.com",
        target="/chat",
        new_nonce=lambda: b"the sample nonce",
        **arguments,  # type: ignore[arg-type]  # passed through
    )
    handshake.request()
    return handshake


def outcome_of(response: bytes, **arguments: object) -> object:
    return in_any_cut(lambda: client(**arguments), response)


def test_the_request_has_all_that_section_4_1_asks_for() -> None:
    handshake = ClientHandshake(
        host="server.example.com:8080",
        target="/chat?room=1",
        new_nonce=lambda: b"the sample nonce",
        subprotocols=("chat", "superchat"),
        extensions=(Extension("foo"), Extension("bar", (("baz", "2"),))),
        fields=(("Origin", "http://example.com"),),
    )

    assert handshake.request().decode().split("\r\n") == [
        "GET /chat?room=1 HTTP/1.1",
        "Host: server.example.com:8080",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: chat, superchat",
        "Sec-WebSocket-Extensions: foo, bar; baz=2",
        "Origin: http://example.com",
        "",
        "",
    ]


def test_what_would_be_no_http_is_not_sent() -> None:
    handshake = ClientHandshake(host="a\r\nb", new_nonce=lambda: bytes(16))

    with pytest.raises(LocalProtocolError):
        handshake.request()


@pytest.mark.parametrize("subprotocols", [("a", "a"), ("a b",), ("",)])
def test_subprotocols_that_are_no_different_tokens_are_not_offered(subprotocols: tuple[str, ...]) -> None:
    with pytest.raises(LocalProtocolError, match="all different"):
        client(subprotocols=subprotocols)


@pytest.mark.parametrize("i", range(len(RESPONSE)))
def test_bytes_behind_the_response_are_left_over(i: int) -> None:
    handshake = client()

    assert handshake.receive(RESPONSE[:i]) is None
    assert isinstance(handshake.receive(RESPONSE[i:] + b"\x81\x00"), Response)
    assert handshake.leftover == b"\x81\x00"


def response(*fields: str) -> bytes:
    """Return a right response with those fields replaced whose names are in ``fields``."""
    names = {field.split(":")[0] for field in fields}
    kept = [field for field in RESPONSE_FIELDS if field.split(":")[0] not in names]
    return head("HTTP/1.1 101 Switching Protocols", *kept, *(field for field in fields if ":" in field))


@pytest.mark.parametrize(
    "data",
    [
        RESPONSE,
        head("HTTP/1.1 101", *RESPONSE_FIELDS),
        head("HTTP/1.1 100 Continue") + head("HTTP/1.1 103 Early Hints", "Link: </>") + RESPONSE,
        response("Upgrade: WebSocket"),
        response("Connection: keep-alive, upgrade"),
        response("Sec-WebSocket-Protocol: chat"),
        response("Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: foo;a"),
        response("Content-Length: 0"),
    ],
)
def test_a_right_response_opens_the_connection(data: bytes) -> None:
    opened = outcome_of(data, subprotocols=("superchat", "chat"), extensions=(Extension("foo"),))

    assert isinstance(opened, Response)
    assert opened.status == 101


def test_the_subprotocol_in_use_is_the_server_s() -> None:
    opened = outcome_of(response("Sec-WebSocket-Protocol: chat"), subprotocols=("superchat", "chat"))

    assert isinstance(opened, Response)
    assert opened.subprotocol == "chat"
    assert Response(101, Headers(())).subprotocol is None


@pytest.mark.parametrize(
    ("data", "requirement"),
    [
        (head("HTTP/1.1 200 OK", *RESPONSE_FIELDS), "6455/4.1/status-other-than-101-is-not-open"),
        (head("HTTP/1.1 426 Upgrade Required"), "6455/4.1/status-other-than-101-is-not-open"),
        (response("Upgrade"), "6455/4.1/response-upgrade-is-checked"),
        (response("Upgrade: h2c"), "6455/4.1/response-upgrade-is-checked"),
        (response("Connection"), "6455/4.1/response-connection-is-checked"),
        (response("Connection: close"), "6455/4.1/response-connection-is-checked"),
        (response("Sec-WebSocket-Accept"), "6455/4.1/accept-is-checked"),
        (response(f"Sec-WebSocket-Accept: {accept_for('x')}"), "6455/4.1/accept-is-checked"),
        (response(RESPONSE_FIELDS[2], RESPONSE_FIELDS[2]), "6455/4.1/accept-is-checked"),
        (response("Sec-WebSocket-Extensions: a b"), "6455/9.1/malformed-extensions-fail"),
        (response("Sec-WebSocket-Extensions: a"), "6455/4.1/unoffered-extension-fails"),
        (response("Sec-WebSocket-Protocol: chat, superchat"), "6455/4.1/response-malformed-fails"),
        (response("Sec-WebSocket-Protocol:"), "6455/4.1/response-malformed-fails"),
        (response("Sec-WebSocket-Protocol: Chat"), "6455/4.1/unoffered-subprotocol-fails"),
        (b"\x00\x81", "6455/4.1/response-malformed-fails"),
        (
            head("HTTP/1.1 101 Switching Protocols", *RESPONSE_FIELDS, "Name : value"),
            "6455/4.1/response-malformed-fails",
        ),
        (head("HTTP/1.1 101 x", *RESPONSE_FIELDS, "Name: " + 16_384 * "a"), "6455/4.1/response-malformed-fails"),
    ],
)
def test_a_response_that_breaks_a_rule_opens_nothing(data: bytes, requirement: str) -> None:
    violation = outcome_of(data, subprotocols=("chat", "superchat"))

    assert isinstance(violation, Violation)
    assert violation.requirement == requirement


def test_without_any_rule_every_101_opens_the_connection() -> None:
    assert isinstance(outcome_of(head("HTTP/1.1 101 x"), rules=()), Response)


@given(st.lists(st.binary(max_size=50) | st.sampled_from((b"\r\n", RESPONSE[:40], RESPONSE[40:])), max_size=6))
def test_no_bytes_make_a_client_handshake_raise(chunks: list[bytes]) -> None:
    handshake = client()

    for chunk in chunks:
        if handshake.receive(chunk) is not None:
            break


def test_no_two_rules_of_a_side_share_a_name() -> None:
    for rules in (REQUEST_RULES, RESPONSE_RULES):
        assert len({rule.__name__ for rule in rules}) == len(rules)


@given(st.binary(min_size=16, max_size=16))
def test_a_client_opens_with_every_server_and_nonce(nonce: bytes) -> None:
    asking, answering = ClientHandshake(host="localhost", new_nonce=lambda: nonce), ServerHandshake()

    request = answering.receive(asking.request())

    assert isinstance(request, Request)
    assert request.headers.lines("sec-websocket-key") == [b64encode(nonce).decode()]
    assert isinstance(asking.receive(answering.accept(request)), Response)
