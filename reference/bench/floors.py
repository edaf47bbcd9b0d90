"""What the machine allows: the least that anyone must do for a workload, without a parser, a check or an object.

A payload has to be copied out of what was read, or behind its header; a masked one has to be XORed; text has to be
decoded, or encoded; and zlib takes its time. There are two floors, since the standard library has no fast XOR.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha1

from ws_reference import Role

from .workloads import KEY, Answering, Job, Opening, Receiving, Sending, Workload

Xor = Callable[[bytes | bytearray, bytes], bytes | bytearray]

TAIL = b"\x00\x00\xff\xff"
BLOCK_LENGTH = 64 * 1024


def fastest_xor() -> Xor:
    """Return the fastest XOR that can be had, which is C from websockets."""
    from websockets.speedups import apply_mask

    return apply_mask


def standard_xor(payload: bytes | bytearray, key: bytes) -> bytes | bytearray:
    """Return ``payload`` under ``key``, as fast as the standard library can: one large number, or four translations."""
    length = len(payload)
    if length <= 2048:
        repeated = (key * (length // 4 + 1))[:length]
        return to_bytes(from_bytes(payload) ^ from_bytes(repeated), length)
    if length > BLOCK_LENGTH:
        starts = range(0, length, BLOCK_LENGTH)
        return b"".join([standard_xor(payload[start : start + BLOCK_LENGTH], key) for start in starts])
    masked = bytearray(payload)
    masked[0::4] = masked[0::4].translate(TRANSLATIONS[key[0]])
    masked[1::4] = masked[1::4].translate(TRANSLATIONS[key[1]])
    masked[2::4] = masked[2::4].translate(TRANSLATIONS[key[2]])
    masked[3::4] = masked[3::4].translate(TRANSLATIONS[key[3]])
    return masked


from_bytes, to_bytes = int.from_bytes, int.to_bytes

TRANSLATIONS = [bytes(i ^ octet for i in range(256)) for octet in range(256)]


def floor(workload: Workload, xor: Xor) -> Job:
    """Return the least that has to be done for ``workload``."""
    match workload:
        case Receiving():
            return _receiving(workload, xor)
        case Sending():
            return _sending(workload, xor)
        case Answering():
            payloads = workload.payloads
            # A Ping is masked on its way to a server, its Pong on its way from a client: one XOR either way.
            return lambda: [xor(payload, KEY) for payload in payloads]
        case Opening():
            heard = workload.heard
            return lambda: (b64encode(sha1(heard[:60]).digest()), heard.decode("latin-1").split("\r\n"))
    raise NotImplementedError(workload)


def _receiving(workload: Receiving, xor: Xor) -> Job:
    is_masked = workload.role is Role.SERVER
    is_text = isinstance(workload.messages[0], str)
    payloads = [bytearray(xor(payload, KEY) if is_masked else payload) for payload in workload.payloads]
    in_fragments = len(payloads) > len(workload.messages)

    def receive() -> object:
        decompressor = zlib.decompressobj(-15)
        messages: list[str | bytes | bytearray] = []
        unmasked = []
        for payload in payloads:
            data = xor(payload, KEY) if is_masked else bytes(payload)
            if workload.deflates:
                data = decompressor.decompress(data + TAIL)
            if in_fragments:
                unmasked.append(data)
            else:
                messages.append(data.decode() if is_text else data)
        return [b"".join(unmasked).decode()] if in_fragments else messages

    return receive


def _sending(workload: Sending, xor: Xor) -> Job:
    is_masked = workload.role is Role.CLIENT
    compressor = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -15)
    header = bytes(10)

    def send() -> object:
        said: list[bytes | bytearray] = []
        for message in workload.messages:
            data = message.encode() if isinstance(message, str) else message
            if workload.deflates:
                data = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
            said.append(header + (xor(data, KEY) if is_masked else data))
        return said

    return send
