from __future__ import annotations

import pytest
from ws_conformance.head import read_response_head
from ws_conformance.model import AnsweredAgain, Breach
from ws_conformance.refusal import AfterRefusal

AGAIN = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
CHUNKS = b"5\r\nhello\r\n1a;x=y\r\n" + b"HTTP/1.1 101 is not a head" + b"\r\n0\r\nTrailer: x\r\n\r\n"


def behind(*fields: str, data: bytes, method: str = "GET", size: int = 0) -> list[AnsweredAgain | Breach]:
    after = AfterRefusal(read_response_head("\r\n".join(("HTTP/1.1 400 Bad Request", *fields)).encode()), method)
    step = size or len(data)
    return [seen for i in range(0, len(data), step) for seen in after.observe(data[i : i + step])]


def statuses(seen: list[AnsweredAgain | Breach]) -> list[int]:
    return [each.head.status for each in seen if isinstance(each, AnsweredAgain)]


def breaches(seen: list[AnsweredAgain | Breach]) -> list[str]:
    return [each.requirement for each in seen if isinstance(each, Breach)]


@pytest.mark.parametrize("size", [0, 1, 7])
@pytest.mark.parametrize(
    ("field", "body"),
    [("Content-Length: 5", b"HTTP/"), ("Content-Length: 0", b""), ("Transfer-Encoding: chunked", CHUNKS)],
)
def test_another_answer_is_found_behind_the_body(field: str, body: bytes, size: int) -> None:
    seen = behind(field, data=body + AGAIN + AGAIN, size=size)

    assert statuses(seen) == [404, 404]
    assert breaches(seen) == []


@pytest.mark.parametrize("fields", [(), ("Transfer-Encoding: gzip",), ("Content-Length: 1, 2",)])
def test_a_body_without_a_length_has_no_end(fields: tuple[str, ...]) -> None:
    assert behind(*fields, data=b"\x8a\x00" + AGAIN) == []


@pytest.mark.parametrize("size", [0, 1])
def test_a_frame_behind_a_refusal_is_a_breach(size: int) -> None:
    seen = behind("Content-Length: 2", data=b"no\x8a\x00\x8a\x00", size=size)

    assert breaches(seen) == ["6455/4.2.1/bad-request-is-not-processed-further"]


@pytest.mark.parametrize("size", [0, 1])
def test_content_behind_the_answer_to_head_is_a_breach(size: int) -> None:
    data = b"HT, which begins like HTTP"

    assert breaches(behind("Content-Length: 26", data=data, method="HEAD", size=size)) == [
        "9110/9.3.2/head-gets-no-content"
    ]
    for field in ("Content-Length: 26", "Transfer-Encoding: chunked"):
        assert statuses(behind(field, data=AGAIN, method="HEAD", size=size)) == [404]


def test_what_is_neither_http_nor_a_frame_is_left_alone() -> None:
    assert behind("Content-Length: 2", data=b"no, and more than was said" + AGAIN) == []


def test_behind_a_101_nothing_is_read_any_more() -> None:
    seen = behind("Content-Length: 0", data=b"HTTP/1.1 101 x\r\n\r\n" + b"\x8a\x00" + AGAIN)

    assert statuses(seen) == [101]
    assert breaches(seen) == []
