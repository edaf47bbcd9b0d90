"""What a client says of itself: its origin, its cookies, its credentials (RFC 6455 §4.2.1 items 7 and 10, §10.2)."""

from __future__ import annotations

from ws_conformance.model import Case, Opens, Reaction
from ws_conformance.vocabulary import opens_or_refuses, refuses_or_opens, request

from .asking import Variant, asking, refuses_with

ORIGIN_IS_OPTIONAL = "6455/4.2.1/origin-is-optional"
ORIGIN_MAY_DECIDE = "6455/4.2.2/origin-may-decide"
REFUSED_ORIGIN = "6455/4.2.2/refused-origin-gets-an-http-error"
ANY_CLIENT = "6455/10.1/server-expects-any-client"
MAY_AUTHENTICATE = "6455/10.5/server-may-authenticate-as-http-does"
IN_LOWER_CASE = "6455/4.2.2/origin-is-compared-in-lower-case"
ORIGIN_IS_VERIFIED = "6455/10.2/server-verifies-the-origin"
GETS_403 = "6455/10.2/unacceptable-origin-gets-403"

ORIGINS = (
    Variant("same-host", "http://{host}", "that of the server itself"),
    Variant("foreign", "https://other.example", "another one"),
    Variant("foreign-with-a-port", "https://other.example:8443", "another one, with a port"),
    Variant("null", "null", "none that can be told"),
    Variant("capitals", "HTTP://WSSPEC.EXAMPLE", "one in capitals"),
    Variant("no-uri", "wsspec", "no origin at all"),
    Variant("empty", "", "empty"),
    Variant("several", "http://a.example http://b.example", "a list of two, as RFC 6454 has it"),
)
OTHER_FIELDS = (
    Variant("cookie", "Cookie: session=wsspec; theme=dark", "cookies"),
    Variant("cookie-of-4000-bytes", "Cookie: session=" + "w" * 4000, "a long cookie"),
    Variant("two-cookie-fields", "Cookie: session=wsspec\r\nCookie: theme=dark", "cookies in two fields"),
    Variant("basic-credentials", "Authorization: Basic d3NzcGVjOndzc3BlYw==", "a name and a password"),
    Variant("unknown-credentials", "Authorization: Wsspec token", "credentials of a kind that nobody knows"),
)

CASES: tuple[Case, ...] = (
    asking(
        "client/no-origin",
        (ORIGIN_IS_OPTIONAL, ANY_CLIENT),
        request(),
        opens_or_refuses(),
        because="§4.2.1: Origin is what browsers send; a request without one is complete, though a server may want it.",
    ),
    *(
        asking(
            f"client/origin-{origin.words}",
            (ORIGIN_MAY_DECIDE, REFUSED_ORIGIN, ANY_CLIENT, IN_LOWER_CASE),
            request(adding=[("Origin", origin.value)]),
            refuses_or_opens(),
            because=f"§4.2.2: a server may refuse an origin with an HTTP error; this one is {origin.what}.",
        )
        for origin in ORIGINS
    ),
    asking(
        "client/origin-foreign-gets-403",
        (ORIGIN_IS_VERIFIED, GETS_403),
        request(adding=[("Origin", "https://other.example")]),
        refuses_with(403, Reaction("opens", (Opens(),)), instead=GETS_403),
        because="§10.2: a server that does not accept an origin says 403; one that accepts all is none of those meant.",
    ),
    *(
        asking(
            f"client/{other.words}",
            (MAY_AUTHENTICATE, ANY_CLIENT),
            request(adding=[other.value]),
            opens_or_refuses(),
            because=f"§10.5: a server may authenticate clients as HTTP does; this one sends {other.what}.",
        )
        for other in OTHER_FIELDS
    ),
)
