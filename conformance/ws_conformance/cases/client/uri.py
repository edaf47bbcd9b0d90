"""What a client makes of the URI that it is given (RFC 6455 §3, RFC 3986).

A client that refuses a URI does not connect. Whether it is the client or the library in front of it that refuses, or
mends, nobody can tell from outside (policy page, A79 and A80).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ws_conformance.model import CLIENTS, Case, Ends, Expect, Invitation, Reaction, RequirementId
from ws_conformance.vocabulary import expect

from .request import RequestIs, line_for

GIVEN = "ws://{host}:{port}"

HAS_THE_PATH: RequirementId = "6455/3/resource-name-has-the-path"
HAS_THE_QUERY: RequirementId = "6455/3/resource-name-has-the-query"
MAKE_THE_NAME: RequirementId = "6455/11.1.1/path-and-query-make-the-resource-name"
GRAMMAR_IS_KEPT: RequirementId = "6455/3/ws-uri-grammar-is-kept"
TARGET_MATCHES: RequirementId = "6455/4.1/request-target-matches-the-resource-name"
HOST_IS_NAMED: RequirementId = "9112/3.2/host-is-the-authority-of-the-uri"
INVALID_FAILS: RequirementId = "6455/4.1/invalid-uri-fails"
NO_FRAGMENT: RequirementId = "6455/3/fragment-is-not-used"
FRAGMENT_IS_REJECTED: RequirementId = "6455/3/uri-with-fragment-is-rejected"
NO_USER: RequirementId = "9110/4.2.4/user-information-is-not-sent"
MALFORMED_HOST: RequirementId = "3986/3.2.2/malformed-host-is-refused"
PORT_IS_DECIMAL: RequirementId = "3986/3.2.3/port-is-decimal"
ANY_CASE: RequirementId = "3986/3.1/scheme-matches-in-any-case"

REFUSES = Reaction("does not connect", (Ends(),))
LONG = "x" * (8000 - len("GET /? HTTP/1.1"))


def asks_for(*targets: str, departs_from: tuple[RequirementId, ...] = ()) -> Reaction:
    """The client's request has one of ``targets``, without user information in Host."""
    lines = "|".join(map(re.escape, targets))
    request = RequestIs(line=line_for(lines), fields=(("Host", "[^@]+"),))
    return Reaction(f"asks for {targets[0] if len(targets[0]) < 80 else 'all of it'}", (request,), departs_from)


def given(
    words: str,
    uri: str,
    verifies: Iterable[RequirementId],
    *steps: Expect,
    because: str,
    host: str = "127.0.0.1",
    port: int | None = None,
) -> Case:
    """Return a case that gives a client ``uri``."""
    return Case(
        id=f"client/uri/{words}",
        roles=CLIENTS,
        verifies=tuple(verifies),
        steps=steps,
        because=because,
        invitation=Invitation(uri=uri, host=host, port=port),
    )


NAMED = "§3: path and query are what the server is asked for, as they stand in the URI."

