"""What a URI asks for, and which URIs are none."""

from __future__ import annotations

import pytest
from ws_reference import LocalProtocolError, WebSocketUri, parse_uri


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("ws://server.example", WebSocketUri(False, "server.example", 80, "/")),
        ("WSS://Server.Example/", WebSocketUri(True, "Server.Example", 443, "/")),
        ("ws://127.0.0.1:9001/chat", WebSocketUri(False, "127.0.0.1", 9001, "/chat")),
        ("ws://[::1]/", WebSocketUri(False, "[::1]", 80, "/")),
        ("ws://[2001:db8::1]:8080?a", WebSocketUri(False, "[2001:db8::1]", 8080, "/?a")),
        ("ws://server.example:/", WebSocketUri(False, "server.example", 80, "/")),
        ("ws://server.example//a//b/?", WebSocketUri(False, "server.example", 80, "//a//b/")),
        ("ws://server.example/a%20b;c=1?d=/e?f", WebSocketUri(False, "server.example", 80, "/a%20b;c=1?d=/e?f")),
        ("ws://server.example?x=@other.example/", WebSocketUri(False, "server.example", 80, "/?x=@other.example/")),
    ],
)
def test_the_parts_of_a_uri(uri: str, parts: WebSocketUri) -> None:
    assert parse_uri(uri) == parts


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("http://server.example/", "ws://"),
        ("ws:server.example/", "ws://"),
        ("//server.example/", "ws://"),
        ("ws://server.example/#part", "fragment"),
        ("ws://server.example/#", "fragment"),
        ("ws:///path", "host"),
        ("ws://user@server.example/", "host"),
        ("ws://user:secret@server.example/", "port"),
        ("ws://[::1/", "host"),
        ("ws://[127.0.0.1]/", "host"),
        ("ws://two words/", "host"),
        ("ws://server.example:99999/", "port"),
        ("ws://server.example:+80/", "port"),
        ("ws://server.example:80x/", "port"),
        ("ws://server.example:\u0661/", "port"),
        ("ws://server.example/a b", "characters"),
        ("ws://server.example/%4", "characters"),
        ("ws://server.example/?%zz", "characters"),
        ("ws://server.example/\u00e9", "characters"),
    ],
)
def test_what_is_no_websocket_uri_is_refused_and_why(uri: str, reason: str) -> None:
    with pytest.raises(LocalProtocolError, match=reason):
        parse_uri(uri)


def test_the_authority_leaves_out_the_default_port() -> None:
    uris = ("ws://a:80/", "ws://a:443/", "wss://a:443/", "wss://a:80/", "ws://[::1]/")

    assert [parse_uri(uri).authority for uri in uris] == ["a", "a:443", "a", "a:80", "[::1]"]
