"""Cases about text: what is UTF-8 is taken, what is not fails the connection (RFC 6455 §8.1, RFC 3629)."""

from . import fragmented, malformed, opaque, truncated, valid

CASES = (
    *valid.CASES,
    *fragmented.CASES,
    *malformed.CASES,
    *truncated.CASES,
    *opaque.CASES,
)

__all__ = ["CASES"]
