"""What is tested against: programs that somebody else wrote, and peers of this suite, served until a test is over.

A free port, a bounded wait until they serve, a sure end. For the tests of this suite and of anything that is tested
with it. Each program leads a session of its own, so that whatever it starts ends with it, and is known by nothing but
its process id.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import psutil

from .baseline.entries import Entry
from .peer import Peer
from .sockets import listening
from .targets.description import TargetRole, find_target

READY_SECONDS = 30.0
"""How long a program may take until it completes an opening handshake."""

TERM_SECONDS = 3.0
"""How long a program may take to end after SIGTERM, before it is killed."""

POLL_SECONDS = 0.05
_STARTS = 2  # another program may take the free port before ours binds it; twice in a row is no accident
_STDERR_SHOWN = 4_000

_REQUEST = (
    "GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class NotServingError(Exception):
    """A program that was started does not complete an opening handshake; says why, with what it wrote to stderr."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program under way. ``stderr`` is the file that keeps what it says."""

    process: subprocess.Popen[bytes]
    stderr: Path

    def said(self) -> str:
        """Return the end of what the program wrote to stderr, and to stdout."""
        return self.stderr.read_bytes()[-_STDERR_SHOWN:].decode(errors="backslashreplace")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that completes opening handshakes at ``port`` of 127.0.0.1."""

    port: int
    program: Program
    scheme: str = "ws"

    @property
    def url(self) -> str:
        # A certificate is checked against a name, so TLS is spoken to the name.
        return f"{self.scheme}://{'127.0.0.1' if self.scheme == 'ws' else 'localhost'}:{self.port}/"


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextlib.contextmanager
def running(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> Iterator[Program]:
    """Run ``command``, with ``env`` added to the environment, as long as the context lasts."""
    with tempfile.NamedTemporaryFile(prefix="wsspec-", suffix=".stderr") as stderr:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
        try:
            yield Program(process, Path(stderr.name))
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End ``process`` and all of its session: politely, and after TERM_SECONDS for sure."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(TERM_SECONDS)


@contextlib.contextmanager
def serving(
    command_for: Callable[[int], Sequence[str]],
    *,
    env: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Server]:
    """Run the server that ``command_for(port)`` starts until it serves, and then as long as the context lasts.

    ``tls`` is how to trust it, for a server of wss. Raises NotServingError.
    """
    with contextlib.ExitStack() as stack:
        for attempt in range(_STARTS):
            port = free_port()
            program = stack.enter_context(running(command_for(port), env=env))
            try:
                wait_until_serving(port, program, tls=tls)
                break
            except NotServingError:
                if attempt == _STARTS - 1 or program.process.poll() is None:
                    raise
        yield Server(port, program, "ws" if tls is None else "wss")


@contextlib.contextmanager
def serving_peers(make_peer: Callable[[], Peer], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve a new peer to each connection, from a thread, as long as the context lasts; yields the URL."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    over = asyncio.Event()
    ports: list[int] = []

    async def serve() -> None:
        async with listening(make_peer, tls=tls) as port:
            ports.append(port)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(READY_SECONDS)
        yield f"{'ws' if tls is None else 'wss'}://127.0.0.1:{ports[0]}/"
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(READY_SECONDS)
        loop.close()


def wait_until_serving(
    port: int, program: Program, *, tls: ssl.SSLContext | None = None, seconds: float = READY_SECONDS
) -> None:
    """Return as soon as ``program`` completes an opening handshake at ``port``; raise NotServingError if it does not.

    A whole handshake, because "it listens" does not mean "it serves", and because a connection that asks for nothing
    leaves a traceback in many a log.
    """
    end_at = time.monotonic() + seconds
    while True:
        answer = _status_line(port, tls)
        if answer.startswith("HTTP/1.1 101"):
            return
        if program.process.poll() is not None:
            raise NotServingError(f"it ended with status {program.process.returncode}\n{program.said()}")
        if time.monotonic() > end_at:
            raise NotServingError(f"no opening handshake in {seconds:g} s, last answer {answer!r}\n{program.said()}")
        time.sleep(POLL_SECONDS)


def _status_line(port: int, tls: ssl.SSLContext | None) -> str:
    """Return the first line that the server at ``port`` answers an opening handshake with, or why there is none."""
    try:
        with contextlib.ExitStack() as stack:
            plain = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=1.0))
            sock = plain if tls is None else stack.enter_context(tls.wrap_socket(plain, server_hostname="localhost"))
            sock.sendall(_REQUEST.format(host=f"127.0.0.1:{port}").encode())
            head = sock.recv(4_096)
            sock.sendall(bytes.fromhex("888200000000 03e8"))  # Close 1000, masked with zeros: a polite end
            return head.partition(b"\r\n")[0].decode("latin-1")
    except OSError as error:
        return str(error)


# --- peers from npm ---------------------------------------------------------------------------------------------------

INSTALL_SECONDS = 300.0
"""How long npm may take."""


def installed_from_npm(package: str, version: str) -> Path | None:
    """Return the folder whose ``node_modules`` hold ``package``, outside the repository; the first call fills it.

    None stands for a machine without Node.js or npm. Several processes may call this at once: the folder appears whole.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    kept = platformdirs.user_cache_path("wsspec") / "npm"
    folder = kept / f"{package}-{version}"
    if not folder.exists():
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept) as fresh:
            install = ["npm", "install", "--prefix", fresh, "--no-audit", "--no-fund", f"{package}@{version}"]
            subprocess.run(install, check=True, capture_output=True, timeout=INSTALL_SECONDS)
            with contextlib.suppress(OSError):  # another process was faster
                Path(fresh).rename(folder)
            Path(fresh).mkdir(exist_ok=True)
    return folder


def runs(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def ends(pid: int, seconds: float) -> bool:
    """Whether the process ends within ``seconds``; one that was killed, and is no child of ours, may take a moment."""
    until = time.monotonic() + seconds
    while runs(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not runs(pid)


def is_reviewed(name: str, role: TargetRole, case_id: str) -> bool:
    """Whether a failure of the target ``name`` by this case is among those that its description calls known."""
    known = find_target(name).known(role)
    return any(Entry(check=f"{pattern}#*", reason="").names_case(case_id) for pattern in known)
