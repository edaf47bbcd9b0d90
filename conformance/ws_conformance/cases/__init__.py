"""All cases, in the order in which reports show them."""

from . import closing, control, fragmentation, framing, handshake, utf8

CASES = (
    *handshake.CASES,
    *framing.CASES,
    *fragmentation.CASES,
    *control.CASES,
    *utf8.CASES,
    *closing.CASES,
)

__all__ = ["CASES"]
