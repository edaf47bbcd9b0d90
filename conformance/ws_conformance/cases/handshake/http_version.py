"""The HTTP version of the request (RFC 6455 §4.2.1 item 1, RFC 9112 §2.3): 1.1 or higher, as it is printed there."""

from __future__ import annotations

from ws_conformance.model import Case, Ends, Opens, Reaction, Refuses
from ws_conformance.vocabulary import STATUS_IS_SENT, expect, refuses_or_opens, request

from .asking import Variant, answers_without_upgrade, asking

IS_AT_LEAST_1_1 = "6455/4.2.1/http-version-is-1.1-or-higher"
UPGRADE_IN_1_0 = "9110/7.8/upgrade-in-http-1.0-is-ignored"
NO_1XX_IN_1_0 = "9110/15.2/no-1xx-for-http-1.0"
HIGHER_MINOR = "9110/6.2/higher-minor-version-is-read-as-its-own"
OTHER_MAJOR = "9110/6.2/other-major-version-may-get-505"
IS_CASE_SENSITIVE = "9112/2.3/version-is-case-sensitive"
EXPLAINS_ITSELF = "9110/15.6.6/a-505-explains-itself"

MALFORMED = (
    Variant("small-letters", "http/1.1", "small letters"),
    Variant("mixed-letters", "Http/1.1", "some small letters"),
    Variant("three-numbers", "HTTP/1.1.0", "a third number"),
    Variant("no-point", "HTTP/11", "no point"),
    Variant("no-minor-digit", "HTTP/1.", "nothing behind the point"),
    Variant("no-minor-number", "HTTP/1", "one number only"),
    Variant("two-digits", "HTTP/1.10", "two digits behind the point"),
    Variant("leading-zero", "HTTP/01.1", "a zero in front"),
    Variant("other-name", "HTPP/1.1", "another name"),
    Variant("websocket-name", "WEBSOCKET/13", "another protocol's name"),
    Variant("no-slash", "HTTP1.1", "no slash"),
)

CASES: tuple[Case, ...] = (
    asking(
        "http-version/1.0",
        (IS_AT_LEAST_1_1, UPGRADE_IN_1_0, NO_1XX_IN_1_0),
        request(line="GET {resource} HTTP/1.0"),
        answers_without_upgrade(),
        because="§4.2.1: the request is of HTTP/1.1 or higher. In HTTP/1.0 an Upgrade field has no effect.",
    ),
    asking(
        "http-version/1.0-keep-alive",
        (IS_AT_LEAST_1_1, UPGRADE_IN_1_0, NO_1XX_IN_1_0),
        request(line="GET {resource} HTTP/1.0", replacing={"Connection": "keep-alive, Upgrade"}),
        answers_without_upgrade(),
        because="RFC 9110 §7.8: an HTTP/1.0 request is never upgraded, not even one that wants to keep its connection.",
    ),
    asking(
        "http-version/1.2",
        (HIGHER_MINOR, IS_AT_LEAST_1_1),
        request(line="GET {resource} HTTP/1.2"),
        expect(
            Reaction("opens", (Opens(),)),
            Reaction("answers with a status other than 101", (Refuses(200, 599),), (HIGHER_MINOR,)),
            Reaction("ends TCP without an answer", (Ends(),), (HIGHER_MINOR, STATUS_IS_SENT)),
        ),
        because="RFC 9110 §6.2: a higher minor version is read as the highest that the server knows.",
    ),
    *(
        asking(
            f"http-version/{version}",
            (OTHER_MAJOR, EXPLAINS_ITSELF),
            request(line=f"GET {{resource}} HTTP/{version}"),
            refuses_or_opens(),
            because="RFC 9110 §6.2: another major version may be refused; §4.2.1 asks for 1.1 or higher, which it is.",
        )
        for version in ("2.0", "9.1")
    ),
    *(
        asking(
            f"http-version/{malformed.words}",
            (IS_CASE_SENSITIVE,),
            request(line=f"GET {{resource}} {malformed.value}"),
            refuses_or_opens(IS_CASE_SENSITIVE),
            because=f"RFC 9112 §2.3: a version is HTTP/, a digit, a point and a digit; this one has {malformed.what}.",
        )
        for malformed in MALFORMED
    ),
)
