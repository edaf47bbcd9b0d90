"""Cases about the end: the closing handshake, its codes and reasons, and the end of TCP (RFC 6455 §5.5.1, §7)."""

from . import behind, body, codes, failing, handshake, messages, tcp

CASES = (
    *handshake.CASES,
    *body.CASES,
    *codes.CASES,
    *messages.CASES,
    *behind.CASES,
    *failing.CASES,
    *tcp.CASES,
)

__all__ = ["CASES"]
