"""What cases cost over TCP, against servers in processes of their own: one at a time, many at once, few and many."""

from __future__ import annotations

import asyncio
import socket
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from time import perf_counter, process_time

from ..awaiting import result_of
from ..model import Case, Setting
from ..mutants.liars import LIARS
from ..peer import Role
from ..run import Options, run_servers
from ..sockets import Address, examine_server, listening
from ..targets.description import ADAPTERS, FOLDER
from ..testing import Server, serving
from ..urls import Connecting, parse_target
from .starting import wsspec_command

SILENT = next(liar for liar in LIARS if liar.name == "opens, and never says a word again")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took: seconds on the wall, and of this process's processor, for so many cases that were played."""

    wall: float
    processor: float
    cases: int

    @property
    def milliseconds_each(self) -> float:
        """How much processor time each case took."""
        return 1000 * self.processor / self.cases


def played(cases: Sequence[Case], url: str, *, jobs: int | None = None) -> Cost:
    """Play ``cases`` against the server at ``url``, from the probe to the record, and return what that took."""
    began, used = perf_counter(), process_time()
    run = result_of(run_servers([parse_target(url, Connecting())], cases, Options(jobs=jobs)))
    return Cost(perf_counter() - began, process_time() - used, sum(case.verdict.was_run for case in run.cases))


def floor(server: Server, conversations: int) -> float:
    """Return how many milliseconds of processor time the system takes for a conversation, whoever judges it.

    That is to open TCP, send a request, a message and a Close, read what comes of each, and close TCP.
    """
    used = process_time()
    for _ in range(conversations):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            for said in (REQUEST, _HELLO, _CLOSE):
                connection.sendall(said)
                connection.recv(4096)
    return 1000 * (process_time() - used) / conversations


def asyncio_floor(server: Server, conversations: int) -> float:
    """Return how many milliseconds of processor time the same takes with asyncio, one after the other."""

    async def all_of_them() -> None:
        loop = asyncio.get_running_loop()
        for _ in range(conversations):
            _, conversation = await loop.create_connection(_Conversation, "127.0.0.1", server.port)
            await conversation.over

    used = process_time()
    asyncio.run(all_of_them())
    return 1000 * (process_time() - used) / conversations


class _Conversation(asyncio.Protocol):
    """Says what a conversation has to say, the next thing whenever anything came."""

    def __init__(self) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._left = [_CLOSE, _HELLO, REQUEST]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.data_received(b"")

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._transport.write(self._left.pop())
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.over.set_result(None)


REQUEST = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
"""An opening handshake that asks for nothing more."""

_HELLO, _CLOSE = bytes.fromhex("818537fa213d7f9f4d5158"), bytes.fromhex("88820000000003e8")


async def silent(cases: Sequence[Case], scale: float = 1.0) -> float:
    """Return how many seconds ``cases`` take against a server that opens connections and says nothing more.

    ``scale`` multiplies every wait.
    """
    began = perf_counter()
    async with listening(lambda: SILENT.make(Role.SERVER)) as port:
        await run_servers([parse_target(f"ws://127.0.0.1:{port}/", Connecting())], cases, Options(scale=scale))
    return perf_counter() - began


def bytes_in_flight(case: Case, connections: int) -> float:
    """Return how many bytes each of so many ``connections`` takes while ``case`` waits for a server that is silent.

    That server is in this process, and has its part of them.
    """
    return asyncio.run(_bytes_in_flight(case, connections))


async def _bytes_in_flight(case: Case, connections: int) -> float:
    async with listening(lambda: SILENT.make(Role.SERVER)) as port:
        address = Address(port=port)
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        under_way = [asyncio.create_task(examine_server(case, address, Setting())) for _ in range(connections)]
        await asyncio.wait(under_way, timeout=WAITING_SECONDS)
        held = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
    return held / connections


WAITING_SECONDS = 0.5
"""How long it takes at most until all connections are open, and wait; much less than a reaction may take."""


# --- servers ----------------------------------------------------------------------------------------------------------

_PROGRAMS = FOLDER / ADAPTERS / "python"


def _echo(port: int) -> list[str]:
    return wsspec_command("echo", "--port", str(port))


def _adapter(name: str) -> Callable[[int], list[str]]:
    return lambda port: [sys.executable, str(_PROGRAMS / name), "server", str(port)]


SERVERS: Mapping[str, Callable[[int], list[str]]] = {
    "wsspec echo": _echo,
    **{
        name: _adapter(file)
        for name, file in (("websockets", "websockets_asyncio.py"), ("aiohttp", "aiohttp_echo.py"))
        if find_spec(name) is not None
    },
}
"""The command of each server that is there, given a port."""


@contextmanager
def serving_alone(name: str) -> Iterator[Server]:
    """Run the server ``name`` in a process of its own."""
    with serving(SERVERS[name]) as server:
        yield server
