"""The form of the request line, and what is no request at all (RFC 9112 §2.2, §3)."""

from __future__ import annotations

from ws_conformance.model import SERVERS, Case, Opens, Reaction, Refuses, SendBytes
from ws_conformance.vocabulary import STATUS_IS_SENT, expect, opens_or_refuses, refuses, refuses_or_opens, request

from .asking import FAULT_GETS_AN_ERROR, NO_STATUS, Variant, asking

MAY_BE_SPLIT = "9112/3/request-line-may-be-split-at-white-space"
EMPTY_LINE_IS_SKIPPED = "9112/2.2/leading-empty-line-is-skipped"
NOT_REPAIRED = "9112/3.2/white-space-in-the-target-is-not-repaired"
NO_HTTP = "9112/2.2/what-is-no-http-gets-400-and-an-end"
SPACE_GETS_400 = "9112/3.2/white-space-in-the-target-gets-400-or-301"
NO_OTHER_PROTOCOL = "6455/1.6/other-protocols-do-not-open-a-connection"

WHITE_SPACE = (
    Variant("two-spaces-before-the-target", "GET  {resource} HTTP/1.1", "two spaces before the target"),
    Variant("two-spaces-behind-the-target", "GET {resource}  HTTP/1.1", "two spaces behind the target"),
    Variant("space-at-the-end", "GET {resource} HTTP/1.1 ", "a space at its end"),
    Variant("space-at-the-beginning", " GET {resource} HTTP/1.1", "a space at its beginning"),
    Variant("tabs", "GET\t{resource}\tHTTP/1.1", "tabs for spaces"),
)
NO_REQUESTS = (
    Variant("one-word", "wsspec", "one word"),
    Variant("status-line", "HTTP/1.1 101 Switching Protocols", "the first line of an answer"),
    Variant("field-line", "Host: {host}", "a field line"),
    Variant("only-a-method", "GET", "a method alone"),
    Variant("control-characters", "\x01\x02\x03\x04", "four control characters"),
)
CLIENT_HELLO = bytes.fromhex(
    # TLS record of a ClientHello: version 3.3, 32 bytes of random, no session, one cipher suite, no compression.
    "16 0301 002d 01 000029 0303" + "5c" * 32 + "00 0002 1301 01 00"
)

CASES: tuple[Case, ...] = (
    *(
        asking(
            f"request-line/{variant.words}",
            (MAY_BE_SPLIT,),
            request(line=variant.value),
            refuses_or_opens(),
            because=f"RFC 9112 §3: a server may split the line at any white space, or refuse it; here: {variant.what}.",
        )
        for variant in WHITE_SPACE
    ),
    *(
        asking(
            f"request-line/{words}-in-front",
            (EMPTY_LINE_IS_SKIPPED,),
            request(line=empty + "GET {resource} HTTP/1.1"),
            opens_or_refuses(EMPTY_LINE_IS_SKIPPED) if words == "empty-line" else refuses_or_opens(),
            because="RFC 9112 §2.2: a server skips at least one empty line in front of the request line.",
        )
        for words, empty in (("empty-line", "\r\n"), ("two-empty-lines", "\r\n\r\n"))
    ),
    asking(
        "request-line/space-in-the-target",
        (NOT_REPAIRED,),
        request(line="GET {resource}?a b HTTP/1.1"),
        refuses_or_opens(NOT_REPAIRED),
        because="RFC 9112 §3.2: no target has white space in it, and a server does not guess what was meant.",
    ),
    asking(
        "request-line/words-behind-the-version",
        (NOT_REPAIRED,),
        request(line="GET {resource} HTTP/1.1 HTTP/1.1"),
        refuses_or_opens(NOT_REPAIRED),
        because="RFC 9112 §3: a request line is method, target and version, and nothing behind.",
    ),
    *(
        asking(
            f"request-line/{variant.words}",
            (NO_HTTP, FAULT_GETS_AN_ERROR, STATUS_IS_SENT),
            request(line=variant.value),
            refuses(),
            because=f"RFC 9112 §2.2: what is no request line gets 400; here it is {variant.what}.",
        )
        for variant in NO_REQUESTS
    ),
    asking(
        "request-line/space-in-the-target-gets-400-or-301",
        (SPACE_GETS_400,),
        request(line="GET {resource}?a b HTTP/1.1"),
        expect(
            Reaction("refuses with 400", (Refuses(400, 400),)),
            Reaction("redirects to the target as it was meant", (Refuses(301, 301),)),
            Reaction("refuses with another status than 400", (Refuses(),), (SPACE_GETS_400,)),
            Reaction("opens all the same", (Opens(),), (SPACE_GETS_400,)),
            *NO_STATUS,
        ),
        because="RFC 9112 §3.2: white space in the target gets 400, or 301 to the target with escapes.",
    ),
    Case(
        id="handshake/request-line/smtp-greeting",
        roles=SERVERS,
        verifies=(NO_OTHER_PROTOCOL,),
        steps=(
            SendBytes(b"EHLO wsspec.example\r\nMAIL FROM:<wsspec@wsspec.example>\r\n\r\n", "greeting of a mail client"),
            refuses(),
        ),
        because="§1.6: what another protocol's client says opens no WebSocket connection.",
    ),
    Case(
        id="handshake/request-line/tls-client-hello",
        roles=SERVERS,
        verifies=(NO_HTTP, STATUS_IS_SENT),
        steps=(SendBytes(CLIENT_HELLO, "TLS ClientHello"), refuses()),
        because="RFC 9112 §2.2: what is no HTTP should get 400; here a client takes the port for one of TLS.",
    ),
)
