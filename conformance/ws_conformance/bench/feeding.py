"""What ``wsspec feed`` brings to a subscriber in a second, how late that is, and how late a bare echo is."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import psutil
from ws_reports.record import Run, Spread, decode

from ..streams.feeding.exchange import MARKETS
from ..streams.profile import Subscription, filled, find_profile
from ..wire import TEXT, WireFrame, serialize
from .live import REQUEST
from .starting import wsspec_command

PATIENCE_SECONDS = 30.0
"""How long anything may take that is waited for, before it counts as not coming."""

SETTLING_SECONDS = 1.0
"""How long a feed runs before it is measured."""

READ_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Throughput:
    """How many messages a second came, in bytes on the wire, and what part of a processor that took the feed."""

    messages: float
    wire_bytes: float
    processor: float


def throughput(name: str, *, rate: int, deflate: bool, seconds: float) -> Throughput:
    """Subscribe to all that the feed ``name`` has, and count for so many ``seconds`` what comes."""
    with _feed(name, rate) as (port, process), socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        left = _opened(connection, deflate=deflate)
        for said in subscribing(find_profile(name).subscription):
            connection.sendall(serialize(WireFrame(TEXT, said.encode()), masked=True, masking_key=bytes(4)))
        counted = _Count(left)
        counted.read(connection, SETTLING_SECONDS)
        before, used = counted.messages, _processor(process)
        wire_bytes = counted.wire_bytes
        took = counted.read(connection, seconds)
        return Throughput(
            (counted.messages - before) / took,
            (counted.wire_bytes - wire_bytes) / took,
            (_processor(process) - used) / took,
        )


def subscribing(subscriptions: Sequence[Subscription]) -> Iterator[str]:
    """Yield what subscribes to each of ``subscriptions``, of each market that there is."""
    for number, subscription in enumerate(subscriptions, start=1):
        for market in MARKETS if "{market}" in subscription.send else MARKETS[:1]:
            yield filled(subscription.send, {"market": market, "id": str(number)})


def delays(name: str, *, rate: int, seconds: int) -> Spread:
    """Return how late the messages of the feed ``name`` come, each from its own time, as ``wsspec stream`` sees it."""
    with _feed(name, rate) as (port, _), TemporaryDirectory(prefix="wsspec-bench-") as folder:
        url = f"ws://127.0.0.1:{port}/"
        watching = (
            "--profile",
            name,
            "--for",
            f"{seconds}s",
            "--no-cases",
            "--exit-zero",
            "--report-dir",
            folder,
            "-qq",
        )
        subprocess.run(wsspec_command("stream", url, *watching), check=True, timeout=seconds + PATIENCE_SECONDS)
        run: Run = decode(Path(folder, "run.json").read_bytes())
    assert run.stream is not None
    assert run.stream.delay is not None, "messages of a feed say their time"
    return run.stream.delay


def round_trips(count: int) -> Sequence[float]:
    """Return how many seconds each of so many round trips of a few bytes takes, through TCP and back, in order."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(PATIENCE_SECONDS)
        thread = threading.Thread(target=_echo, args=(listening,))
        thread.start()
        with socket.create_connection(listening.getsockname()) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            times = sorted(_round_trip(connection) for _ in range(count))
        thread.join()
    return times


def _round_trip(connection: socket.socket) -> float:
    began = perf_counter()
    connection.sendall(b"12345678")
    connection.recv(8)
    return perf_counter() - began


def _echo(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while said := connection.recv(8):
            connection.sendall(said)


# --- the feed, and a subscriber that does nothing but count -----------------------------------------------------------


@contextmanager
def _feed(name: str, rate: int) -> Iterator[tuple[int, psutil.Process]]:
    """Serve the feed ``name``, in a process of its own, and yield its port."""
    command = wsspec_command("feed", name, "--port", "0", "--rate", str(rate))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r":(\d+)/", process.stdout.readline())
            assert found is not None, "a feed says where it listens"
            yield int(found[1]), psutil.Process(process.pid)
        finally:
            process.terminate()


def _processor(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _opened(connection: socket.socket, *, deflate: bool) -> bytes:
    """Complete the opening handshake and return what came behind it."""
    offer = b"Sec-WebSocket-Extensions: permessage-deflate\r\n" if deflate else b""
    connection.sendall(REQUEST.replace(b"\r\n\r\n", b"\r\n" + offer + b"\r\n"))
    came = b""
    while b"\r\n\r\n" not in came:
        came += connection.recv(READ_BYTES)
    return came.partition(b"\r\n\r\n")[2]


class _Count:
    """Counts frames by their heads (§5.2) and looks at nothing else, so that the feed is what is measured."""

    def __init__(self, left: bytes) -> None:
        self._left = left
        self.messages = 0
        self.wire_bytes = 0

    def read(self, connection: socket.socket, seconds: float) -> float:
        """Count what comes in ``seconds``; return how many it were."""
        began = perf_counter()
        while (took := perf_counter() - began) < seconds:
            came = connection.recv(READ_BYTES)
            assert came, "a feed does not end by itself"
            self.wire_bytes += len(came)
            self._take(self._left + came)
        return took

    def _take(self, data: bytes) -> None:
        at = 0
        while at + 10 <= len(data):  # as long as a head may be that has no masking key
            length = data[at + 1]
            end = at + 2 + length
            if length >= 126:
                extended = 2 if length == 126 else 8
                end = at + 2 + extended + int.from_bytes(data[at + 2 : at + 2 + extended], "big")
            if end > len(data):
                break
            self.messages += 1
            at = end
        self._left = data[at:]
