"""Faulty clients in TLS: whom they trust, what they send in clear, and how they end (RFC 6455 §4.1 item 5)."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from msgspec import structs
from ws_reference import WebSocketUri, parse_uri

from ws_conformance.carriers.tls import OverTls, trusting, trusting_authority
from ws_conformance.model import CLIENTS, RequirementId
from ws_conformance.mutants.base import Mutant, Secure, Tampered, reference_peer
from ws_conformance.mutants.client_uri import reading
from ws_conformance.peer import Chunk, Peer, Signal
from ws_conformance.wire import FrameReader, serialize


def clear_unless_lower(uri: str) -> WebSocketUri:
    return replace(parse_uri(uri), secure=uri.startswith("wss:"))


def over(make_context: Callable[[], ssl.SSLContext]) -> Secure:
    """Return what puts TLS with another context around a client."""
    return lambda peer, name: trusting(peer, name, make_context())


def trusting_anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def minding_no_names() -> ssl.SSLContext:
    context = trusting_authority()
    context.check_hostname = False
    return context


X509_V_FLAG_NO_CHECK_TIME = 0x200000


def minding_no_time() -> ssl.SSLContext:
    context = trusting_authority()
    context.verify_flags |= ssl.VerifyFlags(X509_V_FLAG_NO_CHECK_TIME)
    return context


def taking_old_versions() -> ssl.SSLContext:
    context = trusting_authority()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


def unmasked(data: bytes) -> bytes:
    """Return the frames in ``data`` without their masks; a request passes."""
    if data.startswith(b"GET "):
        return data
    frames = FrameReader(len(data)).feed(data)
    return b"".join(serialize(structs.replace(frame, masked=False), masked=False, masking_key=b"") for frame in frames)


class SaysNoFarewell(OverTls):
    """Ends TCP without an alert before."""

    def _end(self, signal: Signal) -> list[Chunk]:
        return [signal]


class NamesNobody(OverTls):
    """Sends a ClientHello without server_name."""

    def __init__(self, inner: Peer, context: ssl.SSLContext, *, server_name: str) -> None:
        context.check_hostname = False
        super().__init__(inner, context, server_name=server_name, indicates=False)


_TLS_FIRST = ("6455/4.1/tls-comes-before-the-handshake", "6455/3/wss-scheme-is-secure")
_FAILS = ("6455/4.1/tls-failure-fails", "6455/11.1.2/wss-is-protected-by-tls")

TLS: tuple[tuple[str, Secure, tuple[RequirementId, ...]], ...] = (
    ("speaks in clear where it is to use TLS", lambda peer, name: peer, _TLS_FIRST),
    ("trusts anybody", over(trusting_anybody), _FAILS),
    ("minds no names in certificates", over(minding_no_names), _FAILS),
    ("minds no dates in certificates", over(minding_no_time), _FAILS),
    ("takes old versions of TLS", over(taking_old_versions), ("6455/10.6/client-uses-strong-tls",)),
    (
        "names no server in TLS",
        lambda peer, name: NamesNobody(peer, trusting_authority(), server_name=name),
        ("6455/4.1/server-name-is-indicated",),
    ),
    (
        "masks nothing inside TLS",
        lambda peer, name: trusting(Tampered(peer, outgoing=unmasked), name),
        ("6455/5.1/masking-does-not-depend-on-tls", "6455/5.1/client-frames-are-masked"),
    ),
    (
        "ends TLS without an alert",
        lambda peer, name: SaysNoFarewell(peer, trusting_authority(), server_name=name),
        ("9112/9.8/client-sends-a-closure-alert",),
    ),
    (
        "asks for nothing but a slash inside TLS",
        lambda peer, name: trusting(Tampered(peer, outgoing=lambda data: re.sub(rb"^GET \S+", b"GET /", data)), name),
        ("6455/11.1.2/path-and-query-make-the-resource-name",),
    ),
    (
        "leaves TLS after the handshake",
        lambda peer, name: LeavesTls(peer, trusting_authority(), server_name=name),
        ("6455/4.1/secure-traffic-stays-in-tls",),
    ),
)


class LeavesTls(OverTls):
    """Sends what comes behind its request in clear."""

    _has_asked = False

    def transmit(self, now: float) -> list[Chunk]:
        if self._is_secure and self._has_asked:
            return self._inner.transmit(now)
        self._has_asked = self._is_secure
        return super().transmit(now)


MUTANTS: tuple[Mutant, ...] = (
    *(
        Mutant(name=f"TLS: {words}", breaks=breaks, make=partial(reference_peer, secure=secure), roles=CLIENTS)
        for words, secure, breaks in TLS
    ),
    Mutant(
        name="TLS: takes WSS for ws",
        breaks=("6455/3/wss-scheme-is-secure",),
        make=reading(clear_unless_lower),
        roles=CLIENTS,
    ),
    Mutant(
        name="TLS: takes port 80 for the default",
        breaks=("6455/3/wss-default-port-is-443",),
        make=reading(lambda uri: replace(parse_uri(uri), port=80) if "wss://localhost/" in uri else parse_uri(uri)),
        roles=CLIENTS,
    ),
)
