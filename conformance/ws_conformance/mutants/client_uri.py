"""Faulty clients that make something else of the URI they are given (RFC 6455 §3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import quote, unquote_to_bytes

from ws_reference import LocalProtocolError, WebSocketUri, parse_uri

from ws_conformance.model import CLIENTS, RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, Tampered, reference_peer
from ws_conformance.peer import Peer, Role

Change = Callable[[WebSocketUri], WebSocketUri]


def reading(read_uri: Callable[[str], WebSocketUri]) -> MakePeer:
    """Return a maker of clients that read URIs in their own way."""
    return partial(reference_peer, read_uri=read_uri)


def asking(change: Callable[[str], str]) -> MakePeer:
    """Return a maker of clients that ask for something else than the resource name."""

    def read(uri: str) -> WebSocketUri:
        parts = parse_uri(uri)
        return replace(parts, resource_name=change(parts.resource_name))

    return reading(read)


def on_the_wire(change: Callable[[bytes], bytes], read_uri: Callable[[str], WebSocketUri] = parse_uri) -> MakePeer:
    """Return a maker of clients whose request-line has another target, lawful or not."""

    def edit(data: bytes) -> bytes:
        return re.sub(rb"^GET (\S*) ", lambda found: b"GET " + change(found[1]) + b" ", data)

    return lambda role: Tampered(reference_peer(role, read_uri=read_uri), outgoing=edit)


def given(change: Callable[[str], str]) -> MakePeer:
    """Return a maker of clients that change a URI before they read it."""
    return reading(lambda uri: parse_uri(change(uri)))


def refusing(is_refused: Callable[[str], object]) -> MakePeer:
    """Return a maker of clients that refuse some URIs more."""

    def read(uri: str) -> WebSocketUri:
        if is_refused(uri):
            raise LocalProtocolError("only a faulty client minds")
        return parse_uri(uri)

    return reading(read)


def loosely(uri: str) -> WebSocketUri:
    """Return what a reader makes of ``uri`` that looks for nothing but slashes and colons."""
    scheme, _, rest = uri.partition(":")
    authority, slash, path = rest.lstrip("/").partition("/")
    host, _, port = authority.rpartition(":")
    digits = re.sub("[^0-9]", "", port.replace("0x", ""))
    return WebSocketUri(
        scheme.lower() == "wss", host.strip("[]") or "localhost", int(digits or 80), slash + path or "/"
    )


def naming(host: Callable[[str], str]) -> MakePeer:
    """Return a maker of clients that name another host."""

    def read(uri: str) -> WebSocketUri:
        parts = parse_uri(uri)
        return replace(parts, host=host(parts.host))

    return reading(read)


def with_the_fragment(uri: str) -> WebSocketUri:
    before, sign, fragment = uri.partition("#")
    parts = parse_uri(before)
    return replace(parts, resource_name=parts.resource_name + sign + fragment)


def with_the_user(uri: str) -> WebSocketUri:
    user, sign = re.match(r"\w+://([^@/]*)(@?)", uri).groups()  # type: ignore[union-attr]
    parts = parse_uri(uri.replace(user + sign, "", 1) if sign else uri)
    return replace(parts, host=f"{user}@{parts.host}" if sign else parts.host)


def the_user_for_the_host(uri: str) -> WebSocketUri:
    found = re.match(r"\w+://([^@:/]*)[^@/]*@", uri)
    return replace(parse_uri(re.sub(r"(\w+://)[^@/]*@", r"\1", uri)), host=found[1]) if found else parse_uri(uri)


def to_the_last_at_sign(uri: str) -> WebSocketUri:
    scheme, _, rest = uri.partition("://")
    return parse_uri(f"{scheme}://{rest.rpartition('@')[2]}")


def beyond_ascii(uri: str) -> WebSocketUri:
    """Return what a URI beyond ASCII says, escaped."""
    return parse_uri(quote(uri, safe=":/?#[]@!$&'()*+,;=%"))


def naming_a_host_beyond_ascii(role: Role) -> Peer:
    """Return a client that converts a host for itself, but not for Host."""
    name, ascii_name = "b\u00fccher", "xn--bcher-kva"
    client = reference_peer(role, read_uri=lambda uri: parse_uri(uri.replace(name, ascii_name)))
    return Tampered(client, outgoing=lambda data: data.replace(ascii_name.encode(), name.encode()))


def with_another_default(uri: str) -> WebSocketUri:
    parts = parse_uri(uri)
    return parts if re.search(r":\d+", uri) else replace(parts, port=8080)


_HAS_THE_PATH = "6455/3/resource-name-has-the-path"
_HAS_THE_QUERY = "6455/3/resource-name-has-the-query"
_SLASH = "6455/3/resource-name-is-slash-for-an-empty-path"
_HOST = "9112/3.2/host-is-the-authority-of-the-uri"
_INVALID = "6455/4.1/invalid-uri-fails"
_EMPTY = "3986/3.4/empty-query-may-be-dropped"
_SCHEME = "3986/3.1/scheme-matches-in-any-case"

URIS: tuple[tuple[str, MakePeer, tuple[RequirementId, ...]], ...] = (
    ("drops the query", asking(lambda name: name.partition("?")[0]), (_HAS_THE_QUERY,)),
    ("drops the path", asking(lambda name: re.sub(r"^[^?]*", "/", name)), (_HAS_THE_PATH,)),
    (
        "asks for nothing where there is no path",
        on_the_wire(lambda target: re.sub(rb"^/(\?|$)", rb"\1", target)),
        (_SLASH,),
    ),
    ("escapes escapes", asking(lambda name: name.replace("%", "%25")), ("3986/2.4/nothing-is-encoded-twice",)),
    (
        "undoes all escapes",
        on_the_wire(unquote_to_bytes),
        ("3986/2.2/reserved-characters-are-left-alone", "6455/3/number-sign-is-escaped"),
    ),
    (
        "undoes escapes wrongly",
        asking(lambda name: name.replace("%7E", "-")),
        ("3986/2.3/unreserved-characters-may-be-decoded", _HAS_THE_PATH),
    ),
    (
        "makes one slash of several",
        asking(lambda name: re.sub("/+", "/", name)),
        ("3986/3.3/path-keeps-its-dots-and-slashes",),
    ),
    (
        "removes dot segments and what is before them",
        asking(lambda name: name.rpartition("./")[2] if "./" in name else name),
        ("3986/3.3/path-keeps-its-dots-and-slashes",),
    ),
    (
        "ends the query at a question mark",
        asking(lambda name: "?".join(name.split("?")[:2])),
        ("3986/3.4/query-may-hold-slash-and-question-mark", "6455/3/query-is-that-of-rfc-3986"),
    ),
    ("asks for null where the query is empty", given(lambda uri: uri + "null" if uri[-1] == "?" else uri), (_EMPTY,)),
    (
        "takes %23 for a fragment",
        asking(lambda name: name.partition("%23")[0]),
        ("3986/3.5/fragment-begins-at-the-number-sign", "6455/3/number-sign-is-escaped"),
    ),
    ("sends the fragment", reading(with_the_fragment), ("6455/3/fragment-is-not-used",)),
    (
        "drops the fragment",
        given(lambda uri: uri.partition("#")[0]),
        ("6455/3/uri-with-fragment-is-rejected",),
    ),
    (
        "sends user information",
        reading(with_the_user),
        ("9110/4.2.4/user-information-is-not-sent", "6455/3/user-information-is-not-sent"),
    ),
    (
        "takes user information for the host",
        reading(the_user_for_the_host),
        ("3986/3.2.1/user-information-ends-at-the-at-sign",),
    ),
    (
        "looks for user information everywhere",
        reading(to_the_last_at_sign),
        ("3986/3.2/authority-ends-at-the-path",),
    ),
    ("does not know WS in capitals", refusing(lambda uri: not uri.startswith(("ws:", "wss:"))), (_SCHEME,)),
    (
        "does not know hosts in capitals",
        refusing(lambda uri: "LOCALHOST" in uri),
        ("3986/3.2.2/host-matches-in-any-case",),
    ),
    ("names an IPv6 address without brackets", naming(lambda host: host.strip("[]")), (_HOST,)),
    (
        "does not know IPv6",
        refusing(lambda uri: "[::1]:" in uri),
        ("3986/3.2.2/ipv6-stands-in-brackets", "6455/3/host-is-that-of-rfc-3986"),
    ),
    ("names an address for its name", naming(lambda host: host.replace("localhost", "127.0.0.1")), (_HOST,)),
    ("does not know names", refusing(lambda uri: "//localhost" in uri), ("6455/3/ws-uri-grammar-is-kept",)),
    (
        "sends bytes beyond ASCII",
        on_the_wire(unquote_to_bytes, beyond_ascii),
        ("6455/11.1.1/ws-other-parts-are-percent-encoded", "3986/2.1/other-characters-are-encoded"),
    ),
    ("names a host beyond ASCII", naming_a_host_beyond_ascii, ("6455/11.1.1/ws-host-is-converted-to-ascii",)),
    (
        "takes whatever looks like a URI",
        reading(loosely),
        ("3986/3.2.2/malformed-host-is-refused", "3986/3.2.3/port-is-decimal", _INVALID),
    ),
    ("mends a URI with a space", given(lambda uri: uri.replace(" ", "%20")), (_INVALID,)),
    (
        "sends a percent sign as it is",
        reading(lambda uri: loosely(uri) if "%z" in uri or uri.endswith("%") else parse_uri(uri)),
        ("3986/2.1/percent-has-two-hex-digits",),
    ),
    (
        "cuts its request line at 4096 bytes",
        asking(lambda name: name[:4000]),
        ("9112/3/request-line-of-8000-bytes-is-sent",),
    ),
    (
        "takes port 8080 for the default",
        reading(with_another_default),
        ("6455/1.7/default-ports-are-80-and-443", "6455/3/ws-default-port-is-80", _HOST),
    ),
    ("needs a port", refusing(lambda uri: not re.search(r":\d", uri)), ("6455/3/ws-default-port-is-80",)),
    ("names port 80 as 8080", given(lambda uri: uri.replace(":80/", ":8080/")), (_HOST,)),
    ("does not know empty ports", refusing(lambda uri: ":/" in uri[5:]), ("3986/3.2.3/empty-port-is-the-default",)),
)

MUTANTS: tuple[Mutant, ...] = tuple(
    Mutant(name=f"URI: {words}", breaks=breaks, make=make, roles=CLIENTS) for words, make, breaks in URIS
)
