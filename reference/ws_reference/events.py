"""What a connection tells its application: each event is one thing that was received.

Events are values, but not frozen ones: a busy connection makes one for every frame, and freezing doubles the cost.
The frequent ones have an __init__, for one that dataclass writes is interpreted even where all else is compiled.
"""

from dataclasses import dataclass

from ws_reference.rules import Violation


@dataclass(slots=True, init=False)
class TextReceived:
    """A text message came, whole (§5.6)."""

    text: str

    def __init__(self, text: str) -> None:
        self.text = text


@dataclass(slots=True, init=False)
class BinaryReceived:
    """A binary message came, whole (§5.6)."""

    payload: bytes

    def __init__(self, payload: bytes) -> None:
        self.payload = payload


@dataclass(slots=True, init=False)
class PingReceived:
    """A Ping came, and its Pong is among the bytes to send (§5.5.2)."""

    payload: bytes

    def __init__(self, payload: bytes) -> None:
        self.payload = payload


@dataclass(slots=True, init=False)
class PongReceived:
    """A Pong came, asked for or not (§5.5.3)."""

    payload: bytes

    def __init__(self, payload: bytes) -> None:
        self.payload = payload


@dataclass(slots=True)
class CloseReceived:
    """The peer sent a Close frame. ``code`` is 1005 when its body was empty (§7.1.5)."""

    code: int
    reason: str


@dataclass(slots=True)
class ConnectionFailed:
    """The peer broke a rule, and this endpoint failed the connection (§7.1.7). No event follows."""

    violation: Violation


Event = TextReceived | BinaryReceived | PingReceived | PongReceived | CloseReceived | ConnectionFailed
