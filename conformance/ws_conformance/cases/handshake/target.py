"""The target of the request: a resource name, or an absolute URI (RFC 6455 §4.2.1 item 1, RFC 9112 §3.2)."""

from __future__ import annotations

from ws_conformance.model import Case, Ends, Opens, Reaction, Refuses
from ws_conformance.vocabulary import expect, opens_or_refuses, refuses_or_opens, request

from .asking import NO_STATUS, Variant, asking, refuses_with

IS_A_RESOURCE_NAME = "6455/4.2.1/request-target-is-a-resource-name"
ABSOLUTE_IS_UNDERSTOOD = "6455/4.2.1/absolute-form-is-understood"
UNAVAILABLE = "6455/4.2.2/unavailable-resource-gets-an-http-error"
ABSOLUTE_IS_ACCEPTED = "9112/3.2.2/absolute-form-is-accepted"
ABSOLUTE_OUTRANKS_HOST = "9112/3.2.2/absolute-form-outranks-host"
AUTHORITY_FORM = "9112/3.2.3/authority-form-with-get-is-refused"
ASTERISK_FORM = "9112/3.2.4/asterisk-form-with-get-is-refused"
LINE_OF_8000_BYTES = "9112/3/request-line-of-8000-bytes-is-read"
TOO_LONG = "9112/3/too-long-target-gets-414"
NO_CR_LF = "9110/5.5/values-hold-no-cr-lf-nul"
HEX_DIGITS = "3986/2.1/hex-digits-match-in-any-case"

QUERIES = (
    Variant("query", "a=b", "a query"),
    Variant("empty-query", "", "an empty query"),
    Variant("query-with-all-characters", "a=1&b=/?:@!$'()*+,;=-._~", "every character that a query may have"),
    Variant("query-with-escapes", "a=%20%c3%A9%00", "escapes, that of NUL among them"),
    Variant("query-with-small-escapes", "note=%c3%a9", "escapes in small letters"),
    Variant("query-with-capital-escapes", "note=%C3%A9", "escapes in capitals"),
)
MALFORMED = (
    Variant("number-sign", "{resource}#fragment", "a fragment, which no client may send"),
    Variant("no-slash", "wsspec", "neither a path nor an absolute URI"),
    Variant("missing", "", "nothing"),
    Variant("quotation-mark", '{resource}?"', "a character that no URI has"),
    Variant("byte-above-7f", "{resource}?\xe9", "a byte that no URI has"),
)
OTHER_URIS = (
    Variant("absolute-ws", "ws://{host}{resource}", "ws, where §4.1 has http"),
    Variant("absolute-https", "https://{host}{resource}", "https, though nothing says how the connection came about"),
    Variant("user-information", "http://user@{host}{resource}", "user information, which no WebSocket URI has"),
    Variant("escape-that-is-none", "{resource}?%zz", "a percent sign that begins no escape"),
    Variant("dot-segments", "{resource}?/../.", "dots in its query, where they are no segments"),
)

CASES: tuple[Case, ...] = (
    *(
        asking(
            f"target/{query.words}",
            (IS_A_RESOURCE_NAME, HEX_DIGITS) if "escapes" in query.words else (IS_A_RESOURCE_NAME,),
            request(line=f"GET {{resource}}?{query.value} HTTP/1.1"),
            expect(
                Reaction("opens", (Opens(),)),
                Reaction("refuses with a status from 400 to 499", (Refuses(400, 499),)),
                Reaction("refuses with a status from 500 to 599", (Refuses(500, 599),), (IS_A_RESOURCE_NAME,)),
            ),
            because=f"§4.2.1: the target is a path with an optional query; this one has {query.what}.",
        )
        for query in QUERIES
    ),
    asking(
        "target/escaped-line-end",
        (NO_CR_LF,),
        request(line="GET {resource}?%0D%0ASec-WebSocket-Protocol:%20injected HTTP/1.1"),
        refuses_or_opens(subprotocol=""),
        because="RFC 9110 §5.5: an escaped line end in the target adds no field to the answer.",
    ),
    asking(
        "target/query-of-7800-bytes",
        (LINE_OF_8000_BYTES,),
        request(line=f"GET {{resource}}?{'x' * 7800} HTTP/1.1"),
        opens_or_refuses(LINE_OF_8000_BYTES),
        because="RFC 9112 §3: a server should read request lines of 8000 bytes, and this one is shorter.",
    ),
    asking(
        "target/query-of-60000-bytes",
        (TOO_LONG,),
        request(line=f"GET {{resource}}?{'x' * 60_000} HTTP/1.1"),
        expect(
            Reaction("opens", (Opens(),)),
            Reaction("refuses with 414", (Refuses(414, 414),)),
            Reaction("refuses with another status than 414", (Refuses(),), (TOO_LONG,)),
            Reaction("ends TCP without an answer", (Ends(),), (TOO_LONG,)),
        ),
        because="RFC 9112 §3: a target that is longer than the server is willing to parse gets 414.",
    ),
    asking(
        "target/absolute-http",
        (ABSOLUTE_IS_UNDERSTOOD, ABSOLUTE_IS_ACCEPTED),
        request(line="GET http://{host}{resource} HTTP/1.1"),
        opens_or_refuses(ABSOLUTE_IS_ACCEPTED),
        because="§4.2.1: an absolute http URI is as good a target as the resource name in it.",
    ),
    asking(
        "target/absolute-http-and-another-host",
        (ABSOLUTE_OUTRANKS_HOST,),
        request(line="GET http://{host}{resource} HTTP/1.1", replacing={"Host": "other.example"}),
        opens_or_refuses(ABSOLUTE_OUTRANKS_HOST),
        because="RFC 9112 §3.2.2: behind an absolute target, the Host field is not looked at.",
    ),
    *(
        asking(
            f"target/{other.words}",
            (IS_A_RESOURCE_NAME,),
            request(line=f"GET {other.value} HTTP/1.1"),
            refuses_or_opens(),
            because=f"§4.2.1: a target that has {other.what} may be taken or refused.",
        )
        for other in OTHER_URIS
    ),
    *(
        asking(
            f"target/{words}-form",
            (requirement,),
            request(line=f"GET {target} HTTP/1.1"),
            refuses_with(400, Reaction("opens all the same", (Opens(),), (requirement,)), instead=requirement),
            because=f"RFC 9112 {section}: this form of the target is for {method} and makes a GET malformed.",
        )
        for words, target, requirement, section, method in (
            ("authority", "wsspec.example:80", AUTHORITY_FORM, "§3.2.3", "CONNECT"),
            ("asterisk", "*", ASTERISK_FORM, "§3.2.4", "OPTIONS"),
        )
    ),
    *(
        asking(
            f"target/{malformed.words}",
            (IS_A_RESOURCE_NAME,),
            request(line=f"GET {malformed.value} HTTP/1.1"),
            refuses_or_opens(IS_A_RESOURCE_NAME),
            because=f"§4.2.1: the target is a resource name or an absolute URI; this one has {malformed.what}.",
        )
        for malformed in MALFORMED
    ),
    asking(
        "target/unknown-path",
        (UNAVAILABLE,),
        request(line="GET /wsspec/no/such/resource HTTP/1.1"),
        expect(
            Reaction("opens, for its service is everywhere", (Opens(),)),
            Reaction("answers with a status other than 101", (Refuses(200, 599),)),
            *NO_STATUS,
        ),
        because="§4.2.2: where there is no service, the server says so with an HTTP status and ends the handshake.",
    ),
)
