"""Faulty clients that ask for a connection in a wrong way (RFC 6455 §4.1), or do not wait for the answer."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from functools import partial

from ws_conformance.model import CLIENTS, RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, ReferencePeer, reference_peer, tampered
from ws_conformance.peer import Chunk, Peer, Role

Edit = Callable[[bytes], bytes]


class EditsItsRequest:
    """Edits the bytes of a request. What is said later begins differently and passes."""

    def __init__(self, edit: Edit) -> None:
        self._edit = edit

    def __call__(self, data: bytes) -> bytes:
        return self._edit(data) if data.startswith(b"GET / HTTP/1.1\r\n") else data


def asking(edit: Edit) -> MakePeer:
    """Return a maker of clients whose request is edited."""
    return tampered(outgoing=EditsItsRequest(edit))


def replacing(old: bytes, new: bytes) -> Edit:
    """Return an edit that puts ``new`` for the first ``old``."""
    return lambda request: request.replace(old, new, 1)


def line(wanted: bytes) -> Edit:
    """Return an edit that makes ``wanted`` the request line."""
    return replacing(b"GET / HTTP/1.1", wanted)


def without(name: bytes) -> Edit:
    """Return an edit that takes away the field ``name``."""
    return lambda request: re.sub(rb"\r\n" + name + rb":[^\r]*", b"", request, flags=re.IGNORECASE)


def field(name: bytes, value: bytes) -> Edit:
    """Return an edit that gives the field ``name`` another value, in which ``\\1`` stands for the old one."""
    return lambda request: re.sub(rb"(?<=\r\n" + name + rb": )([^\r]*)", value, request, flags=re.IGNORECASE)


def more(*lines: bytes) -> Edit:
    """Return an edit that adds ``lines`` at the end of the head."""
    return lambda request: request[:-2] + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def first(added: bytes) -> Edit:
    """Return an edit that puts the line ``added`` in front of the fields."""
    return replacing(b"\r\n", b"\r\n" + added + b"\r\n")


def key(change: Callable[[bytes], bytes]) -> Edit:
    """Return an edit that changes the nonce, still in base64."""

    def edit(request: bytes) -> bytes:
        nonce = base64.b64decode(re.search(rb"Sec-WebSocket-Key: ([^\r]*)", request)[1])  # type: ignore[index]
        return field(b"Sec-WebSocket-Key", base64.b64encode(change(nonce)))(request)

    return edit


def in_the_url_alphabet(request: bytes) -> bytes:
    """Return ``request`` with a key in the alphabet for URLs, in which every character that differs occurs."""
    return field(b"Sec-WebSocket-Key", base64.urlsafe_b64encode(b"\xfb\xef\xbe\xff" * 4))(request)


def with_pad_bits_set(request: bytes) -> bytes:
    """Return ``request`` with a key whose last character has a bit too many."""
    return re.sub(
        rb"(Sec-WebSocket-Key: .{21})(.)(==)",
        lambda found: found[1] + bytes((found[2][0] + 1,)) + found[3],
        request,
    )


class SpeaksEarly:
    """Is the reference as a client, but says ``early`` right behind its request."""

    def __init__(self, inner: ReferencePeer, early: bytes) -> None:
        self._inner = inner
        self._early = early

    def receive(self, chunk: Chunk, now: float) -> None:
        self._inner.receive(chunk, now)

    def transmit(self, now: float) -> list[Chunk]:
        said = self._inner.transmit(now)
        if said and self._early:
            said.append(self._early)
            self._early = b""
        return said

    def next_deadline(self) -> float | None:
        return None


def _speaks_early(early: bytes, role: Role) -> Peer:
    return SpeaksEarly(reference_peer(role), early)


KEY, VERSION, HOST = b"Sec-WebSocket-Key", b"Sec-WebSocket-Version", b"Host"

FAULTS: tuple[tuple[str, RequirementId, Edit], ...] = (
    ("asks with POST", "6455/4.1/request-is-valid-http-get", line(b"POST / HTTP/1.1")),
    ("asks with get", "6455/4.1/request-is-valid-http-get", line(b"get / HTTP/1.1")),
    ("asks in HTTP/1.0", "6455/4.1/request-http-version-is-1.1-or-higher", line(b"GET / HTTP/1.0")),
    ("asks in http/1.1", "9112/2.3/version-has-the-printed-form", line(b"GET / http/1.1")),
    ("puts two spaces into its request line", "9112/3/request-line-has-three-parts", line(b"GET  / HTTP/1.1")),
    ("asks for nothing", "6455/4.1/request-target-matches-the-resource-name", line(b"GET  HTTP/1.1")),
    ("sends the fragment of its URI", "6455/3/fragment-is-not-used", line(b"GET /#fragment HTTP/1.1")),
    ("asks for *", "9110/7.1/special-forms-stay-with-their-methods", line(b"GET * HTTP/1.1")),
    ("asks for a host and port", "9110/7.1/special-forms-stay-with-their-methods", line(b"GET a:80 HTTP/1.1")),
    ("asks for a ws URI", "6455/4.1/request-target-matches-the-resource-name", line(b"GET ws://a/ HTTP/1.1")),
    ("asks for an http URI", "6455/4.1/request-target-matches-the-resource-name", line(b"GET http://a/#b HTTP/1.1")),
    ("asks for a path with a space", "9112/3.2/target-has-no-white-space", line(b"GET /a b HTTP/1.1")),
    ("asks for a path in UTF-8", "3986/2.1/other-characters-are-encoded", line("GET /ü HTTP/1.1".encode())),
    ("asks for a path without its slash", "6455/4.1/request-target-matches-the-resource-name", line(b"GET a HTTP/1.1")),
    ("has no Host", "6455/4.1/host-is-present", without(HOST)),
    ("has two Hosts", "9110/7.2/host-is-required-once", more(b"Host: other.example")),
    ("has an empty Host", "6455/4.1/host-names-the-host-and-port", field(HOST, b"")),
    ("has a URI as Host", "6455/4.1/host-names-the-host-and-port", field(HOST, rb"ws://\1/")),
    ("has user information in Host", "6455/3/user-information-is-not-sent", field(HOST, rb"user:secret@\1")),
    ("has Host at the end", "9110/7.2/host-comes-first", first(b"User-Agent: wsspec")),
    ("has no Upgrade", "6455/4.1/upgrade-names-websocket", without(b"Upgrade")),
    ("asks for an upgrade to h2c", "6455/4.1/upgrade-names-websocket", field(b"Upgrade", b"h2c")),
    ("asks for websocket/13", "6455/11.2/upgrade-token-is-websocket", field(b"Upgrade", b"websocket/13")),
    ("has an empty element in Upgrade", "9110/5.6.1.1/no-empty-list-elements-are-sent", field(b"Upgrade", rb"\1,")),
    ("has no Connection", "6455/4.1/connection-names-upgrade", without(b"Connection")),
    (
        "has only keep-alive in Connection",
        "9110/7.8/upgrade-comes-with-its-option",
        field(b"Connection", b"keep-alive"),
    ),
    (
        "has an empty element in Connection",
        "9110/5.6.1.1/no-empty-list-elements-are-sent",
        field(b"Connection", rb", \1"),
    ),
    ("has no key", "6455/4.1/key-is-present", without(KEY)),
    ("has a key of 15 bytes", "6455/4.1/key-is-a-16-byte-nonce", key(lambda nonce: nonce[:15])),
    ("has a key of 17 bytes", "6455/4.1/key-is-a-16-byte-nonce", key(lambda nonce: nonce + b"!")),
    ("has a key of 16 characters", "6455/4.1/key-is-a-16-byte-nonce", field(KEY, b"0123456789abcdef")),
    ("has an empty key", "6455/4.1/key-is-a-16-byte-nonce", field(KEY, b"")),
    (
        "has the RFC's example as key",
        "6455/4.1/key-is-fresh-for-each-connection",
        field(KEY, b"dGhlIHNhbXBsZSBub25jZQ=="),
    ),
    ("has sixteen zeros as key", "6455/4.1/key-is-fresh-for-each-connection", key(lambda nonce: bytes(16))),
    ("leaves the padding out of its key", "4648/3.2/padding-is-sent", replacing(b"==\r\n", b"\r\n")),
    ("sets pad bits in its key", "4648/3.5/pad-bits-are-zero", with_pad_bits_set),
    ("has a key in the alphabet for URLs", "4648/4/plain-alphabet-is-sent", in_the_url_alphabet),
    ("breaks its key into two lines", "4648/3.1/no-line-feeds-are-added", replacing(b"==\r\n", b"=\r\n =\r\n")),
    ("has two keys", "6455/11.3.1/key-appears-once", more(b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAQ==")),
    ("has no version", "6455/4.1/version-is-present", without(VERSION)),
    ("has version 8", "6455/4.1/version-is-13", field(VERSION, b"8")),
    ("has version 013", "6455/4.1/version-is-13", field(VERSION, b"013")),
    ("has versions 13 and 8", "6455/4.1/version-is-13", field(VERSION, b"13, 8")),
    ("has two versions", "6455/11.3.5/version-appears-once-in-a-request", more(b"Sec-WebSocket-Version: 8")),
    (
        "offers a subprotocol twice",
        "6455/4.1/subprotocols-are-unique-tokens",
        field(b"Sec-WebSocket-Protocol", rb"\1, chat"),
    ),
    (
        "offers a subprotocol that is no token",
        "6455/4.1/subprotocols-are-unique-tokens",
        field(b"Sec-WebSocket-Protocol", b"chat/2"),
    ),
    (
        "offers an empty list of subprotocols",
        "6455/4.1/subprotocols-are-unique-tokens",
        field(b"Sec-WebSocket-Protocol", b""),
    ),
    (
        "has an empty element among its subprotocols",
        "9110/5.6.1.1/no-empty-list-elements-are-sent",
        field(b"Sec-WebSocket-Protocol", b"chat,, superchat"),
    ),
    (
        "offers an extension without a name",
        "6455/9.1/extension-grammar-is-kept",
        more(b"Sec-WebSocket-Extensions: ; level=9"),
    ),
    (
        "offers extensions without a comma",
        "6455/9.1/field-follows-http-rules",
        more(b"Sec-WebSocket-Extensions: x-first x-second"),
    ),
    (
        "offers an extension with a quoted sentence",
        "6455/9.1/extension-grammar-is-kept",
        more(b'Sec-WebSocket-Extensions: x-wsspec; level="9 of 9"'),
    ),
    (
        "ends its Origin with a slash",
        "6455/4.1/origin-is-an-ascii-serialization",
        more(b"Origin: http://wsspec.example/"),
    ),
    ("has a word as Origin", "6455/4.1/origin-is-an-ascii-serialization", more(b"Origin: wsspec")),
    ("has a length of 0", "9110/8.6/client-sends-no-length-without-content", more(b"Content-Length: 0")),
    ("takes chunks, it says", "9112/7.4/te-does-not-name-chunked", more(b"TE: chunked")),
    ("has TE and does not list it", "9112/7.4/te-is-listed-in-connection", more(b"TE: trailers")),
    (
        "offers an extension that nobody registered",
        "6455/9.1/extension-names-are-registered",
        more(b"Sec-WebSocket-Extensions: x-wsspec"),
    ),
    (
        "offers a parameter that nobody defined",
        "6455/9.1/parameters-are-defined",
        more(b"Sec-WebSocket-Extensions: permessage-deflate; level"),
    ),
    ("announces a body", "9110/9.3.1/get-carries-no-content", more(b"Content-Length: 5")),
    ("announces chunks", "9112/6.1/client-codes-only-for-a-known-server", more(b"Transfer-Encoding: chunked")),
    ("expects a 100", "9110/10.1.1/expect-comes-with-content", more(b"Expect: 100-continue")),
    ("has a line without a colon", "9112/5/field-line-has-the-printed-form", more(b"X-Wsspec")),
    ("has a space inside a name", "9110/5.1/field-name-is-a-token", more(b"X Wsspec: anything")),
    ("has a space before a colon", "9112/5.1/no-white-space-before-the-colon", more(b"X-Wsspec : anything")),
    ("folds a line", "9112/5.2/folded-lines-are-not-sent", more(b"X-Wsspec: any", b" thing")),
    ("begins its fields with a space", "9112/2.2/no-white-space-before-the-first-field", first(b" X-Wsspec: anything")),
    ("has a CR in a value", "9112/2.2/bare-cr-is-not-sent", more(b"X-Wsspec: any\rthing")),
    ("has a NUL in a value", "9110/5.5/values-hold-no-cr-lf-nul", more(b"X-Wsspec: any\0thing")),
)

EARLY_TEXT = b"\x81\x85\x01\x02\x03\x04dcqh\x60"
"""A masked text, lawful but for its time."""

MUTANTS: tuple[Mutant, ...] = (
    *(
        Mutant(name=f"client that {fault}", breaks=(breaks,), make=asking(edit), roles=CLIENTS)
        for fault, breaks, edit in FAULTS
    ),
    Mutant(
        name="client that sends a text before the answer",
        breaks=("6455/4.1/no-frames-before-open", "6455/5.1/data-frames-wait-for-the-handshake"),
        make=partial(_speaks_early, EARLY_TEXT),
        roles=CLIENTS,
    ),
    Mutant(
        name="client that sends a Ping before the answer",
        breaks=("6455/4.1/no-frames-before-open",),
        make=partial(_speaks_early, bytes.fromhex("898001020304")),
        roles=CLIENTS,
    ),
    Mutant(
        name="client that sends an empty line behind its request",
        breaks=("9112/2.2/no-line-ends-around-a-request",),
        make=partial(_speaks_early, b"\r\n"),
        roles=CLIENTS,
    ),
    Mutant(
        name="client that sends half a frame before the answer",
        breaks=("9110/7.8/new-protocol-waits-for-the-whole-request",),
        make=partial(_speaks_early, EARLY_TEXT[:4]),
        roles=CLIENTS,
    ),
)
