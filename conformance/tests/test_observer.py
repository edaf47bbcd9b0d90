from __future__ import annotations

import pytest
from ws_conformance.catalogue import load_catalogue
from ws_conformance.head import RequestHead, read_request_head, read_response_head
from ws_conformance.model import (
    Breach,
    Close,
    Ended,
    Interim,
    Message,
    Observation,
    Opened,
    Ping,
    Pong,
    Refused,
    Requested,
    Unreadable,
)
from ws_conformance.observer import FRAMES, MESSAGE_BYTES, Observer, accept_for, close_breaches, is_nonce
from ws_conformance.peer import Role, Signal
from ws_conformance.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, WireFrame, serialize

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
FIELDS = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
}
REQUEST = {
    "Host": "target.example",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}


def head(start_line: str, fields: dict[str, str], *more: str) -> bytes:
    lines = [start_line, *(f"{name}: {value}" for name, value in fields.items()), *more, "", ""]
    return "\r\n".join(lines).encode()


def asked(*more: str) -> RequestHead:
    return read_request_head(head("GET / HTTP/1.1", REQUEST, *more).removesuffix(b"\r\n\r\n"))


def observe(observer: Observer, data: bytes, size: int = 0) -> list[Observation | Breach]:
    step = size or len(data) or 1
    return [seen for i in range(0, len(data), step) for seen in observer.observe(data[i : i + step])]


def opened_server() -> Observer:
    observer = Observer(Role.SERVER)
    observer.asked(asked())
    assert [type(seen) for seen in observe(observer, head("HTTP/1.1 101 Switching Protocols", FIELDS))] == [Opened]
    return observer


def frames(*sent: WireFrame, masked: bool = False) -> bytes:
    return b"".join(serialize(frame, masked=masked, masking_key=b"mask") for frame in sent)


def breaches(seen: list[Observation | Breach]) -> list[str]:
    return [each.requirement for each in seen if isinstance(each, Breach)]


@pytest.mark.parametrize("size", [0, 1, 3])
def test_a_lawful_conversation_is_observed_without_a_breach(size: int) -> None:
    observer = Observer(Role.SERVER)
    observer.asked(asked())
    data = head("HTTP/1.1 101 Switching Protocols", FIELDS) + frames(
        WireFrame(TEXT, b"caf\xc3", fin=False),
        WireFrame(PING, b"p"),
        WireFrame(CONTINUATION, b"\xa9"),
        WireFrame(BINARY, b"\xff"),
        WireFrame(PONG, b"q"),
        WireFrame(CLOSE, b"\x03\xe8bye"),
    )

    seen = observe(observer, data, size)

    assert seen[1:] == [
        Ping(b"p"),
        Message(TEXT, b"caf\xc3\xa9", 2),
        Message(BINARY, b"\xff", 1),
        Pong(b"q"),
        Close(1000, b"bye"),
    ]
    assert list(observer.observe(Signal.END)) == [Ended()]
    assert list(observer.observe(b"more")) == []


