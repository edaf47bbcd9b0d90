"""What an application does with its WebSocket library and what the library tells it, as an adapter reports it.

A command is answered by one event. Both are JSON objects of one line; binary data is in base64. Nothing here does I/O.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass

import msgspec
from ws_reports.escape import visible

SHOWN = 120
"""How many characters of a message are shown."""


class ChannelError(Exception):
    """An adapter does not keep to the protocol; says how."""


# --- commands ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a connection to ``url``, offering ``subprotocols``."""

    url: str
    subprotocols: tuple[str, ...] = ()

    def fields(self) -> dict[str, object]:
        return {"cmd": "connect", "url": self.url, "subprotocols": self.subprotocols}

    def words(self) -> str:
        return " offering ".join(filter(None, ("connect", ", ".join(self.subprotocols))))


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send a message: text if ``data`` is a string."""

    data: str | bytes

    def fields(self) -> dict[str, object]:
        return {"cmd": "send", **_message(self.data)}

    def words(self) -> str:
        return f"send {_shown(self.data)}"


@dataclass(frozen=True, slots=True)
class SendPing:
    """Send a Ping."""

    data: bytes

    def fields(self) -> dict[str, object]:
        return {"cmd": "ping", "data": b64encode(self.data).decode()}

    def words(self) -> str:
        return f"ping with {len(self.data)} bytes"


@dataclass(frozen=True, slots=True)
class CloseIt:
    """Close the connection. ``code`` None leaves it to the library."""

    code: int | None = None
    reason: str = ""

    def fields(self) -> dict[str, object]:
        return {"cmd": "close", "code": self.code, "reason": self.reason}

    def words(self) -> str:
        return f"close with {self.code}" + (
            f" and a reason of {len(self.reason.encode())} bytes" if self.reason else ""
        )


@dataclass(frozen=True, slots=True)
class Plain:
    """A command without anything further: ``read`` the next message, ``quit``, or one that does not exist."""

    name: str

    def fields(self) -> dict[str, object]:
        return {"cmd": self.name}

    def words(self) -> str:
        return self.name


READ, QUIT, NONSENSE = Plain("read"), Plain("quit"), Plain("fold-the-paper")

Command = Connect | SendMessage | SendPing | CloseIt | Plain


def command_line(command: Command) -> bytes:
    """Return ``command`` as it is written to an adapter."""
    return msgspec.json.encode({"id": 1, **command.fields()}) + b"\n"


# --- events -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """The connection is open, with ``subprotocol`` in use ("" for none)."""

    subprotocol: str

    def words(self) -> str:
        return f'open, subprotocol "{visible(self.subprotocol, SHOWN)}"' if self.subprotocol else "open"


@dataclass(frozen=True, slots=True)
class GotMessage:
    """A message came: text if ``data`` is a string."""

    data: str | bytes

    def words(self) -> str:
        return f"message {_shown(self.data)}"


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is closed. None stands for what the library does not tell."""

    code: int | None
    reason: str | None
    clean: bool | None

    def words(self) -> str:
        told = [f"code {self.code}"] if self.code is not None else []
        told += [f'reason "{visible(self.reason, SHOWN)}"'] if self.reason is not None else []
        told += ["cleanly" if self.clean else "not cleanly"] if self.clean is not None else []
        return ", ".join(["closed", *told])


@dataclass(frozen=True, slots=True)
class Failed:
    """The library refused to do it, or could not."""

    text: str

    def words(self) -> str:
        return f"error: {visible(self.text, SHOWN)}"


@dataclass(frozen=True, slots=True)
class Done:
    """The library did it."""

    def words(self) -> str:
        return "done"


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The adapter knows no such command."""

    def words(self) -> str:
        return "unsupported"


Event = Open | GotMessage | Closed | Failed | Done | Unsupported


class _Fields(msgspec.Struct):
    """All that an event may say."""

    event: str
    subprotocol: str | None = None
    type: str = "text"
    data: str = ""
    code: int | None = None
    reason: str | None = None
    clean: bool | None = None
    text: str = ""


def read_event(line: bytes) -> Event:
    """Return the event in ``line``. Raises ChannelError."""
    try:
        fields = msgspec.json.decode(line, type=_Fields)
        match fields.event:
            case "open":
                return Open(fields.subprotocol or "")
            case "message":
                return GotMessage(b64decode(fields.data, validate=True) if fields.type == "binary" else fields.data)
            case "closed":
                return Closed(fields.code, fields.reason, fields.clean)
            case "error":
                return Failed(fields.text)
            case "done":
                return Done()
            case "unsupported":
                return Unsupported()
    except (msgspec.MsgspecError, ValueError) as error:
        raise ChannelError(
            f"the adapter wrote {_line(line)}, which cannot be read: {visible(str(error), 200)}"
        ) from error
    raise ChannelError(f"the adapter wrote {_line(line)}, and no event has that name")


def _message(data: str | bytes) -> dict[str, object]:
    if isinstance(data, str):
        return {"type": "text", "data": data}
    return {"type": "binary", "data": b64encode(data).decode()}


def _shown(data: str | bytes) -> str:
    if isinstance(data, str):
        return f'text "{visible(data, SHOWN)}"'
    return f"{len(data)} bytes {data[:32].hex()}{'…' if len(data) > 32 else ''}"


def _line(line: bytes) -> str:
    return f"'{visible(line.rstrip(), 200)}'"
