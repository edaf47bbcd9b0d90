from __future__ import annotations

import pytest
from ws_conformance.head import (
    HEAD_LIMIT,
    HeadReader,
    read_extension,
    read_request_head,
    read_response_head,
    split_list,
)

RESPONSE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nconnection: keep-alive,, Upgrade \r\n\r\n"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_head_cut_anywhere_is_the_same_head(size: int) -> None:
    reader = HeadReader()
    data = RESPONSE + b"\x81\x00"
    found = None
    for i in range(0, len(data), size):
        found = found or reader.feed(data[i : i + size])

    assert found is not None
    head, behind = found
    assert head == RESPONSE[:-4]
    assert (b"\x81\x00").startswith(behind)


def test_a_response_head_has_status_fields_and_tokens() -> None:
    head = read_response_head(RESPONSE[:-4])

    assert (head.version, head.status) == ("HTTP/1.1", 101)
    assert head.values("UPGRADE") == ["websocket"]
    assert head.tokens("Connection") == ["keep-alive", "upgrade"]
    assert head.has("upgrade")
    assert not head.has("Sec-WebSocket-Accept")


def test_a_head_without_an_end_is_too_long_at_its_limit() -> None:
    reader = HeadReader()

    assert reader.feed(b"x" * HEAD_LIMIT) is None
    assert not reader.too_long
    assert reader.feed(b"x") is None

    assert reader.too_long
    assert reader.feed(b"\r\n\r\n") is None


def test_what_is_no_status_line_has_status_0() -> None:
    assert read_response_head(b"ICY 200 OK").status == 0
    assert read_response_head(b"HTTP/1.1 20 OK").status == 0
    assert read_response_head(b"HTTP/1.1 204").status == 204


def test_what_is_no_request_line_has_no_method() -> None:
    assert read_request_head(b"GET /").method == ""
    head = read_request_head(b"GET /chat HTTP/1.1\r\nHost: h")
    assert (head.method, head.target, head.version) == ("GET", "/chat", "HTTP/1.1")


def test_lines_that_are_no_fields_are_kept_apart() -> None:
    head = read_response_head(b"HTTP/1.1 101 x\r\nUpgrade : websocket\r\nno colon\r\nA: b\r\n c")

    assert head.fields == (("A", "b c"),)
    assert head.malformed == ("Upgrade : websocket", "no colon", " c")


def test_lists_are_split_outside_of_quotes() -> None:
    assert split_list('a;x="1,2", b') == ['a;x="1,2"', " b"]
    assert split_list("a,,b") == ["a", "", "b"]


def test_bare_line_feeds_end_lines_as_well() -> None:
    found = HeadReader().feed(b"HTTP/1.1 101 x\nA: b\n\nrest")

    assert found == (b"HTTP/1.1 101 x\nA: b", b"rest")


@pytest.mark.parametrize(
    ("element", "read"),
    [
        ("x-wsspec", "x-wsspec"),
        ("x-wsspec;a=1 ;\tb", "x-wsspec; a=1; b"),
        ('x-wsspec; a="1, \\"2"', 'x-wsspec; a=1, "2'),
        ("x-wsspec; a = 1", "x-wsspec; a=1"),
        ("x-wsspec;", None),
        ("x-wsspec=1", None),
        ("x wsspec", None),
        ('x-wsspec; a="1', None),
    ],
)
def test_an_extension_is_a_name_with_parameters(element: str, read: str | None) -> None:
    extension = read_extension(element)

    assert (None if extension is None else str(extension)) == read


def test_the_end_of_a_head_is_kept() -> None:
    reader = HeadReader()
    reader.feed(b"HTTP/1.1 101 x\r\n\n")

    assert reader.end == b"\r\n\n"