@pytest.mark.parametrize(
    ("frame", "requirement"),
    [
        (WireFrame(TEXT, b"x", masked=True), "6455/5.1/server-frames-are-not-masked"),
        (WireFrame(TEXT, b"x", rsv=4), "6455/5.2/reserved-bits-are-zero"),
        (WireFrame(0x3, b"x"), "6455/5.2/opcode-is-defined"),
        (WireFrame(TEXT, b"x", length_bytes=2), "6455/5.2/length-is-minimal"),
        (WireFrame(PING, bytes(126)), "6455/5.5/control-payload-is-at-most-125"),
        (WireFrame(PONG, fin=False), "6455/5.5/control-frames-are-not-fragmented"),
        (WireFrame(CONTINUATION, b"x"), "6455/5.4/sender-continuation-needs-a-message"),
        (WireFrame(TEXT, b"\xed\xa0\x80"), "6455/5.6/text-is-utf-8"),
        (WireFrame(CLOSE, b"\x03"), "6455/5.5.1/close-body-is-empty-or-at-least-two-bytes"),
        (WireFrame(CLOSE, b"\x03\xe7"), "6455/7.4.2/codes-below-1000-are-not-used"),
        (WireFrame(CLOSE, b"\x03\xec"), "6455/7.4.1/code-1004-is-reserved"),
        (WireFrame(CLOSE, b"\x03\xed"), "6455/7.4.1/code-1005-is-not-sent"),
        (WireFrame(CLOSE, b"\x03\xee"), "6455/7.4.1/code-1006-is-not-sent"),
        (WireFrame(CLOSE, b"\x03\xf7"), "6455/7.4.1/code-1015-is-not-sent"),
        (WireFrame(CLOSE, b"\x07\xd0"), "6455/7.4.2/codes-1016-to-2999-are-reserved"),
        (WireFrame(CLOSE, b"\x13\x88"), "6455/7.4.2/codes-from-5000-are-not-used"),
        (WireFrame(CLOSE, b"\x03\xe8\xff"), "6455/5.5.1/reason-is-utf-8"),
    ],
)
def test_a_frame_that_no_server_may_send_is_a_breach(frame: WireFrame, requirement: str) -> None:
    seen = observe(opened_server(), frames(frame))

    assert breaches(seen) == [requirement]
    assert requirement in load_catalogue()


def test_an_unmasked_frame_of_a_client_is_a_breach() -> None:
    observer = Observer(Role.CLIENT)
    observe(observer, head("GET / HTTP/1.1", REQUEST))
    observer.answered = True

    assert breaches(observe(observer, frames(WireFrame(TEXT, b"x")))) == ["6455/5.1/client-frames-are-masked"]
    assert breaches(observe(observer, frames(WireFrame(TEXT, b"x"), masked=True))) == []


def test_what_a_client_sends_before_its_answer_is_a_breach() -> None:
    observer = Observer(Role.CLIENT)

    seen = observe(observer, head("GET / HTTP/1.1", REQUEST) + frames(WireFrame(PING, b"early"), masked=True))

    assert breaches(seen) == ["6455/4.1/no-frames-before-open"]


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize(
    ("status", "fields", "wrong"),
    [
        ("404 Not Found", {"Content-Length": "0"}, []),
        ("404 Not Found", {"Connection": "close, Upgrade"}, ["9112/9.6/client-that-reads-close-ends-the-connection"]),
    ],
)
def test_what_a_client_asks_behind_a_refusal_is_no_frame(
    status: str, fields: dict[str, str], wrong: list[str], size: int
) -> None:
    observer = answered_client(f"HTTP/1.1 {status}", fields)

    seen = observe(observer, head("GET / HTTP/1.1", REQUEST) + frames(WireFrame(TEXT, b"x")), size)

    assert [each.requirement if isinstance(each, Breach) else each for each in seen] == wrong
    assert list(observer.observe(Signal.END)) == [Ended()]


@pytest.mark.parametrize("status_line", ["HTTP/1.1 101 Switching Protocols", "ICY 101 OK"])
def test_what_a_client_asks_behind_what_is_no_refusal_is_unreadable(status_line: str) -> None:
    observer = answered_client(status_line, {"Connection": "close"})

    assert observe(observer, head("GET /next HTTP/1.1", REQUEST)) == [
        Unreadable("another request, on the same connection")
    ]


@pytest.mark.parametrize("size", [0, 1])
def test_frames_behind_a_refusal_are_frames_all_the_same(size: int) -> None:
    observer = answered_client("HTTP/1.1 404 Not Found", {"Content-Length": "0"})

    assert observe(observer, frames(WireFrame(PONG, b"open"), masked=True), size) == [Pong(b"open")]


