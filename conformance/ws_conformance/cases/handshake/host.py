"""The Host field of the request (RFC 6455 §4.2.1 item 2, RFC 9112 §3.2): once, and a host with perhaps a port."""

from __future__ import annotations

from ws_conformance.model import Case
from ws_conformance.vocabulary import refuses, refuses_or_opens, request

from .asking import Variant, asking, refuses_with

IS_REQUIRED = "6455/4.2.1/host-is-required"
MISSING_IS_REFUSED = "9112/3.2/missing-host-is-refused"
REPEATED_IS_REFUSED = "9112/3.2/repeated-host-is-refused"
MALFORMED_IS_REFUSED = "9112/3.2/malformed-host-is-refused"
REFUSAL_IS_400 = "9112/3.2/host-refusal-is-400"
EMPTY_MAY_TAKE_A_DEFAULT = "9112/3.3/empty-host-may-take-a-default"
MISDIRECTED = "9110/7.4/misdirected-request-is-refused"

MALFORMED = (
    Variant("space", "a b", "a space in it"),
    Variant("slash", "a/b", "a slash in it"),
    Variant("user-information", "user@{host}", "a user's name in it"),
    Variant("open-bracket", "[::1", "a bracket that is not closed"),
    Variant("port-with-a-letter", "a:9x", "a letter in its port"),
    Variant("list", "{host}, other.example", "a second host in it"),
    Variant("uri", "http://{host}/", "a whole URI in it"),
)
OTHER_HOSTS = (
    Variant("another-name", "other.example", "a name"),
    Variant("another-port", "other.example:8080", "a name and a port"),
    Variant("port-without-digits", "other.example:", "a port without digits"),
    Variant("ipv4-address", "192.0.2.1", "an IPv4 address"),
    Variant("ipv6-address", "[2001:db8::1]", "an IPv6 address"),
    Variant("ipv6-address-and-port", "[2001:db8::1]:8080", "an IPv6 address and a port"),
    Variant("capitals", "OTHER.EXAMPLE", "a name in capitals"),
)

CASES: tuple[Case, ...] = (
    asking(
        "host/missing",
        (IS_REQUIRED, MISSING_IS_REFUSED),
        request(without=["Host"]),
        refuses(),
        because="§4.2.1: the request has a Host field with the server's authority.",
    ),
    asking(
        "host/missing-gets-400",
        (REFUSAL_IS_400, MISSING_IS_REFUSED),
        request(without=["Host"]),
        refuses_with(400, instead=REFUSAL_IS_400),
        because="RFC 9112 §3.2: the status for a request without Host is 400.",
    ),
    asking(
        "host/twice-the-same",
        (REPEATED_IS_REFUSED,),
        request(adding=[("Host", "{host}")]),
        refuses(),
        because="RFC 9112 §3.2: more than one Host field is refused, even if they say the same.",
    ),
    asking(
        "host/twice-another-one-behind",
        (REPEATED_IS_REFUSED,),
        request(adding=[("Host", "other.example")]),
        refuses(),
        because="RFC 9112 §3.2: more than one Host field is refused; a proxy may have gone by the other one.",
    ),
    asking(
        "host/twice-another-one-in-front",
        (REPEATED_IS_REFUSED,),
        request(
            fields=(
                ("Host", "other.example"),
                ("Upgrade", "websocket"),
                ("Connection", "Upgrade"),
                ("Sec-WebSocket-Key", "{key}"),
                ("Sec-WebSocket-Version", "13"),
                ("host", "{host}"),
            )
        ),
        refuses(),
        because="RFC 9112 §3.2: more than one Host field is refused, wherever they are and in whatever letters.",
    ),
    asking(
        "host/empty",
        (EMPTY_MAY_TAKE_A_DEFAULT,),
        request(replacing={"Host": ""}),
        refuses_or_opens(),
        because="RFC 9112 §3.3: a server may refuse an empty Host, or take it for its own name.",
    ),
    *(
        asking(
            f"host/{malformed.words}",
            (MALFORMED_IS_REFUSED,),
            request(replacing={"Host": malformed.value}),
            refuses_or_opens(MALFORMED_IS_REFUSED),
            because=f"RFC 9112 §3.2: a Host that is no host and port is refused; this one has {malformed.what}.",
        )
        for malformed in MALFORMED
    ),
    *(
        asking(
            f"host/{other.words}",
            (MISDIRECTED,),
            request(replacing={"Host": other.value}),
            refuses_or_opens(),
            because=f"RFC 9110 §7.4: a server may mind whose Host it is, but {other.what} is a Host.",
        )
        for other in OTHER_HOSTS
    ),
)
