"""The method of the request (RFC 6455 §4.2.1 item 1): GET, in capitals, and no other."""

from __future__ import annotations

from ws_conformance.model import Case, Reaction, Refuses
from ws_conformance.vocabulary import expect, refuses_or_opens, request

from .asking import NO_STATUS, answers_without_upgrade, asking, refuses_with

METHOD_IS_GET = "6455/4.2.1/method-is-get"
SWITCH_HONOURS = "9110/7.8/switch-honours-the-request"
IS_CASE_SENSITIVE = "9112/3.1/method-is-case-sensitive"
NOT_ALLOWED_GETS_405 = "9110/9.1/method-not-allowed-gets-405"
UNKNOWN_GETS_501 = "9110/9.1/unknown-method-gets-501"
LONG_GETS_501 = "9112/3/unknown-long-method-gets-501"
NO_OTHER_PROTOCOL = "6455/1.6/other-protocols-do-not-open-a-connection"
ALLOW_IS_SENT = "9110/10.2.1/a-405-lists-methods"

OTHER_METHODS = ("POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND")
UNKNOWN_METHODS = {
    "unknown": "WSSPEC",
    "that-begins-with-get": "GETS",
    "that-is-the-beginning-of-get": "GE",
    "websocket": "WEBSOCKET",
    "of-64-letters": "W" * 64,
}
OTHER_LETTERS = {"get-in-small-letters": "get", "get-with-one-capital": "Get", "get-with-two-capitals": "GeT"}
HANDSHAKE_IN_A_FORM = (
    b"handshake=\r\nGET / HTTP/1.1\r\nHost: wsspec.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
"""What a field of a form may hold, sent as plain text."""

CASES: tuple[Case, ...] = (
    *(
        asking(
            f"method/{method.lower()}",
            (METHOD_IS_GET, SWITCH_HONOURS),
            request(line=f"{method} {{resource}} HTTP/1.1"),
            answers_without_upgrade(),
            because=f"§4.2.1: an opening handshake is a GET; {method} asks for something that a WebSocket is not.",
        )
        for method in OTHER_METHODS
    ),
    *(
        asking(
            f"method/{words}",
            (METHOD_IS_GET,),
            request(line=f"{method} {{resource}} HTTP/1.1"),
            answers_without_upgrade(),
            because="§4.2.1: an opening handshake is a GET; a method that nobody knows is none.",
        )
        for words, method in UNKNOWN_METHODS.items()
    ),
    *(
        asking(
            f"method/{words}",
            (IS_CASE_SENSITIVE, METHOD_IS_GET),
            request(line=f"{method} {{resource}} HTTP/1.1"),
            refuses_or_opens(IS_CASE_SENSITIVE),
            because=f"RFC 9112 §3.1: a method in other letters is another method, so {method} is not GET.",
        )
        for words, method in OTHER_LETTERS.items()
    ),
    *(
        asking(
            f"method/{method.lower()}-gets-{status}",
            (requirement,),
            request(line=f"{method} {{resource}} HTTP/1.1"),
            refuses_with(status, Reaction("answers without an error", (Refuses(200, 399),)), instead=requirement),
            because=f"RFC 9110 §9.1: a server that does not take {what} says so with {status}.",
        )
        for method, status, requirement, what in (
            ("POST", 405, NOT_ALLOWED_GETS_405, "a method here that it may know elsewhere"),
            ("WSSPEC", 501, UNKNOWN_GETS_501, "a method because it does not know it"),
        )
    ),
    asking(
        "method/of-64-letters-gets-501",
        (LONG_GETS_501,),
        request(line=f"{'W' * 64} {{resource}} HTTP/1.1"),
        refuses_with(501, Reaction("answers without an error", (Refuses(200, 399),)), instead=LONG_GETS_501),
        because="RFC 9112 §3: a method longer than any that the server knows gets 501.",
    ),
    asking(
        "method/form-with-a-handshake-in-it",
        (NO_OTHER_PROTOCOL,),
        request(
            line="POST {resource} HTTP/1.1",
            fields=(
                ("Host", "{host}"),
                ("Content-Type", "text/plain"),
                ("Content-Length", str(len(HANDSHAKE_IN_A_FORM))),
            ),
            behind=HANDSHAKE_IN_A_FORM,
        ),
        answers_without_upgrade(),
        because="§1.6: what a page can have a browser send, such as a form, opens no WebSocket connection.",
    ),
    asking(
        "method/405-lists-methods",
        (ALLOW_IS_SENT,),
        request(line="POST {resource} HTTP/1.1"),
        expect(
            Reaction("refuses with 405 and the methods that are allowed", (Refuses(405, 405, (("Allow", ""),)),)),
            Reaction("refuses with 405 and does not say what is allowed", (Refuses(405, 405),), (ALLOW_IS_SENT,)),
            Reaction("answers with another status than 101 and 405", (Refuses(200, 599),)),
            *NO_STATUS,
        ),
        because="RFC 9110 §10.2.1: whoever refuses a method with 405 names the methods that it takes.",
    ),
)