def answered_client(status_line: str, fields: dict[str, str]) -> Observer:
    observer = Observer(Role.CLIENT)
    observe(observer, head("GET / HTTP/1.1", REQUEST))
    observer.answered = True
    observer.agreed(read_response_head(head(status_line, fields).removesuffix(b"\r\n\r\n")))
    return observer


def test_a_masking_key_in_three_frames_is_a_breach() -> None:
    observer = Observer(Role.CLIENT)
    observe(observer, head("GET / HTTP/1.1", REQUEST))
    observer.answered = True
    ping = frames(WireFrame(PING, b"again", masking_key=b"same"), masked=True)

    assert [breaches(observe(observer, ping)) for _ in range(4)] == [[], [], ["6455/5.3/masking-key-is-fresh"], []]


def test_a_code_that_was_only_repeated_is_another_breach() -> None:
    for code, requirement in (
        (999, "6455/7.4.2/received-unused-codes-are-not-echoed"),
        (1004, "6455/7.4.1/received-1004-is-not-echoed"),
        (1005, "6455/7.4.1/received-1005-1006-1015-are-not-echoed"),
    ):
        observer = opened_server()
        observer.told((WireFrame(CLOSE, code.to_bytes(2, "big")),))

        assert breaches(observe(observer, frames(WireFrame(CLOSE, code.to_bytes(2, "big"))))) == [requirement]
        assert requirement in load_catalogue()


def test_a_message_inside_another_is_a_breach_and_begins_anew() -> None:
    seen = observe(opened_server(), frames(WireFrame(TEXT, b"a", fin=False), WireFrame(TEXT, b"b")))

    assert breaches(seen) == ["6455/5.4/sender-does-not-interleave-messages"]
    assert seen[-1] == Message(TEXT, b"b")


def test_data_and_a_second_close_behind_a_close_are_breaches() -> None:
    seen = observe(opened_server(), frames(WireFrame(CLOSE), WireFrame(TEXT, b"late"), WireFrame(CLOSE)))

    assert breaches(seen) == ["6455/5.5.1/nothing-follows-a-close", "6455/5.5.1/close-frame-is-echoed-once"]
    assert seen[0] == Close(None, b"")


def test_a_length_with_its_top_bit_set_is_a_breach_and_unreadable() -> None:
    seen = observe(opened_server(), frames(WireFrame(TEXT, declared_length=1 << 63)))

    assert breaches(seen) == ["6455/5.2/length-top-bit-is-zero"]
    assert isinstance(seen[-1], Unreadable)


def test_a_frame_longer_than_a_case_reads_is_unreadable() -> None:
    (seen,) = observe(opened_server(), frames(WireFrame(TEXT, declared_length=MESSAGE_BYTES + 1)))

    assert isinstance(seen, Unreadable)


def test_endless_fragments_are_unreadable_in_the_end() -> None:
    endless = frames(WireFrame(TEXT, b"", fin=False), *[WireFrame(CONTINUATION, b"", fin=False)] * FRAMES)

    assert isinstance(observe(opened_server(), endless)[-1], Unreadable)


