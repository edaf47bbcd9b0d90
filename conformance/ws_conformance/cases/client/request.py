"""The client's own request (RFC 6455 §4.1 items 1 to 12, RFC 9110, RFC 9112).

What no request may ever have or lack is held against every request, whatever the case is about. The cases here verify
just that, and look closer at one part of the request each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ws_conformance.model import (
    CLIENTS,
    Answer,
    Case,
    Control,
    Need,
    Observation,
    Reaction,
    Requested,
    Requests,
    RequirementId,
)
from ws_conformance.vocabulary import expect, quiet, response

from .answering import ASKED, opens

SECONDS_BEFORE_THE_ANSWER = 0.5
"""How long the answer is held back to see whether the client waits for it."""


class RequestIs(Requests, frozen=True):
    """The client sends its opening handshake, and it fits what is said here as regular expressions.

    ``line`` is the request line; ``first`` the name of the first field. ``fields`` have to be there, ``optional`` may
    be; their lines are joined by commas. ``without`` names fields that are not there. With ``lines_fit``, each line
    below the first is a field line, and no value holds a CR or NUL.
    """

    line: str = ".*"
    first: str = ".*"
    fields: tuple[tuple[str, str], ...] = ()
    optional: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()
    lines_fit: bool = False

    def matches(self, observation: Observation) -> bool:
        if not isinstance(observation, Requested):
            return False
        head = observation.head
        given = [
            (", ".join(head.values(name)), value)
            for name, value in (*self.fields, *(field for field in self.optional if head.has(field[0])))
        ]
        return (
            re.fullmatch(self.line, head.start_line) is not None
            and re.fullmatch(self.first, head.fields[0][0] if head.fields else "", re.IGNORECASE) is not None
            and all(head.has(name) for name, _ in self.fields)
            and all(re.fullmatch(wanted, value) for value, wanted in given)
            and not any(head.has(name) for name in self.without)
            and not (self.lines_fit and (head.malformed or re.search("[\r\0]", "".join(v for _, v in head.fields))))
        )


class Part(NamedTuple):
    """One part of a request: the words for it, what it has to be, and what it may be though it should not."""

    words: str
    verifies: tuple[RequirementId, ...]
    name: str
    pattern: RequestIs
    because: str
    at_least: Reaction | None = None


TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
TOKENS = rf"{TOKEN}(\s*,\s*{TOKEN})*"
EXTENSION = rf'{TOKEN}(\s*;\s*{TOKEN}(\s*=\s*({TOKEN}|"{TOKEN}"))?)*'
EXTENSIONS = rf"{EXTENSION}(\s*,\s*{EXTENSION})*"
AUTHORITY = r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z_.~!$&'()*+;=%-]+)(:[0-9]+)?"
PATH_AND_QUERY = r"/([0-9A-Za-z_.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*"
NONCE = r"(?!dGhlIHNhbXBsZSBub25jZQ==|AQIDBAUGBwgJCgsMDQ4PE[AC]==|A{22}==)[A-Za-z0-9+/]{21}[AQgw]=="
"""A nonce in base64 that is neither an example of the RFC nor sixteen zeros."""

ORIGINS = r"null|[a-z][a-z0-9+.-]*://[^\s/?#@]+( [a-z][a-z0-9+.-]*://[^\s/?#@]+)*"

ABSOLUTE_FORM = "9112/3.2.1/origin-form-is-path-and-query"


def line_for(target: str) -> str:
    """Return what the line of a request for ``target`` has to fit, both regular expressions.

    The target stands there by itself, or as an absolute http or https URI (§4.1 item 3; policy page, A66).
    """
    return rf"GET (https?://{AUTHORITY})?({target}) HTTP/1\.1"


PARTS = (
    Part(
        "request-line",
        (
            "6455/4.1/request-is-valid-http-get",
            "6455/4.1/request-http-version-is-1.1-or-higher",
            "9112/3/request-line-has-three-parts",
            "6455/4.1/opening-handshake-is-sent",
            "9112/2.3/version-has-the-printed-form",
            "9110/6.2/client-names-its-highest-version",
        ),
        "asks with GET, a target and HTTP/1.1",
        RequestIs(line=r"GET \S+ HTTP/1\.1"),
        "§4.1 items 1 and 2: the request is a GET, and the HTTP version is at least 1.1.",
    ),
    Part(
        "target",
        (
            "6455/4.1/request-target-matches-the-resource-name",
            "6455/3/fragment-is-not-used",
            "9110/7.1/fragment-is-not-sent",
            "9110/7.1/special-forms-stay-with-their-methods",
            "9112/3.2/target-has-no-white-space",
            "3986/2.1/other-characters-are-encoded",
            "9112/3.2.1/empty-path-is-sent-as-a-slash",
            "6455/11.1.1/ws-opens-a-websocket-connection",
        ),
        "asks for a path",
        RequestIs(line=rf"GET {PATH_AND_QUERY} HTTP/.*"),
        "§4.1 item 3, §3: the target is a path and perhaps a query, never empty and never with a fragment.",
        Reaction(
            "asks for an absolute http or https URI",
            (RequestIs(line=rf"GET https?://{AUTHORITY}{PATH_AND_QUERY} HTTP/.*"),),
            (ABSOLUTE_FORM,),
        ),
    ),
    Part(
        "host",
        (
            "6455/4.1/host-is-present",
            "6455/4.1/host-names-the-host-and-port",
            "6455/3/user-information-is-not-sent",
            "9110/7.2/host-is-required-once",
            "9112/3.2/host-is-sent",
        ),
        "names a host, and perhaps a port, in one Host field",
        RequestIs(fields=(("Host", AUTHORITY),)),
        "§4.1 item 4: Host has the host of the URI and its port; user information has no place in it (§3).",
    ),
    Part(
        "host-comes-first",
        ("9110/7.2/host-comes-first",),
        "has Host as its first field",
        RequestIs(first="Host"),
        "RFC 9110 §7.2: Host should be the first field.",
    ),
    Part(
        "upgrade",
        (
            "6455/4.1/upgrade-names-websocket",
            "6455/11.2/upgrade-token-is-websocket",
            "9110/7.8/request-may-list-protocols",
            "9110/5.6.1.1/no-empty-list-elements-are-sent",
        ),
        "names websocket in Upgrade",
        RequestIs(fields=(("Upgrade", rf"(?i:({TOKEN}(/{TOKEN})?\s*,\s*)*websocket(\s*,\s*{TOKEN}(/{TOKEN})?)*)"),)),
        "§4.1 item 5: Upgrade includes the word websocket.",
    ),
    Part(
        "connection",
        (
            "6455/4.1/connection-names-upgrade",
            "9110/7.8/upgrade-comes-with-its-option",
            "9110/7.6.1/fields-about-the-connection-are-listed",
            "9110/7.6.1/fields-for-everybody-are-not-options",
            "9110/5.6.1.1/no-empty-list-elements-are-sent",
        ),
        "names Upgrade in Connection",
        RequestIs(fields=(("Connection", rf"(?i:({TOKEN}\s*,\s*)*Upgrade(\s*,\s*{TOKEN})*)"),)),
        "§4.1 item 6: Connection includes the token Upgrade.",
    ),
    Part(
        "key",
        (
            "6455/4.1/key-is-present",
            "6455/4.1/key-is-a-16-byte-nonce",
            "6455/4.1/key-is-fresh-for-each-connection",
            "6455/4.3/key-grammar-is-kept",
            "6455/11.3.1/key-appears-once",
            "4648/3.1/no-line-feeds-are-added",
            "4648/3.2/padding-is-sent",
            "4648/3.5/pad-bits-are-zero",
            "4648/4/plain-alphabet-is-sent",
        ),
        "has one Sec-WebSocket-Key, the base64 of 16 bytes that nobody has printed before",
        RequestIs(fields=(("Sec-WebSocket-Key", NONCE),)),
        "§4.1 item 7: the key is a nonce of 16 bytes, chosen at random for this connection, in base64.",
    ),
    Part(
        "version",
        (
            "6455/4.1/version-is-present",
            "6455/4.1/version-is-13",
            "6455/4.3/request-version-grammar-is-kept",
            "6455/11.3.5/version-appears-once-in-a-request",
            "6455/4.3/client-rules-are-for-requests",
            "6455/4.4/client-may-prefer-an-older-version",
            "6455/11.6/version-number-is-0-to-255",
        ),
        "has one Sec-WebSocket-Version, 13",
        RequestIs(fields=(("Sec-WebSocket-Version", "13"),)),
        "§4.1 item 9: the version is 13.",
    ),
    Part(
        "origin",
        ("6455/4.1/origin-is-an-ascii-serialization", "6455/4.1/other-clients-may-send-origin"),
        "says nothing of its origin, or says it in the form of an origin",
        RequestIs(optional=(("Origin", ORIGINS),)),
        "§4.1 item 8: an Origin is scheme, host and port, and has neither a path nor a slash at its end.",
    ),
    Part(
        "subprotocols",
        (
            "6455/4.1/subprotocols-are-unique-tokens",
            "6455/4.3/request-subprotocol-grammar-is-kept",
            "6455/4.1/subprotocols-may-be-offered",
            "6455/11.3.4/subprotocols-may-be-repeated-in-a-request",
            "9110/5.6.2/tokens-hold-token-characters",
            "9110/5.6.1.1/no-empty-list-elements-are-sent",
        ),
        "offers subprotocols as a list of tokens, or none",
        RequestIs(optional=(("Sec-WebSocket-Protocol", TOKENS),)),
        "§4.1 item 10: subprotocols on offer are tokens, and all different.",
    ),
    Part(
        "extensions",
        (
            "6455/4.3/request-extensions-grammar-is-kept",
            "6455/9.1/extension-grammar-is-kept",
            "6455/9.1/field-follows-http-rules",
            "6455/9.1/extension-names-are-registered",
            "6455/9.1/parameters-are-defined",
            "6455/4.1/extensions-may-be-offered",
            "6455/9/client-may-request-extensions",
            "6455/9.1/quoted-value-unquotes-to-a-token",
            "6455/11.3.2/extensions-may-be-repeated-in-a-request",
            "9110/5.6.4/needless-quoted-pairs-are-not-sent",
            "9110/5.6.6/no-white-space-around-equals",
        ),
        "offers extensions as the grammar has it, or none",
        RequestIs(optional=(("Sec-WebSocket-Extensions", EXTENSIONS),)),
        "§4.1 item 11, §9.1: extensions on offer have names and parameters that are tokens.",
    ),
    Part(
        "no-body",
        (
            "9110/8.6/client-sends-no-length-without-content",
            "9110/9.3.1/get-carries-no-content",
        ),
        "announces no body",
        RequestIs(without=("Content-Length", "Transfer-Encoding")),
        "RFC 9110 §8.6, §9.3.1: a GET has no content, and says nothing of its length.",
    ),
    Part(
        "no-coding",
        (
            "9110/10.1.1/expect-comes-with-content",
            "9112/6.1/client-codes-only-for-a-known-server",
            "9112/6.1/chunked-is-applied-once-and-last",
            "9112/6.2/no-length-beside-a-coding",
        ),
        "neither codes a body nor expects a 100",
        RequestIs(without=("Transfer-Encoding", "Expect")),
        "RFC 9112 §6.1, RFC 9110 §10.1.1: codings are for servers known to speak HTTP/1.1, Expect for content.",
    ),
    Part(
        "transfer-codings",
        ("9112/7.4/te-does-not-name-chunked", "9112/7.4/te-is-listed-in-connection"),
        "says nothing of the codings it takes",
        RequestIs(without=("TE",)),
        "RFC 9112 §7.4: TE is about one connection, and chunked goes without saying.",
        Reaction(
            "lists TE in Connection, and does not name chunked",
            (RequestIs(fields=(("TE", "(?i:(?!.*chunked).*)"), ("Connection", r"(?i:(.*,)?\s*TE\s*(,.*)?)"))),),
        ),
    ),
    Part(
        "field-lines",
        (
            "9112/5/field-line-has-the-printed-form",
            "9110/5.1/field-name-is-a-token",
            "9112/5.1/no-white-space-before-the-colon",
            "9112/5.2/folded-lines-are-not-sent",
            "9112/2.2/no-white-space-before-the-first-field",
            "9112/2.2/bare-cr-is-not-sent",
            "9110/5.5/values-hold-no-cr-lf-nul",
            "9110/2.2/sender-keeps-to-its-role",
            "9110/5.3/only-list-fields-are-repeated",
            "9110/5.3/other-single-fields-are-not-repeated",
            "9110/5.6.3/optional-white-space-is-one-space",
            "9112/2.1/request-has-the-message-form",
            "6455/4.1/other-fields-may-be-sent",
        ),
        "sends nothing but field lines below its request line",
        RequestIs(lines_fit=True),
        "RFC 9112 §5: each line is a name, a colon and a value; none is folded, and no value holds CR or NUL.",
    ),
)


def looked_at(part: Part) -> Case:
    """Return the case that looks at ``part`` of a client's request."""
    reactions: Iterable[Reaction | None] = (Reaction(part.name, (part.pattern,)), part.at_least)
    return Case(
        id=f"client/request/{part.words}",
        roles=CLIENTS,
        verifies=part.verifies,
        steps=(expect(*filter(None, reactions)), Answer(response()), Control()),
        because=part.because,
    )


CASES: tuple[Case, ...] = (
    *map(looked_at, PARTS),
    Case(
        id="client/request/origin-of-a-browser",
        roles=CLIENTS,
        verifies=("6455/4.1/browser-sends-origin",),
        steps=(
            expect(
                Reaction("says where the page comes from", (RequestIs(fields=(("Origin", ORIGINS),)),)),
                needs=frozenset({Need.BROWSER}),
            ),
        ),
        because="§4.1 item 8: a browser says in Origin whose page asks for the connection.",
    ),
    Case(
        id="client/request/nothing-behind-it",
        roles=CLIENTS,
        verifies=(
            "6455/4.1/no-frames-before-open",
            "6455/5.1/data-frames-wait-for-the-handshake",
            "6455/5.5.2/ping-waits-for-the-handshake",
            "6455/2.1/sending-may-be-delayed",
            "9110/7.8/new-protocol-waits-for-the-whole-request",
            "9112/2.2/no-line-ends-around-a-request",
            "9112/6.3/client-frames-its-body",
        ),
        steps=(ASKED, quiet(SECONDS_BEFORE_THE_ANSWER), Answer(response()), *opens()),
        because="§4.1: between its request and the answer a client sends nothing, however long the answer takes.",
    ),
)
