"""How URLs and connection options become targets."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from ws_conformance.urls import Connecting, Target, is_loopback, parse_target
from ws_conformance.usage import UsageError


def parsed(url: str, environment: dict[str, str] | None = None, **options: object) -> Target:
    return parse_target(url, Connecting(**options), environment or {})  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("url", "address", "host", "resource"),
    [
        ("ws://127.0.0.1:9001/", "127.0.0.1:9001", "127.0.0.1:9001", "/"),
        ("ws://localhost", "localhost:80", "localhost", "/"),
        ("http://localhost:80/a?b=c", "localhost:80", "localhost", "/a?b=c"),
        ("ws://localhost?b=c", "localhost:80", "localhost", "/?b=c"),
        ("wss://localhost", "localhost:443", "localhost", "/"),
        ("https://localhost:8443/x", "localhost:8443", "localhost:8443", "/x"),
        ("ws://[::1]:9001/", "[::1]:9001", "[::1]:9001", "/"),
        ("ws+unix:///run/a.sock:/chat", "/run/a.sock", "localhost", "/chat"),
        ("ws+unix:///run/a.sock", "/run/a.sock", "localhost", "/"),
    ],
)
def test_a_url_names_an_address_an_authority_and_a_resource(url: str, address: str, host: str, resource: str) -> None:
    target = parsed(url)

    assert (str(target.address), target.place.host, target.place.resource) == (address, host, resource)


@pytest.mark.parametrize(
    ("url", "problem", "remedy"),
    [
        ("localhost:9001", "scheme", "ws://localhost:9001"),
        ("ftp://localhost/", "scheme", "wss"),
        ("ws://user:secret@localhost/", "user name or password", "--header"),
        ("ws://localhost/#top", "fragment", "%23"),
        ("ws://localhost/#", "fragment", "%23"),
        ("ws://localhost:0/", "port 0", "port"),
        ("ws://localhost:99999/", "99999", "ws://HOST:PORT"),
        ("ws:///path", "no host", "ws://HOST:PORT"),
        ("ws://[::1/", "no URL", "ws://HOST:PORT"),
        ("ws://bücher.example/", "ASCII", "xn--"),
        ("ws://localhost/ä", "ASCII", "%XX"),
        ("ws+unix:", "no socket", "ws+unix:///path"),
        ("ws+unix://run/a.sock", "no socket", "ws+unix:///path"),
    ],
)
def test_a_url_that_cannot_be_used_is_an_error_with_a_remedy(url: str, problem: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(url)

    assert problem in caught.value.problem
    assert remedy in caught.value.remedy
    assert "secret" not in str(caught.value)


def test_headers_origin_and_subprotocols_become_field_lines() -> None:
    target = parsed("ws://localhost/", headers=("X-Test: a b",), origin="https://a.example", subprotocols=("x", "y"))

    assert target.place.fields == (
        ("X-Test", "a b"),
        ("Origin", "https://a.example"),
        ("Sec-WebSocket-Protocol", "x, y"),
    )


def test_a_header_may_take_its_value_from_the_environment_and_is_a_secret_then() -> None:
    target = parsed("ws://localhost/", {"PLAIN": "hidden-value"}, headers=("X-Test: @PLAIN",))

    assert target.place.fields == (("X-Test", "hidden-value"),)
    assert target.secrets.names == ("header:X-Test",)


@pytest.mark.parametrize("header", ["no colon", "bad name: x", "X: @UNSET", "X:", "X: line\nbreak", ": x"])
def test_a_header_that_is_none_is_an_error(header: str) -> None:
    with pytest.raises(UsageError, match="--header"):
        parsed("ws://localhost/", headers=(header,))


def test_a_subprotocol_that_is_no_token_is_an_error() -> None:
    with pytest.raises(UsageError, match="--subprotocol"):
        parsed("ws://localhost/", subprotocols=("a, b",))


def test_tls_checks_certificates_unless_told_otherwise(tmp_path: Path) -> None:
    strict, lax = parsed("wss://localhost/"), parsed("wss://localhost/", insecure=True, server_name="app.test")

    assert strict.address.tls is not None
    assert strict.address.tls.verify_mode is ssl.CERT_REQUIRED
    assert lax.address.tls is not None
    assert lax.address.tls.verify_mode is ssl.CERT_NONE
    assert lax.address.server_name == "app.test"
    with pytest.raises(UsageError, match="--ca"):
        parsed("wss://localhost/", ca=tmp_path / "none.pem")


def test_a_url_for_people_hides_what_sounds_secret() -> None:
    assert parsed("ws://localhost/?room=1&token=abcdefgh").url == "ws://localhost/?room=1&token=********"


def test_loopback_is_told_from_the_rest() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("192.0.2.1")
    assert not is_loopback("localhost.example")
