"""Servers that read HTTP carelessly: heads, bodies, limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from ws_reference import REQUEST_RULES, Endpoint, Limits, Refusal, Request, ServerHandshake
from ws_reference.request_rules import request_has_no_body

from ws_conformance.model import RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, reference_peer, tampered, with_handshake
from ws_conformance.peer import Peer, Role

KEY_IS_REQUIRED = "6455/4.2.1/key-is-required"
TARGET_IS_A_RESOURCE_NAME = "6455/4.2.1/request-target-is-a-resource-name"


def edits(pattern: bytes, replacement: bytes, count: int = 0) -> Callable[[bytes], bytes]:
    """Return what replaces ``pattern`` in each chunk that comes in."""
    return partial(re.compile(pattern, re.IGNORECASE).sub, replacement, count=count)


def supplies_a_host(data: bytes) -> bytes:
    lacks_one = data.startswith(b"GET ") and not re.search(rb"\r\nhost[ \t]*:", data, re.IGNORECASE)
    return data.replace(b"\r\n", b"\r\nHost: wsspec.example\r\n", 1) if lacks_one else data


def keeps_the_first_host(data: bytes) -> bytes:
    line = rb"\r\nhost:[^\r]*"
    first = re.search(line, data, re.IGNORECASE)
    return data if first is None else data[: first.end()] + re.sub(line, b"", data[first.end() :], flags=re.IGNORECASE)


def drops_lines_without_a_name(data: bytes) -> bytes:
    head, end, behind = data.partition(b"\r\n\r\n")
    start_line, *field_lines = head.split(b"\r\n")
    kept = (line for line in field_lines if re.match(rb"[\w!#$%&'*+.^`|~-]+[ \t]*:|[ \t]", line))
    return b"\r\n".join((start_line, *kept)) + end + behind if end else data


def takes_trailers_for_fields(data: bytes) -> bytes:
    head, last_chunk, trailers = data.partition(b"\r\n\r\n0\r\n")
    if not last_chunk or trailers == b"\r\n":
        return data
    return re.sub(rb"\r\nTransfer-Encoding:[^\r]*", b"", head) + b"\r\n" + trailers


def takes_chunks_for_frames(data: bytes) -> bytes:
    head, end, body = data.partition(b"\r\n\r\n")
    unframed = re.sub(rb"(?:^|\r\n)[0-9a-f]+(?:;[^\r]*)?\r\n", b"", body)
    return re.sub(rb"\r\nTransfer-Encoding:[^\r]*", b"", head, flags=re.IGNORECASE) + end + unframed


def wraps_round_chunk_sizes(data: bytes) -> bytes:
    head, end, body = data.partition(b"\r\n\r\n")
    without_coding = re.sub(rb"\r\nTransfer-Encoding: chunked(?=\r|$)", b"", head)
    if without_coding == head:
        return data
    size, _, chunks = body.partition(b"\r\n")
    return without_coding + end + chunks[int(size.partition(b";")[0], 16) % (1 << 64) :]


class WrapsRoundLengths(ServerHandshake):
    """Opens on a request with a body, and passes over as much of it as 64 bits of its length say."""

    def __init__(self, *, subprotocols: Sequence[str], limits: Limits) -> None:
        rules = tuple(rule for rule in REQUEST_RULES if rule is not request_has_no_body)
        super().__init__(subprotocols=subprotocols, rules=rules, limits=limits)

    def receive(self, data: bytes) -> Request | Refusal | None:
        answer = super().receive(data)
        if isinstance(answer, Request):
            self.leftover = self.leftover[int("".join(answer.headers.lines("content-length")) or "0") % (1 << 64) :]
        return answer


class TakesOnlySmallHeads(ServerHandshake):
    """Ends TCP when there are many fields, instead of saying so."""

    def refuse(self, refusal: Refusal) -> bytes:
        return b"" if refusal.status in (414, 431) else super().refuse(refusal)


class WaitsForever(Endpoint):
    """Does not notice that the client has ended TCP before its request was complete."""

    def receive_end(self) -> None:
        if self.connection is not None:
            super().receive_end()


def waits_forever(role: Role) -> Peer:
    return reference_peer(role, endpoint=WaitsForever)


def ends_the_head_itself(data: bytes) -> bytes:
    needs_only_the_end = re.search(rb"Sec-WebSocket-Key: [^\r]*\r\n$", data) and data.startswith(b"GET ")
    return data + b"\r\n" if needs_only_the_end else data


CARELESS: tuple[tuple[str, MakePeer, tuple[RequirementId, ...]], ...] = (
    (
        "takes white space before a colon",
        tampered(incoming=edits(rb"(\n[\w-]+)[ \t]+:", rb"\1:")),
        ("9112/5.1/white-space-before-the-colon-is-refused",),
    ),
    (
        "takes CR for the end of a line",
        tampered(incoming=edits(rb"\r(?!\n)", b"\r\n")),
        ("9112/2.2/bare-cr-is-refused-or-replaced",),
    ),
    (
        "takes NUL for the end of a line",
        tampered(incoming=edits(rb"(X-Wsspec: a)\0", rb"\1\r\n")),
        ("9110/5.5/cr-lf-nul-is-refused-or-replaced",),
    ),
    (
        "drops NUL",
        tampered(incoming=edits(rb"(web|up)\0", rb"\1")),
        ("9110/5.5/cr-lf-nul-is-refused-or-replaced",),
    ),
    (
        "takes a folded line for a field",
        tampered(incoming=edits(rb"(: [^\r]*\r\n)[ \t]+", rb"\1")),
        ("9112/5.2/folded-request-is-refused-or-unfolded",),
    ),
    (
        "takes white space before the first field for nothing",
        tampered(incoming=edits(rb"(HTTP/1.1\r\n)[ \t]+", rb"\1", 1)),
        ("9112/2.2/white-space-before-the-first-field-is-refused-or-skipped",),
    ),
    (
        "loses the line end behind half a character",
        tampered(incoming=edits(rb"\xe2\r\n", b"\xe2")),
        ("9112/2.2/head-is-parsed-as-bytes",),
    ),
    (
        "passes over lines that are no field lines",
        tampered(incoming=drops_lines_without_a_name),
        ("9112/5/field-line-outside-the-grammar-is-refused",),
    ),
    (
        "reads http/1.1 in any letters",
        tampered(incoming=edits(rb"http/1\.1", b"HTTP/1.1", 1)),
        ("9112/2.3/version-is-case-sensitive",),
    ),
    (
        "reads the HTTP version up to its point",
        tampered(incoming=edits(rb" HTTP/1[^\r]*", b" HTTP/1.1", 1)),
        ("9112/2.3/version-is-case-sensitive", "6455/4.2.1/http-version-is-1.1-or-higher"),
    ),
    (
        "takes whatever is behind the target for HTTP/1.1",
        tampered(incoming=edits(rb"^(GET [^ \r]+) [^\r]*", rb"\1 HTTP/1.1", 1)),
        ("9112/2.3/version-is-case-sensitive", "6455/4.2.1/http-version-is-1.1-or-higher"),
    ),
    (
        "takes no target for a slash",
        tampered(incoming=edits(rb"^GET  HTTP", b"GET / HTTP", 1)),
        (TARGET_IS_A_RESOURCE_NAME,),
    ),
    (
        "drops bytes above 7F from the target",
        tampered(incoming=edits(rb"^(GET [!-~]*)[\x80-\xff]+", rb"\1", 1)),
        (TARGET_IS_A_RESOURCE_NAME,),
    ),
    (
        "mends a space in the target",
        tampered(incoming=edits(rb"\?a b ", b"?a%20b ", 1)),
        ("9112/3.2/white-space-in-the-target-is-not-repaired",),
    ),
    (
        "takes no empty line before the request",
        tampered(incoming=edits(rb"^\r\n", b"?\r\n", 1)),
        ("9112/2.2/leading-empty-line-is-skipped",),
    ),
    (
        "knows Upgrade and Connection in their usual letters only",
        tampered(incoming=lambda data: data.replace(b"\r\nupgrade:", b"\r\nx:").replace(b"\r\nCONNECTION:", b"\r\nx:")),
        ("6455/4.2.1/request-field-names-are-case-insensitive",),
    ),
    (
        "knows the key by its usual letters only",
        tampered(incoming=lambda data: data.replace(b"sEC-wEBsOCKET-kEY", b"x")),
        ("6455/4.2.1/request-field-names-are-case-insensitive",),
    ),
    (
        "wants a space behind the colon",
        tampered(incoming=edits(rb"\n([\w-]+):(?![ \t\r])", rb"\nx-\1:")),
        ("9112/5.1/white-space-around-a-value-is-optional",),
    ),
    (
        "does not wait for the empty line",
        tampered(incoming=ends_the_head_itself),
        ("9110/5.3/request-waits-for-the-whole-head",),
    ),
    ("does not notice the end of TCP", waits_forever, ("9112/9.5/end-by-the-peer-is-noticed",)),
    ("needs no Host", tampered(incoming=supplies_a_host), ("6455/4.2.1/host-is-required",)),
    ("takes the first of two Hosts", tampered(incoming=keeps_the_first_host), ("9112/3.2/repeated-host-is-refused",)),
    (
        "takes the older keys for the key",
        tampered(incoming=edits(rb"Sec-WebSocket-Key1: [^\r]*", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")),
        (KEY_IS_REQUIRED,),
    ),
    (
        "takes what is no length for a length of 0",
        tampered(incoming=edits(rb"Content-Length: (?!\d+\r)[^\r]*", b"Content-Length: 0")),
        ("9112/6.3/malformed-length-in-a-request-is-refused",),
    ),
    (
        "passes over codings that it does not know",
        tampered(incoming=edits(rb"Transfer-Encoding: (?!chunked\r)[^\r]*", b"X-Coding: none")),
        ("9112/6.3/request-without-final-chunked-is-refused",),
    ),
    (
        "takes trailers for fields of the head",
        tampered(incoming=takes_trailers_for_fields),
        ("9112/7.1.2/trailers-do-not-become-headers",),
    ),
    (
        "takes chunks for frames",
        tampered(incoming=takes_chunks_for_frames),
        ("9112/6.1/chunked-request-is-parsed",),
    ),
    (
        "reads lengths modulo 2**64",
        with_handshake(WrapsRoundLengths),
        ("9110/8.6/large-lengths-do-not-overflow",),
    ),
    (
        "reads chunk sizes modulo 2**64",
        tampered(incoming=wraps_round_chunk_sizes),
        ("9112/7.1/chunk-size-does-not-overflow",),
    ),
    (
        "ends TCP when a head is too large",
        with_handshake(TakesOnlySmallHeads),
        ("9110/5.4/too-large-fields-get-a-4xx", "9112/3/too-long-target-gets-414"),
    ),
    (
        "takes heads of 4000 bytes at most",
        with_handshake(lambda **options: ServerHandshake(**{**options, "limits": Limits(head_length=4000)})),
        ("9112/3/request-line-of-8000-bytes-is-read",),
    ),
)

MUTANTS = tuple(Mutant(name=name, breaks=breaks, make=make) for name, make, breaks in CARELESS)
