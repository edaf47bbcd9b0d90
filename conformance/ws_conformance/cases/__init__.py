"""All cases, in the order in which reports show them."""

from . import client, closing, control, deflate, fragmentation, framing, handshake, limits, utf8

CASES = (
    *handshake.CASES,
    *client.CASES,
    *framing.CASES,
    *fragmentation.CASES,
    *control.CASES,
    *utf8.CASES,
    *closing.CASES,
    *deflate.CASES,
)
"""What every run plays, unless it is told otherwise."""

LIMITS = limits.CASES
"""What strains a target, and is played only where that is asked for."""

ALL_CASES = (*CASES, *LIMITS)

__all__ = ["ALL_CASES", "CASES", "LIMITS"]
