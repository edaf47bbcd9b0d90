"""Real clients against real servers: a relay between the two carries what they say, and says one thing itself.

Both ends echo, and so neither would begin. When the connection is open and the client has said nothing, the relay says
SEED to the server in the client's name; from then on the two send it to each other. After ROUNDS the relay says Close
to the client in the server's name. The client's answer goes to the server, which takes it for a Close of the client's
and ends TCP; what it says meanwhile is not carried, because to the client it is closed. So each peer sees nothing but a
lawful other end, and takes part in a whole closing handshake. Not one byte that a peer says is changed.

``Conversation`` knows when to say what, and does no I/O.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from ws_reports.escape import harmless, visible
from ws_reports.relay import Relayed, Talk

from ..clients.meeting import HOST
from ..head import HeadReader, read_request_head, read_response_head
from ..model import Breach, Close, Message, Opened, Refused, Setting, Unreadable
from ..observer import Observer
from ..peer import Chunk, Role, Signal
from ..spawning import Printed, SpawnError, exit_words
from ..usage import UsageError
from ..version import suite_version
from ..wire import CLOSE, TEXT, FrameReader, WireFrame, serialize
from .description import TargetDescription
from .installing import InstalledTarget, InstallError, install
from .starting import prepared_server, running_client

SEED = ("carried from one to the other ✓ " * 64).encode()
"""The text that goes around: long enough for whoever compresses only what is long."""

ROUNDS = 3
"""How often it comes back from the client."""

TALK_SECONDS = 15.0
"""How long a pair may take in all, before ``--scale``."""

LEAVE_SECONDS = 2.0
"""How long a client may take to end its side once the server has, and the other way round, before ``--scale``."""

BREACHES = 20
"""How many breaches of one pair are kept."""

_READ_BYTES = 1 << 16
_FRAME_BYTES = 1 << 20


@dataclass(slots=True)
class _Stream:
    """What one peer says: its head, then its frames, and whether a message of its is under way."""

    observer: Observer
    head: HeadReader | None = field(default_factory=HeadReader)
    frames: FrameReader = field(default_factory=lambda: FrameReader(_FRAME_BYTES))
    in_message: bool = False

    @property
    def is_between_messages(self) -> bool:
        return not self.in_message and not self.frames.pending

    def read(self, data: bytes) -> list[WireFrame]:
        """Return the frames that ``data``, which is behind the head, completes."""
        found = self.frames.feed(data)
        for frame in found:
            if not frame.is_control:
                self.in_message = not frame.fin
        return found


class Conversation:
    """What a client and a server say to each other; each ``hear`` returns what goes to the client and to the server."""

    def __init__(self) -> None:
        self._client = _Stream(Observer(Role.CLIENT))
        self._server = _Stream(Observer(Role.SERVER))
        self._seeded = False
        self._client_told_to_close = False
        self.opened = False
        self.agreed = ""
        self.round_trips = 0
        self.codes: dict[Role, int] = {}
        self.breaches: list[str] = []
        self.refusal: str | None = None

    def hear(self, role: Role, chunk: Chunk) -> tuple[bytes, bytes]:
        """Take what ``role`` says, in bytes or by ending TCP."""
        data = chunk if isinstance(chunk, bytes) else b""
        mine, other = (self._client, self._server) if role is Role.CLIENT else (self._server, self._client)
        behind = self._read_head(role, data)
        frames = mine.read(behind)
        other.observer.told(tuple(frames))
        for seen in mine.observer.observe(chunk):
            self._note(role, seen)
        if role is Role.CLIENT:
            if behind and self.opened and not self._seeded:
                self._seeded = True  # it speaks by itself, and between its frames is no place for ours
            return b"", data
        to_server = self._seed() if self.opened and not self._seeded else b""
        if self._client_told_to_close:
            return b"", to_server
        to_client = data
        if self.round_trips >= ROUNDS and self._server.is_between_messages:
            self._client_told_to_close = True
            close = WireFrame(CLOSE, (1000).to_bytes(2, "big"))
            self._client.observer.told((close,))
            to_client += serialize(close, masked=False, masking_key=bytes(4))
        return to_client, to_server

    @property
    def problem(self) -> str | None:
        """What is missing of a conversation between two that understand each other."""
        if self.refusal is not None:
            return self.refusal
        if not self.opened:
            return "the connection was not opened"
        if self.round_trips < ROUNDS:
            return f"the text came back from the client {self.round_trips} times, not {ROUNDS}"
        missing = [role.value for role in (Role.CLIENT, Role.SERVER) if role not in self.codes]
        return f"no Close from the {' and the '.join(missing)}" if missing else None

    def _read_head(self, role: Role, data: bytes) -> bytes:
        """Read on as long as the head is not over; return what is behind it."""
        mine = self._client if role is Role.CLIENT else self._server
        while mine.head is not None and data:
            whole = mine.head.feed(data)
            if whole is None:
                return b""
            head, data = whole
            if role is Role.CLIENT:
                self._server.observer.asked(read_request_head(head))
                mine.head = None
            elif (answer := read_response_head(head)).status >= 200 or answer.status == 101:
                mine.head = None
                if answer.status == 101:
                    self._client.observer.answered = True
                    self._client.observer.agreed(answer)
                    self.agreed = visible(", ".join(answer.values("Sec-WebSocket-Extensions")), 200)
        return data

    def _note(self, role: Role, seen: object) -> None:
        match seen:
            case Breach(requirement, detail) if len(self.breaches) < BREACHES:
                self.breaches.append(harmless(f"{role.value}: {requirement}: {detail}"))
            case Opened():
                self.opened = True
            case Refused(head):
                self.refusal = f"the server refused the opening handshake with {head.status}"
            case Unreadable(detail):
                self.refusal = harmless(f"what the {role.value} sent cannot be read: {detail}")
            case Close(code):
                self.codes.setdefault(role, 1005 if code is None else code)
            case Message(opcode, payload) if (opcode, payload) == (TEXT, SEED):
                self.round_trips += role is Role.CLIENT
            case Message(_, payload) if not self._client_told_to_close:
                self.refusal = f"the {role.value} sent another message, of {len(payload)} bytes"
            case _:
                pass

    def _seed(self) -> bytes:
        self._seeded = True
        seed = WireFrame(TEXT, SEED)
        self._server.observer.told((seed,))
        return serialize(seed, masked=True, masking_key=secrets.token_bytes(4))


async def talk(client: InstalledTarget, server_name: str, url: str, setting: Setting) -> Talk:
    """Let ``client`` talk to the server at ``url``, and return what they came to."""
    name = client.target.name
    place = urlsplit(url)
    assert place.port is not None, "a server that was started has one"
    conversation = Conversation()
    printed = Printed()
    over = asyncio.Event()
    limit = TALK_SECONDS * setting.scale
    problem = None
    try:
        async with (
            _relay(conversation, place.port, over, LEAVE_SECONDS * setting.scale) as relay_port,
            running_client(client, f"ws://{HOST}:{relay_port}{place.path}", printed) as process,
        ):
            waits = [asyncio.create_task(over.wait()), asyncio.create_task(process.exits_within(limit))]
            await asyncio.wait(waits, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if not over.is_set() and process.status is not None:
                with contextlib.suppress(TimeoutError):  # what it said last may be on its way
                    await asyncio.wait_for(over.wait(), LEAVE_SECONDS * setting.scale)
            for wait in waits:
                wait.cancel()
            if not over.is_set():
                how = f"; the client {exit_words(process.status)}" if process.status is not None else ""
                problem = f"they did not come to an end within {limit:g} s{how}"
    except (UsageError, OSError) as error:
        problem = error.problem if isinstance(error, UsageError) else f"{error.strerror}"
    if conversation.problem is not None:
        problem = conversation.problem + ("" if problem is None else f"; {problem}")
    if problem is not None and (lines := printed.lines()):
        problem += f"\nthe client printed:\n{lines}"
    return Talk(
        client=name,
        server=server_name,
        opened=conversation.opened,
        agreed=conversation.agreed,
        round_trips=conversation.round_trips,
        closed=(conversation.codes.get(Role.CLIENT), conversation.codes.get(Role.SERVER)),
        problem=problem,
        breaches=tuple(conversation.breaches),
    )


@contextlib.asynccontextmanager
async def _relay(
    conversation: Conversation, port: int, over: asyncio.Event, leave_seconds: float
) -> AsyncIterator[int]:
    """Carry one connection to ``port`` of this machine; yields where clients connect to. ``over`` is set at its end."""
    tasks: list[asyncio.Task[None]] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.close()  # the first connection is the one
        inner, outer = await asyncio.open_connection(HOST, port)
        writers = {Role.CLIENT: writer, Role.SERVER: outer}
        both = [
            asyncio.create_task(_listen(role, source, writers, conversation))
            for role, source in ((Role.CLIENT, reader), (Role.SERVER, inner))
        ]
        try:
            _, waiting = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if waiting:
                await asyncio.wait(waiting, timeout=leave_seconds)
        finally:
            for task in both:
                task.cancel()
            for each in writers.values():
                each.close()
            over.set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.create_task(carry(reader, writer)))

    server = await asyncio.start_server(accept, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(
    role: Role, source: asyncio.StreamReader, writers: dict[Role, asyncio.StreamWriter], conversation: Conversation
) -> None:
    """Carry what one side says until it ends TCP, and then end TCP on the other side."""
    end = Signal.END
    try:
        while data := await source.read(_READ_BYTES):
            to_client, to_server = conversation.hear(role, data)
            for to, said in ((Role.CLIENT, to_client), (Role.SERVER, to_server)):
                if said:
                    writers[to].write(said)
                    await writers[to].drain()
    except OSError:
        end = Signal.RESET
    conversation.hear(role, end)
    other = writers[Role.SERVER if role is Role.CLIENT else Role.CLIENT]
    with contextlib.suppress(OSError):
        other.write_eof()


async def relay_all(
    servers: Sequence[TargetDescription],
    clients: Sequence[TargetDescription],
    setting: Setting,
    *,
    cache: Path | None = None,
    on_talk: Callable[[Talk], None] = lambda talk: None,
) -> Relayed:
    """Let each of ``clients`` talk to each of ``servers``, one pair after the other; ``on_talk`` is told of each."""
    started = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    talks: list[Talk] = []

    def keep(talk: Talk) -> None:
        talks.append(talk)
        on_talk(talk)

    for server in servers:
        waiting = list(clients)
        try:
            installed = await install(server, cache)
            async with prepared_server(installed, "server", setting) as running, running:
                while waiting:
                    if not running.alive:
                        await running.restart()
                    keep(await _talk_of(waiting.pop(0), server.name, running.target.url, setting, cache))
        except (InstallError, SpawnError, UsageError) as error:
            reason = _lines(f"the server is absent: {error.problem if isinstance(error, UsageError) else error}")
            for client in waiting:
                keep(Talk(client=client.name, server=server.name, problem=reason))
    return Relayed(suite=suite_version(), started=started, talks=tuple(talks))


async def _talk_of(client: TargetDescription, server: str, url: str, setting: Setting, cache: Path | None) -> Talk:
    try:
        return await talk(await install(client, cache), server, url, setting)
    except InstallError as error:
        return Talk(client=client.name, server=server, problem=_lines(f"the client is absent: {error}"))


def _lines(reason: str) -> str:
    return "\n".join(map(harmless, reason.splitlines()))
