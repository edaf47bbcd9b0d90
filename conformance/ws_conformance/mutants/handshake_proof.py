"""Servers whose Sec-WebSocket-Accept proves nothing: it is not what §4.2.2 makes of the key."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from hashlib import sha1, sha256

from ws_reference import REQUEST_RULES, Limits, Request, ServerHandshake
from ws_reference.headers import accept_for
from ws_reference.request_rules import key_decodes_to_16_bytes, key_is_given_once

from ws_conformance.model import RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, Tampered, reference_peer, with_handshake
from ws_conformance.peer import Peer, Role

ACCEPT_IS_COMPUTED = "6455/4.2.2/accept-is-computed-from-the-key"
REPEATED_KEY = "6455/11.3.1/repeated-key-is-refused"
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


Proof = Callable[[bytes], bytes]


def sha1_of(data: bytes) -> bytes:
    return sha1(data, usedforsecurity=False).digest()


def with_a_wrong_guid(key: bytes) -> bytes:
    return b64encode(sha1_of(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B12"))


def with_the_guid_in_small_letters(key: bytes) -> bytes:
    return b64encode(sha1_of(key + GUID.lower()))


def without_the_guid(key: bytes) -> bytes:
    return b64encode(sha1_of(key))


def with_the_guid_in_front(key: bytes) -> bytes:
    return b64encode(sha1_of(GUID + key))


def with_hexadecimal_digits(key: bytes) -> bytes:
    return sha1_of(key + GUID).hex().encode()


def with_base64_of_hexadecimal_digits(key: bytes) -> bytes:
    return b64encode(sha1_of(key + GUID).hex().encode())


def with_sha256(key: bytes) -> bytes:
    return b64encode(sha256(key + GUID).digest())


def with_the_alphabet_for_urls(key: bytes) -> bytes:
    return urlsafe_b64encode(sha1_of(key + GUID))


def without_padding(key: bytes) -> bytes:
    return b64encode(sha1_of(key + GUID)).rstrip(b"=")


def from_the_decoded_key(key: bytes) -> bytes:
    return b64encode(sha1_of(b64decode(key) + GUID))


def from_the_key_decoded_and_encoded(key: bytes) -> bytes:
    return b64encode(sha1_of(b64encode(b64decode(key)) + GUID))


def from_the_key_in_small_letters(key: bytes) -> bytes:
    return b64encode(sha1_of(key.lower() + GUID))


def from_the_key_read_as_a_form(key: bytes) -> bytes:
    return b64encode(sha1_of(key.replace(b"+", b" ") + GUID))


def from_the_key_without_padding(key: bytes) -> bytes:
    return b64encode(sha1_of(key.rstrip(b"=") + GUID))


def from_the_key_up_to_a_slash(key: bytes) -> bytes:
    return b64encode(sha1_of(key.partition(b"/")[0] + GUID))


def for_another_key(key: bytes) -> bytes:
    return b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def the_key_itself(key: bytes) -> bytes:
    return key


PROOFS: tuple[Proof, ...] = (
    with_a_wrong_guid,
    with_the_guid_in_small_letters,
    without_the_guid,
    with_the_guid_in_front,
    with_hexadecimal_digits,
    with_base64_of_hexadecimal_digits,
    with_sha256,
    with_the_alphabet_for_urls,
    without_padding,
    from_the_decoded_key,
    from_the_key_decoded_and_encoded,
    from_the_key_in_small_letters,
    from_the_key_read_as_a_form,
    from_the_key_without_padding,
    from_the_key_up_to_a_slash,
    for_another_key,
    the_key_itself,
)


def proving(proof: Proof) -> MakePeer:
    """Return a maker of servers whose Sec-WebSocket-Accept is made by ``proof``."""

    class Proving(ServerHandshake):
        def compute_accept(self, request: Request) -> str:
            return proof((request.headers.combined("sec-websocket-key") or "").encode("latin-1")).decode("latin-1")

    return with_handshake(Proving)


class HashesWhiteSpace:
    """Computes the proof from all that stands behind the colon of the key."""

    def __init__(self) -> None:
        self._key = b""

    def incoming(self, data: bytes) -> bytes:
        key = re.search(rb"\nSec-WebSocket-Key: ?([^\r]*)", data, re.IGNORECASE)
        self._key = key[1] if key else self._key
        return data

    def outgoing(self, data: bytes) -> bytes:
        right = accept_for(self._key.strip(b" \t").decode("latin-1")).encode()
        return data.replace(right, accept_for(self._key.decode("latin-1")).encode())


def hashes_white_space(role: Role) -> Peer:
    fault = HashesWhiteSpace()
    return Tampered(reference_peer(role), incoming=fault.incoming, outgoing=fault.outgoing)


class TrustsKeys(ServerHandshake):
    """Takes any key, and any number of keys; its proof is for all of them, joined by commas."""

    def __init__(self, *, subprotocols: Sequence[str], limits: Limits) -> None:
        about_keys = (key_is_given_once, key_decodes_to_16_bytes)
        rules = tuple(rule for rule in REQUEST_RULES if rule not in about_keys)
        super().__init__(subprotocols=subprotocols, rules=rules, limits=limits)


class TakesTheFirstKey(TrustsKeys):
    def compute_accept(self, request: Request) -> str:
        return accept_for(next(iter(request.headers.lines("sec-websocket-key")), ""))


FAULTS: tuple[tuple[str, MakePeer, tuple[RequirementId, ...]], ...] = (
    (
        "hashes the white space around the key",
        hashes_white_space,
        ("6455/4.2.2/key-white-space-is-not-hashed", ACCEPT_IS_COMPUTED),
    ),
    (
        "joins two keys",
        with_handshake(TrustsKeys),
        ("6455/11.3.1/repeated-key-gives-a-consistent-accept", REPEATED_KEY),
    ),
    ("takes the first of two keys", with_handshake(TakesTheFirstKey), (REPEATED_KEY,)),
)

MUTANTS: tuple[Mutant, ...] = (
    *(
        Mutant(
            name=f"makes its proof {proof.__name__.replace('_', ' ')}",
            breaks=(ACCEPT_IS_COMPUTED,),
            make=proving(proof),
        )
        for proof in PROOFS
    ),
    *(Mutant(name=name, breaks=breaks, make=make) for name, make, breaks in FAULTS),
)
