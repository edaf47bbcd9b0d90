"""Masking: the payload under a key, and where the keys come from (RFC 6455 §5.3).

There is the obvious way to mask, and a faster one. A faster one still needs C: see ``ws_reference.speedups``.
"""

from collections.abc import Callable, Iterator
from struct import Struct
from typing import Final

Mask = Callable[[bytes, bytes], bytes]
"""Given a payload and a masking key of four bytes, returns the payload masked, or unmasked."""


def mask_octet_by_octet(payload: bytes, masking_key: bytes) -> bytes:
    """Mask ``payload``, or unmask it, exactly as §5.3 tells it. ``mask`` does the same, only faster.

    >>> mask_octet_by_octet(bytes.fromhex("7f9f4d5158"), bytes.fromhex("37fa213d"))
    b'Hello'
    """
    return bytes(octet ^ masking_key[i % 4] for i, octet in enumerate(payload))


def mask(payload: bytes, masking_key: bytes) -> bytes:
    """Mask ``payload``, or unmask it (§5.3).

    A short payload is one large number, XORed with another. In a longer one, all octets that meet the same octet of
    the key are translated at once. A long one is masked in blocks, which stay in the processor's cache.

    >>> mask(b"Hello", bytes.fromhex("37fa213d")).hex()
    '7f9f4d5158'
    """
    length = len(payload)
    if length <= LONGEST_NUMBER:
        repeated_key = (masking_key * (length // 4 + 1))[:length]
        return _to_bytes(_from_bytes(payload) ^ _from_bytes(repeated_key), length)
    if length <= BLOCK_LENGTH:
        return bytes(_translate(payload, masking_key))
    starts = range(0, length, BLOCK_LENGTH)
    return b"".join([_translate(payload[start : start + BLOCK_LENGTH], masking_key) for start in starts])


LONGEST_NUMBER: Final = 2 * 1024
"""From so many bytes on, four translations are faster than an XOR of numbers."""

BLOCK_LENGTH: Final = 64 * 1024
"""A multiple of 4, so that each block meets the key at the key's first octet."""

_from_bytes: Final = int.from_bytes
_to_bytes: Final = int.to_bytes


def _translate(block: bytes, masking_key: bytes) -> bytearray:
    masked = bytearray(block)
    for i in range(4):
        masked[i::4] = masked[i::4].translate(_UNDER[masking_key[i]])
    return masked


_UNDER: Final = tuple(bytes(octet ^ key_octet for octet in range(256)) for key_octet in range(256))
"""For each octet that a key may have, what every octet becomes under it."""


def masking_keys(entropy: Callable[[int], bytes]) -> Callable[[], bytes]:
    """Return a function that returns a fresh masking key each time it is called, for one connection.

    ``entropy`` returns so many bytes from a strong source, as os.urandom does. It is asked for KEYS_AT_A_TIME keys at
    once, because to call the operating system for each would cost as much as to mask a short message. A process that
    copies itself by fork copies the keys that are left, too: what was connected before belongs to one of the two.

    >>> new_masking_key = masking_keys(lambda length: bytes(range(length)))
    >>> new_masking_key().hex(), new_masking_key().hex()
    ('00010203', '04050607')
    """
    return _keys(entropy).__next__


KEYS_AT_A_TIME = 64


def _keys(entropy: Callable[[int], bytes]) -> Iterator[bytes]:
    while True:
        yield from _split(entropy(4 * KEYS_AT_A_TIME))


_split = Struct("4s" * KEYS_AT_A_TIME).unpack
