"""How much an endpoint takes from its peer (RFC 6455 §10.4).

The RFC names no number, only that there should be limits; each of ours can be changed.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that is accepted. What goes beyond is refused as soon as it is announced.

    ``frame_length`` and ``message_length``, in bytes: the connection fails with 1009.
    ``fragments`` in one message: the connection fails with 1008, for the message need not be too big.
    ``head_length``, in bytes, and ``header_fields`` in an opening handshake: a server answers 431, or 414 if the
    request line alone is too long; a client fails the connection.
    """

    frame_length: int = 16 * 1024 * 1024
    message_length: int = 16 * 1024 * 1024
    fragments: int = 1024 * 1024
    head_length: int = 16 * 1024
    header_fields: int = 100


DEFAULT_LIMITS = Limits()