CASES: tuple[Case, ...] = (
    *(
        given(f"target-{words}", GIVEN + rest, (*verifies, TARGET_MATCHES), expect(asks_for(*targets)), because=because)
        for words, rest, targets, verifies, because in (
            (
                "of-no-path",
                "",
                ("/",),
                ("6455/3/resource-name-is-slash-for-an-empty-path", "9112/3.2.1/empty-path-is-sent-as-a-slash"),
                "§3: where the path is empty, a slash is asked for.",
            ),
            (
                "of-no-path-and-a-query",
                "?a=b",
                ("/?a=b",),
                ("6455/3/resource-name-is-slash-for-an-empty-path", HAS_THE_QUERY),
                "§3: where the path is empty, a slash stands before the query.",
            ),
            ("of-a-path", "/one/two", ("/one/two",), (HAS_THE_PATH, MAKE_THE_NAME, GRAMMAR_IS_KEPT), NAMED),
            ("of-a-path-and-a-query", "/one?two=3", ("/one?two=3",), (HAS_THE_QUERY, MAKE_THE_NAME), NAMED),
            (
                "with-escapes",
                "/a%20b?c=%25",
                ("/a%20b?c=%25",),
                ("3986/2.4/nothing-is-encoded-twice", "6455/3/path-is-that-of-rfc-3986"),
                "RFC 3986 §2.4: what is escaped already is not escaped again.",
            ),
            (
                "with-question-marks-in-its-query",
                "/a?b/c?d",
                ("/a?b/c?d",),
                ("3986/3.4/query-may-hold-slash-and-question-mark", "6455/3/query-is-that-of-rfc-3986"),
                "RFC 3986 §3.4: the query begins at the first question mark, and may hold more of them.",
            ),
            (
                "with-an-escaped-number-sign",
                "/a%23b",
                ("/a%23b",),
                ("3986/3.5/fragment-begins-at-the-number-sign", "6455/3/number-sign-is-escaped"),
                "§3: %23 is a character of the path, and no fragment.",
            ),
            (
                "with-an-at-sign-in-its-path",
                "/@other.example",
                ("/@other.example",),
                ("3986/3.2/authority-ends-at-the-path",),
                "RFC 3986 §3.2: the authority ends at the first slash.",
            ),
            (
                "with-an-at-sign-in-its-query",
                "?x=@other.example/",
                ("/?x=@other.example/",),
                ("3986/3.2/authority-ends-at-the-path",),
                "RFC 3986 §3.2: the authority ends at the question mark.",
            ),
        )
    ),
    *(
        given(f"target-{words}", GIVEN + rest, verifies, expect(asks_for(*targets)), because=because)
        for words, rest, targets, verifies, because in (
            (
                "with-reserved-characters",
                "/a%2Fb;c=1,2?d=%26&e=/?%3F",
                ("/a%2Fb;c=1,2?d=%26&e=/?%3F",),
                ("3986/2.2/reserved-characters-are-left-alone",),
                "RFC 3986 §2.2: a reserved character and its escape are not the same.",
            ),
            (
                "with-unreserved-characters-escaped",
                "/%7Ea%41",
                ("/%7Ea%41", "/~aA", "/%7ea%41", "/~a%41", "/%7EaA"),
                ("3986/2.3/unreserved-characters-may-be-decoded",),
                "RFC 3986 §2.3: an escape that was not needed may be undone, or may not.",
            ),
            (
                "with-empty-segments",
                "//a//b/",
                ("//a//b/",),
                ("3986/3.3/path-keeps-its-dots-and-slashes",),
                "RFC 3986 §3.3: empty segments belong to the path.",
            ),
            (
                "with-dot-segments",
                "/a/../b/./c",
                ("/a/../b/./c", "/b/c"),
                ("3986/3.3/path-keeps-its-dots-and-slashes",),
                "RFC 3986 §6.2.2.3: dot segments may be removed before the path is sent, or may not.",
            ),
            (
                "with-an-empty-query",
                "/a?",
                ("/a", "/a?"),
                ("3986/3.4/empty-query-may-be-dropped",),
                "§3: an empty query may leave a question mark, or nothing.",
            ),
            (
                "of-8000-bytes",
                f"/?{LONG}",
                (f"/?{LONG}",),
                ("9112/3/request-line-of-8000-bytes-is-sent",),
                "RFC 9112 §3: a request-line of 8000 bytes is nothing unusual.",
            ),
        )
    ),
    given(
        "fragment",
        f"{GIVEN}/path#part",
        (NO_FRAGMENT, FRAGMENT_IS_REJECTED, "3986/3.5/fragment-begins-at-the-number-sign"),
        expect(
            REFUSES,
            asks_for("/path", departs_from=(FRAGMENT_IS_REJECTED,)),
            about=(NO_FRAGMENT, "3986/3.5/fragment-begins-at-the-number-sign"),
        ),
        because="§3: a fragment means nothing here; a client refuses it, or at the least does not send it.",
    ),
    *(
        given(
            f"user-information-{words}",
            "ws://" + user + "@{host}:{port}/",
            (NO_USER, "6455/3/user-information-is-not-sent", "3986/3.2.1/user-information-ends-at-the-at-sign"),
            expect(REFUSES, asks_for("/")),
            because="§3, RFC 3986 §3.2.1: what stands before the at-sign is no host, and is sent in no target or Host.",
        )
        for words, user in (("with-a-password", "user:secret"), ("like-a-host", "other.example"))
    ),
    *(
        given(
            f"scheme-{words}",
            scheme + "://{host}:{port}/",
            (ANY_CASE,),
            expect(asks_for("/")),
            because="RFC 3986 §3.1: letter case means nothing in a scheme.",
        )
        for words, scheme in (("in-capitals", "WS"), ("in-mixed-case", "Ws"))
    ),
    *(
        given(
            f"host-{words}",
            uri,
            (*verifies, HOST_IS_NAMED),
            expect(asks_for("/")),
            because=because,
            host=host,
        )
        for words, uri, host, verifies, because in (
            (
                "name",
                GIVEN + "/",
                "localhost",
                (GRAMMAR_IS_KEPT,),
                "§4.1 item 4: Host names the host and the port of the URI.",
            ),
            (
                "in-capitals",
                "ws://LOCALHOST:{port}/",
                "localhost",
                ("3986/3.2.2/host-matches-in-any-case",),
                "RFC 3986 §3.2.2: letter case means nothing in a host.",
            ),
            (
                "ipv6",
                GIVEN + "/",
                "[::1]",
                ("3986/3.2.2/ipv6-stands-in-brackets", "6455/3/host-is-that-of-rfc-3986"),
                "RFC 3986 §3.2.2: an IPv6 address stands in brackets, in the URI and in Host.",
            ),
        )
    ),
    given(
        "host-beyond-ascii",
        "ws://b\u00fccher.localhost:{port}/",
        ("6455/11.1.1/ws-host-is-converted-to-ascii",),
        expect(
            REFUSES,
            Reaction(
                "names the host in ASCII", (RequestIs(fields=(("Host", r"(?i:xn--bcher-kva\.localhost(:\d+)?)"),)),)
            ),
        ),
        because="§11.1.1: a host beyond ASCII is converted before anything is sent, or it is refused.",
        host="xn--bcher-kva.localhost",
    ),
    given(
        "path-beyond-ascii",
        f"{GIVEN}/\u00e9",
        ("6455/11.1.1/ws-other-parts-are-percent-encoded", "3986/2.1/other-characters-are-encoded"),
        expect(REFUSES, asks_for("/%C3%A9", "/%c3%a9")),
        because="§11.1.1: characters beyond ASCII are sent as the escapes of their UTF-8, or refused.",
    ),
    *(
        given(
            f"malformed-host-{words}",
            uri,
            (MALFORMED_HOST,),
            expect(REFUSES),
            because="RFC 3986 §3.2.2, §4.1 item 1: what is no host is refused before anything is sent.",
        )
        for words, uri in (
            ("without-a-bracket-at-its-end", "ws://[::1:{port}/"),
            ("ipv4-in-brackets", "ws://[{host}]:{port}/"),
            ("of-two-words", "ws://a b:{port}/"),
            ("missing", "ws://:{port}/"),
        )
    ),
    *(
        given(
            f"malformed-port-{words}",
            uri,
            (PORT_IS_DECIMAL,),
            expect(REFUSES),
            because="RFC 3986 §3.2.3, §4.1 item 1: what is no port is refused before anything is sent.",
        )
        for words, uri in (
            ("hexadecimal", "ws://{host}:0x{port}/"),
            ("with-a-sign", "ws://{host}:+{port}/"),
            ("with-a-letter-behind", "ws://{host}:{port}x/"),
            ("too-large", "ws://{host}:99999/"),
        )
    ),
    *(
        given(
            f"invalid-{words}",
            GIVEN + rest,
            (INVALID_FAILS, *more),
            expect(REFUSES, asks_for(mended, departs_from=departs_from)),
            because=because,
        )
        for words, rest, mended, departs_from, more, because in (
            (
                "space-in-the-path",
                "/a b",
                "/a%20b",
                (INVALID_FAILS,),
                (),
                "§4.1 item 1: a URI with a space is none; to mend it is lenient, to send it as it is a fault.",
            ),
            (
                "percent-sign-alone",
                "/100%",
                "/100%25",
                (),
                ("3986/2.1/percent-has-two-hex-digits",),
                "RFC 3986 §2.1: two hexadecimal digits follow a percent sign.",
            ),
            (
                "percent-sign-and-letters",
                "/%zz",
                "/%25zz",
                (),
                ("3986/2.1/percent-has-two-hex-digits",),
                "RFC 3986 §2.1: two hexadecimal digits follow a percent sign.",
            ),
        )
    ),
    *(
        given(
            f"invalid-{words}",
            uri,
            (INVALID_FAILS,),
            expect(REFUSES),
            because="§3, §4.1 item 1: a ws URI has two slashes behind its scheme; what has not is no such URI.",
        )
        for words, uri in (("without-slashes", "ws:{host}:{port}/"), ("with-one-slash", "ws:/{host}:{port}/"))
    ),
    given(
        "port-left-out",
        "ws://{host}/",
        ("6455/1.7/default-ports-are-80-and-443", "6455/3/ws-default-port-is-80", "6455/3/port-is-optional"),
        expect(asks_for("/")),
        because="§3: a ws URI without a port stands for port 80.",
        port=80,
    ),
    given(
        "port-80",
        "ws://{host}:80/",
        ("3986/3.2.3/default-port-may-be-left-out", HOST_IS_NAMED),
        expect(asks_for("/")),
        because="RFC 3986 §3.2.3: the default port should be left out, and need not be.",
        port=80,
    ),
    given(
        "port-empty",
        "ws://{host}:/",
        ("3986/3.2.3/empty-port-is-the-default",),
        expect(asks_for("/")),
        because="RFC 3986 §3.2.3: an empty port stands for the default one.",
        port=80,
    ),
)
