"""Starts installed targets: servers and proxies as servers that we spawned, clients in the way that they are driven."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

from ..clients.driving import Driver
from ..clients.meeting import HOST
from ..clients.spawn import SpawnedClient
from ..clients.visiting import visited
from ..model import Setting
from ..mutants.demo_server import deflating_server
from ..sockets import listening
from ..spawning import READY_SECONDS, Printed, Process, SpawnedServer, launch
from .description import Client, Proxy, Server, TargetRole
from .installing import InstalledTarget, filled

CONFIGURATION = "configuration"

IDLE_SECONDS = 10.0
"""How long a client that comes by itself may stay away before it is started again."""


def url_of(installed: InstalledTarget, role: TargetRole) -> str:
    """Return where a server or proxy serves, with ``{port}`` for the port."""
    described = installed.target.in_role(role)
    assert isinstance(described, Server | Proxy), "only these are asked for a URL"
    return f"ws://{HOST}:{{port}}{described.path}"


@contextlib.asynccontextmanager
async def prepared_server(
    installed: InstalledTarget, role: TargetRole = "server", setting: Setting | None = None
) -> AsyncIterator[SpawnedServer]:
    """Yield the server, or the proxy before our own server, that is yet to be started, and ended, by the caller.

    It can be started as long as the context lasts.
    """
    described = installed.target.in_role(role)
    with _scratch() as scratch:
        if isinstance(described, Proxy):
            async with listening(deflating_server) as upstream:
                yield _proxy(installed, described, upstream, scratch, setting)
            return
        assert isinstance(described, Server), f"{installed.target.name} is no {role}"
        values = {**installed.places(), "host": HOST, "scratch": str(scratch)}
        yield _spawned(installed, described, "server", values, setting)


def _proxy(
    installed: InstalledTarget, proxy: Proxy, upstream: int, scratch: Path, setting: Setting | None
) -> SpawnedServer:
    values = {**installed.places(), "host": HOST, "scratch": str(scratch), "upstream": str(upstream)}
    if proxy.configuration is None:
        return _spawned(installed, proxy, "proxy", values, setting)
    template = (installed.target.adapters / proxy.configuration).read_text(encoding="utf-8")
    written = scratch / Path(proxy.configuration).name
    values[CONFIGURATION] = str(written)

    def write(port: int) -> None:
        written.write_text(filled(template, {**values, "port": str(port)}), encoding="utf-8")

    return _spawned(installed, proxy, "proxy", values, setting, write)


def _spawned(
    installed: InstalledTarget,
    described: Server | Proxy,
    role: TargetRole,
    values: Mapping[str, str],
    setting: Setting | None,
    prepare: Callable[[int], None] | None = None,
) -> SpawnedServer:
    return SpawnedServer(
        shlex.join(_words(described.command, values)),
        url=url_of(installed, role),
        setting=setting,
        environment=_environment(described, values),
        ready_seconds=described.ready_seconds or READY_SECONDS,
        prepare=prepare,
    )


@contextlib.asynccontextmanager
async def driven_client(installed: InstalledTarget) -> AsyncIterator[tuple[Driver, str]]:
    """Yield what brings the client to a case, as long as the context lasts, and words for that."""
    described = installed.target.description.client
    assert isinstance(described, Client), f"{installed.target.name} is no client"
    with _scratch() as scratch:
        values = {**installed.places(), "host": HOST, "scratch": str(scratch)}
        words, environment = _words(described.command, values), _environment(described, values)
        if not described.lives_on:
            yield SpawnedClient(words, environment=environment), described.command
            return
        ready_seconds = described.ready_seconds or READY_SECONDS
        async with visited(
            words, environment=environment, idle_seconds=IDLE_SECONDS, start_seconds=ready_seconds, restarts=True
        ) as (visitor, _):
            visitor.needs_met = frozenset()  # it is the adapter that comes back, not what it is about
            yield visitor, described.command


@contextlib.asynccontextmanager
async def running_client(installed: InstalledTarget, url: str, printed: Printed) -> AsyncIterator[Process]:
    """Run the client, which connects to ``url``, as long as the context lasts. Raises UsageError."""
    described = installed.target.description.client
    assert described is not None, f"{installed.target.name} is no client"
    with _scratch() as scratch:
        values = {**installed.places(), "host": HOST, "scratch": str(scratch), "url": url}
        environment = {**_environment(described, values), "WSSPEC_URL": url}
        process = await launch(_words(described.command, values), printed, environment=environment)
        try:
            yield process
        finally:
            await process.end()


def _words(command: str, values: Mapping[str, str]) -> list[str]:
    """Return the words of ``command``, split before ``values`` are filled in: there may be blanks in those."""
    return [filled(word, values) for word in shlex.split(command)]


def _environment(described: Server | Client | Proxy, values: Mapping[str, str]) -> Mapping[str, str]:
    return {name: filled(value, values) for name, value in described.environment.items()}


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """Yield a folder for one life of a program; it can be read by one that gives up its rights first."""
    folder = Path(tempfile.mkdtemp(prefix="wsspec-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
