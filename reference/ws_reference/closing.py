"""What the body of a Close frame says: a code and a reason (RFC 6455 §5.5.1, §7.4)."""

from enum import IntEnum


class CloseCode(IntEnum):
    """The codes of §7.4.1. NO_CODE and ABNORMAL are for the application to read and never on the wire."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    NO_CODE = 1005
    ABNORMAL = 1006
    INVALID_DATA = 1007
    POLICY_VIOLATION = 1008
    TOO_BIG = 1009
    MISSING_EXTENSION = 1010
    UNEXPECTED_CONDITION = 1011


def close_body(code: int, reason: str = "") -> bytes:
    """Return the body of a Close frame. The code NO_CODE makes an empty one.

    >>> close_body(1000, "done").hex(" ")
    '03 e8 64 6f 6e 65'
    """
    if code == CloseCode.NO_CODE:
        return b""
    return code.to_bytes(2, "big") + reason.encode()


def code_of(body: bytes) -> int | None:
    """Return the code at the start of a Close frame's body; None if the body is too short to hold one."""
    return body[0] << 8 | body[1] if len(body) >= 2 else None