def test_an_endless_message_is_unreadable_in_the_end() -> None:
    part = bytes(MESSAGE_BYTES // 2 + 1)
    endless = frames(WireFrame(BINARY, part, fin=False), WireFrame(CONTINUATION, part, fin=False))

    assert isinstance(observe(opened_server(), endless)[-1], Unreadable)


def test_what_is_sent_makes_room_for_its_echo() -> None:
    observer = opened_server()
    observer.told((WireFrame(BINARY, bytes(MESSAGE_BYTES)),))

    seen = observe(observer, frames(WireFrame(BINARY, bytes(MESSAGE_BYTES + 1))))

    assert [type(each) for each in seen] == [Message]


@pytest.mark.parametrize(
    ("start_line", "changed", "more", "requirement"),
    [
        ("HTTP/1.0 101 Switching Protocols", {}, (), "6455/4.2.2/status-line-is-http-1.1"),
        ("HTTP/1.1 101", {}, (), "9112/4/space-before-the-phrase-is-sent"),
        ("HTTP/1.1 101 a\x07b", {}, (), "9112/4/status-line-has-the-printed-form"),
        ("HTTP/1.1 101 Fine", {"Upgrade": "other"}, (), "6455/4.2.2/answer-has-upgrade"),
        ("HTTP/1.1 101 Fine", {"Connection": "close"}, (), "6455/4.2.2/answer-has-connection"),
        ("HTTP/1.1 101 Fine", {"Sec-WebSocket-Accept": "x"}, (), "6455/4.2.2/accept-is-computed-from-the-key"),
        (
            "HTTP/1.1 101 Fine",
            {},
            (f"Sec-WebSocket-Accept: {FIELDS['Sec-WebSocket-Accept']}",),
            "6455/4.2.2/accept-appears-once",
        ),
        ("HTTP/1.1 101 Fine", {}, ("Sec-WebSocket-Protocol: chat",), "6455/4.2.2/subprotocol-was-offered"),
        ("HTTP/1.1 101 Fine", {}, ("Sec-WebSocket-Extensions: foo",), "6455/4.2.2/extensions-were-offered"),
        ("HTTP/1.1 101 Fine", {}, ("Content-Length: 0",), "9110/8.6/no-content-length-in-a-101"),
        ("HTTP/1.1 101 Fine", {}, ("Transfer-Encoding: chunked",), "9112/6.1/no-transfer-encoding-in-a-101"),
        ("HTTP/1.1 101 Fine", {"Connection": "Upgrade, x"}, (), "6455/4.2.2/answer-connection-is-upgrade-alone"),
        ("HTTP/1.1 101 Fine", {"Connection": "Upgrade,"}, (), "9110/5.6.1.1/no-empty-list-elements-are-sent"),
        ("HTTP/1.1 101 Fine", {"Connection": " Upgrade"}, (), "9110/5.6.3/optional-white-space-is-one-space"),
        ("HTTP/1.1 101 Fine", {}, ("Sec-WebSocket-Key: x",), "9110/2.2/sender-keeps-to-its-role"),
        ("HTTP/1.1 101 Fine", {}, ("Host: x",), "9110/2.2/sender-keeps-to-its-role"),
        ("HTTP/1.1 101 Fine", {}, ("Date: today",), "9110/5.6.7/dates-are-sent-in-one-format"),
        ("HTTP/1.1 101 Fine", {}, ("Server: x", "Server: y"), "9110/5.3/other-single-fields-are-not-repeated"),
        ("HTTP/1.1 101 Fine", {}, ("Sec-WebSocket-Extensions:",), "6455/4.2.2/extensions-field-is-not-empty"),
        ("HTTP/1.1 101 Fine", {}, ("no colon",), "9112/5/field-line-has-the-printed-form"),
        ("HTTP/1.1 101 Fine", {}, ("X : y",), "9112/5.1/no-white-space-before-the-colon"),
        ("HTTP/1.1 101 Fine", {}, ("X: y", " z"), "9112/5.2/folded-lines-are-not-sent"),
        ("HTTP/1.1 101 Fine", {}, ("X: y\rz",), "9112/2.2/bare-cr-is-not-sent"),
        ("HTTP/1.1 101 Fine", {}, ("X: y\nZ: z",), "9112/2.1/answer-has-the-message-form"),
        ("HTTP/1.1 101 Fine\r\n X: y", {}, (), "9112/2.2/no-white-space-before-the-first-field"),
    ],
)
def test_an_answer_that_no_server_may_give_is_a_breach(
    start_line: str, changed: dict[str, str], more: tuple[str, ...], requirement: str
) -> None:
    observer = Observer(Role.SERVER)
    observer.asked(asked())

    seen = observe(observer, head(start_line, FIELDS | changed, *more))

    assert breaches(seen) == [requirement]
    assert isinstance(seen[-1], Opened)
    assert requirement in load_catalogue()


def test_two_chosen_subprotocols_are_a_breach() -> None:
    observer = Observer(Role.SERVER)
    observer.asked(asked("Sec-WebSocket-Protocol: chat, superchat"))
    chosen = ("Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: superchat")

    seen = observe(observer, head("HTTP/1.1 101 Fine", FIELDS, *chosen))

    assert breaches(seen) == ["6455/4.2.2/at-most-one-subprotocol"]


def test_what_was_offered_may_be_chosen() -> None:
    observer = Observer(Role.SERVER)
    observer.asked(asked("Sec-WebSocket-Protocol: chat, superchat", "Sec-WebSocket-Extensions: permessage-deflate"))
    chosen = ("Sec-WebSocket-Protocol: superchat", "Sec-WebSocket-Extensions: permessage-deflate")

    seen = observe(observer, head("HTTP/1.1 101 Fine", FIELDS, *chosen))

    assert breaches(seen) == []
    assert breaches(observe(observer, frames(WireFrame(TEXT, bytes.fromhex("f248cdc9c90700"), rsv=4)))) == []


def test_an_answer_to_no_key_cannot_be_held_against_one() -> None:
    observer = Observer(Role.SERVER)

    assert breaches(observe(observer, head("HTTP/1.1 101 Fine", FIELDS))) == []


@pytest.mark.parametrize(
    ("agreed", "requirement"),
    [
        ("permessage-deflate", None),
        ("permessage-deflate; server_max_window_bits=10", None),
        ('permessage-deflate; server_max_window_bits="10"; client_no_context_takeover', None),
        ("permessage-deflate; server_max_window_bits=9", "7692/7.3/window-is-1024-bytes-or-more"),
        ("permessage-deflate; server_max_window_bits=11", "6455/9/answered-parameters-follow-the-extension"),
        ("permessage-deflate; client_max_window_bits=10", "6455/9/answered-parameters-follow-the-extension"),
        ("permessage-deflate; server_no_context_takeover=1", "6455/9/answered-parameters-follow-the-extension"),
        ("permessage-deflate; wsspec", "6455/9.1/parameters-are-defined"),
        ("permessage-deflate;", "6455/9.1/extension-grammar-is-kept"),
        ('permessage-deflate; server_max_window_bits="1\\0"', "9110/5.6.4/needless-quoted-pairs-are-not-sent"),
        ("permessage-deflate; server_max_window_bits = 10", "9110/5.6.6/no-white-space-around-equals"),
        ("x-wsspec", "6455/9.1/extension-names-are-registered"),
    ],
)
def test_an_extension_agreed_to_fits_the_offer(agreed: str, requirement: str | None) -> None:
    observer = Observer(Role.SERVER)
    wide = "permessage-deflate" if agreed == "permessage-deflate" else "permessage-deflate; server_max_window_bits=10"
    observer.asked(asked(f"Sec-WebSocket-Extensions: {wide}, x-wsspec"))

    seen = observe(observer, head("HTTP/1.1 101 Fine", FIELDS, f"Sec-WebSocket-Extensions: {agreed}"))

    assert breaches(seen) == ([] if requirement is None else [requirement])


@pytest.mark.parametrize(
    ("offers", "wrong"),
    [
        (("server_max_window_bits=15",), ["7692/7.1.2.1/acceptance-of-15-repeats-it"]),
        (("server_max_window_bits=10", "server_max_window_bits=15"), ["7692/7.1.2.1/acceptance-of-15-repeats-it"]),
        (("server_max_window_bits=14",), ["6455/9/answered-parameters-follow-the-extension"]),
        (("server_max_window_bits=15", "client_max_window_bits"), []),
    ],
)
def test_an_answer_without_a_window_grants_15_bits_and_should_say_so(offers: tuple[str, ...], wrong: list[str]) -> None:
    observer = Observer(Role.SERVER)
    observer.asked(asked(*(f"Sec-WebSocket-Extensions: permessage-deflate; {offer}" for offer in offers)))

    seen = observe(observer, head("HTTP/1.1 101 Fine", FIELDS, "Sec-WebSocket-Extensions: permessage-deflate"))

    assert breaches(seen) == wrong


@pytest.mark.parametrize(
    ("status", "more", "requirement"),
    [
        ("HTTP/1.0 400 Bad Request", (), "9112/2.3/answer-is-not-downgraded-without-cause"),
        ("HTTP/1.1 401 Unauthorized", (), "9110/11.6.1/a-401-carries-a-challenge"),
        ("HTTP/1.1 426 x", ("Upgrade: websocket",), "9110/7.8/upgrade-comes-with-its-option"),
        ("HTTP/1.1 400 x", ("Sec-WebSocket-Version: 13, 256",), "6455/4.3/response-version-grammar-is-kept"),
        ("HTTP/1.1 400 x", ("Content-Length: 0", "Content-Length: 0"), "9110/5.3/only-list-fields-are-repeated"),
        ("HTTP/1.1 400 x", ("Transfer-Encoding: chunked, gzip",), "9112/6.1/chunked-is-applied-once-and-last"),
        (
            "HTTP/1.1 400 x",
            ("Transfer-Encoding: chunked", "Content-Length: 0"),
            "9112/6.2/no-length-beside-a-coding",
        ),
        ("HTTP/1.1 505 x", ("Content-Length: 0",), "9110/15.6.6/a-505-explains-itself"),
    ],
)
def test_a_refusal_that_no_server_may_give_is_a_breach(status: str, more: tuple[str, ...], requirement: str) -> None:
    observer = Observer(Role.SERVER)
    observer.asked(asked())

    seen = observe(observer, head(status, {}, *more))

    assert breaches(seen) == [requirement]
    assert isinstance(seen[-1], Refused)
    assert requirement in load_catalogue()


def test_a_plain_refusal_is_observed_without_a_breach() -> None:
    observer = Observer(Role.SERVER)
    observer.asked(asked())
    fields = {"Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Connection": "close, Upgrade", "Upgrade": "websocket"}

    seen = observe(observer, head("HTTP/1.1 426 Upgrade Required", fields, "Sec-WebSocket-Version: 13, 8"), 1)

    assert [type(each) for each in seen] == [Refused]


def test_a_101_to_another_protocol_that_was_asked_for_opens_no_websocket() -> None:
    for protocol, seen_as in (("h2c", Refused), ("other", Opened)):
        observer = Observer(Role.SERVER)
        observer.asked(read_request_head(f"GET / HTTP/1.1\r\nUpgrade: {protocol}, example".encode()))
        fields = {"Connection": "Upgrade", "Upgrade": "h2c"}

        seen = observe(observer, head("HTTP/1.1 101 Switching Protocols", fields) + b"\0\0\6\4\0\0\0")

        assert [type(each) for each in seen if not isinstance(each, Breach)] == [seen_as]
        assert bool(breaches(seen)) is (seen_as is Opened)


def test_interim_answers_are_observed_and_bodies_are_no_frames() -> None:
    observer = Observer(Role.SERVER)
    data = head("HTTP/1.1 100 Continue", {}) + head("HTTP/1.1 400 Bad Request", {"Content-Length": "2"}) + b"\x83\x00"

    interim, refused = observe(observer, data)

    assert isinstance(interim, Interim)
    assert isinstance(refused, Refused)
    assert (interim.head.status, refused.head.status) == (100, 400)
    assert list(observer.observe(Signal.RESET)) == [Ended(reset=True)]


def test_http_1_0_gets_no_interim_answer() -> None:
    for more, requirement in (
        ((), "9110/15.2/no-1xx-for-http-1.0"),
        (("Expect: 100-continue",), "9110/10.1.1/expectation-in-http-1.0-is-ignored"),
    ):
        observer = Observer(Role.SERVER)
        observer.asked(read_request_head(head("GET / HTTP/1.0", REQUEST, *more).removesuffix(b"\r\n\r\n")))

        assert breaches(observe(observer, head("HTTP/1.1 100 Continue", {}))) == [requirement]


def test_1010_is_for_clients() -> None:
    requirement = "6455/7.4.1/code-1010-is-not-used-by-servers"
    close = WireFrame(CLOSE, b"\x03\xf2")
    told = opened_server()
    told.told((close,))

    assert breaches(observe(opened_server(), frames(close))) == [requirement]
    assert breaches(observe(told, frames(close))) == []
    assert list(close_breaches(close.payload, Role.CLIENT)) == []


@pytest.mark.parametrize("data", [b"SSH-2.0-x\r\n\r\n", b"x" * 70_000])
def test_what_is_no_head_is_unreadable(data: bytes) -> None:
    seen = observe(Observer(Role.SERVER), data)

    assert isinstance(seen[-1], Unreadable)


@pytest.mark.parametrize(
    ("line", "changed", "requirement"),
    [
        ("POST / HTTP/1.1", {}, "6455/4.1/request-is-valid-http-get"),
        ("GET / HTTP/1.0", {}, "6455/4.1/request-is-valid-http-get"),
        ("GET / HTTP/1.1", {"Upgrade": "h2c"}, "6455/4.1/upgrade-names-websocket"),
        ("GET / HTTP/1.1", {"Connection": "close"}, "6455/4.1/connection-names-upgrade"),
        ("GET / HTTP/1.1", {"Sec-WebSocket-Key": "c2hvcnQ="}, "6455/4.1/key-is-a-16-byte-nonce"),
        ("GET / HTTP/1.1", {"Sec-WebSocket-Version": "8"}, "6455/4.1/version-is-13"),
        ("GET / HTTP/1.1", {"Sec-WebSocket-Protocol": "a, a"}, "6455/4.1/subprotocols-are-unique-tokens"),
    ],
)
def test_a_request_that_no_client_may_send_is_a_breach(line: str, changed: dict[str, str], requirement: str) -> None:
    seen = observe(Observer(Role.CLIENT), head(line, REQUEST | changed))

    assert breaches(seen) == [requirement]
    assert isinstance(seen[-1], Requested)
    assert requirement in load_catalogue()


def test_a_request_without_host_is_a_breach() -> None:
    fields = {name: value for name, value in REQUEST.items() if name != "Host"}

    assert breaches(observe(Observer(Role.CLIENT), head("GET / HTTP/1.1", fields))) == ["6455/4.1/host-is-present"]


def test_pad_bits_of_a_nonce_do_not_count() -> None:
    assert is_nonce(KEY)
    assert is_nonce("AQIDBAUGBwgJCgsMDQ4PEC==")  # erratum 3150: the sample that had them set
    assert not is_nonce("AQIDBAUGBwgJCgsMDQ4PEA=")
    assert not is_nonce("AQIDBAUGBwgJCgsMDQ4P*A==")


def test_the_accept_of_the_rfc_is_computed() -> None:
    assert accept_for(KEY) == FIELDS["Sec-WebSocket-Accept"]


def test_what_frames_that_came_too_early_do_is_told_and_not_judged() -> None:
    observer = Observer(Role.SERVER)
    observer.asked(asked(), with_frames=True)
    answer = head("HTTP/1.1 101 Switching Protocols", FIELDS)

    seen = observe(observer, frames(WireFrame(PONG, b"early")) + answer)

    assert breaches(seen) == ["6455/4.2.2/frames-behind-the-request-are-read-after-101"]
    assert isinstance(seen[-1], Opened)
