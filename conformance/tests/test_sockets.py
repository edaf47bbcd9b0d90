from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path

import pytest
import trustme
from ws_conformance.examiner import replay
from ws_conformance.model import BOTH, Case, Outcome, Place, Result, Setting
from ws_conformance.mutants import reference_peer
from ws_conformance.mutants.liars import NeverSpeaks
from ws_conformance.peer import Chunk, Peer, Role, Signal
from ws_conformance.sockets import (
    Address,
    OvertimeError,
    UnreachableError,
    Wire,
    examine_client,
    examine_server,
    listening,
)
from ws_conformance.testing import free_port
from ws_conformance.vocabulary import closes, echoes, frame, opened, send
from ws_conformance.wire import BINARY, TEXT

ABOUT = "6455/5.6/message-keeps-its-type"
BOUND_SECONDS = 10.0

ECHO = Case(
    id="sockets/echo/plain",
    roles=BOTH,
    verifies=(ABOUT,),
    steps=(*opened(), send(frame(TEXT, "over a socket")), echoes(TEXT, "over a socket"), *closes()),
    because="§5.6: a message arrives as what it was sent as.",
)
LONG_ECHO = Case(
    id="sockets/echo/512-kib",
    roles=BOTH,
    verifies=(ABOUT,),
    steps=(*opened(), send(frame(BINARY, b"\xfe" * (512 << 10))), echoes(BINARY, b"\xfe" * (512 << 10)), *closes()),
    because="§5.6: a message arrives as what it was sent as, in however many segments.",
)


class Script:
    """A Peer that says ``first`` at the beginning, answers each chunk by ``answers``, and remembers what it heard."""

    def __init__(self, first: list[Chunk], answers: Callable[[Chunk], list[Chunk]] = lambda chunk: []) -> None:
        self.heard: list[Chunk] = []
        self._say = first
        self._answers = answers

    def receive(self, chunk: Chunk, now: float) -> None:
        if isinstance(chunk, bytes) and self.heard and isinstance(self.heard[-1], bytes):
            self.heard[-1] += chunk  # TCP may cut as it likes
        else:
            self.heard.append(chunk)
        self._say = [*self._say, *self._answers(chunk)]

    def transmit(self, now: float) -> list[Chunk]:
        said, self._say = self._say, []
        return said

    def next_deadline(self) -> float | None:
        return None


class Alarm(NeverSpeaks):
    """A Peer that ends the connection when so many seconds are over, and not before."""

    def __init__(self, seconds: float) -> None:
        self._at = asyncio.get_running_loop().time() + seconds
        self._rung = False

    def transmit(self, now: float) -> list[Chunk]:
        if self._rung or now < self._at:
            return []
        self._rung = True
        return [Signal.END]

    def next_deadline(self) -> float | None:
        return None if self._rung else self._at


def run(story: Callable[[], Coroutine[object, object, None]]) -> None:
    """Run ``story``, for no longer than BOUND_SECONDS."""

    async def bounded() -> None:
        async with asyncio.timeout(BOUND_SECONDS):
            await story()

    asyncio.run(bounded())


async def wired(peer: Peer, address: Address) -> Wire:
    """Join ``peer`` to a connection to ``address`` and return their wire when it is over."""
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(lambda: Wire(peer), address.host, address.port)
    await wire.closed
    return wire


def reference() -> Peer:
    return reference_peer(Role.SERVER)


def at(address: Address, *, scale: float = 1.0) -> Setting:
    return Setting(place=Place(host=str(address)), scale=scale)


def assert_played(result: Result) -> None:
    assert result.finding.outcome is Outcome.PLAYED, result.finding
    assert result.finding.departures == ()
    assert replay(result) == result.finding


@contextlib.asynccontextmanager
async def serving_raw(serve: Callable[[socket.socket], None]) -> AsyncIterator[Address]:
    """Give the first connection to ``serve``, which runs in a thread, as a plain blocking socket."""

    def accept_one() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(BOUND_SECONDS)
            serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(BOUND_SECONDS)
        served = asyncio.get_running_loop().run_in_executor(None, accept_one)
        yield Address(port=listener.getsockname()[1])
        await served


def reset(connection: socket.socket) -> None:
    """End ``connection`` by RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# --- Wire -------------------------------------------------------------------------------------------------------------


def test_bytes_that_came_before_a_reset_are_heard() -> None:
    def say_and_reset(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"the Close frame, usually")
        reset(connection)

    async def story() -> None:
        peer = Script([b"hello"])
        async with serving_raw(say_and_reset) as address:
            await wired(peer, address)
        assert peer.heard == [b"the Close frame, usually", Signal.RESET]

    run(story)


def test_the_end_of_tcp_is_heard_and_the_peer_may_still_speak() -> None:
    heard_late = bytearray()

    def end_and_read_on(connection: socket.socket) -> None:
        connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(100):
            heard_late.extend(data)

    async def story() -> None:
        peer = Script([], lambda chunk: [b"after your end", Signal.END])
        async with serving_raw(end_and_read_on) as address:
            await wired(peer, address)
        assert peer.heard == [Signal.END]

    run(story)
    assert heard_late == b"after your end"


def test_a_peer_that_half_ends_goes_on_hearing() -> None:
    def answer_the_end(connection: socket.socket) -> None:
        while connection.recv(100):
            pass
        connection.sendall(b"after your end")

    async def story() -> None:
        peer = Script([b"hello", Signal.HALF_END], lambda chunk: [Signal.END] if chunk is Signal.END else [])
        async with serving_raw(answer_the_end) as address:
            await wired(peer, address)
        assert peer.heard == [b"after your end", Signal.END]

    run(story)


def test_a_peer_that_resets_is_seen_as_a_reset() -> None:
    errors: list[OSError] = []

    def read_until_the_reset(connection: socket.socket) -> None:
        try:
            connection.recv(100)
            connection.recv(100)
        except OSError as error:
            errors.append(error)

    async def story() -> None:
        async with serving_raw(read_until_the_reset) as address:
            await wired(Script([b"hello", Signal.RESET]), address)

    run(story)
    assert [type(error) for error in errors] == [ConnectionResetError]


def test_a_deadline_wakes_the_peer_without_a_word_from_the_other_end() -> None:
    def wait_for_the_end(connection: socket.socket) -> None:
        assert connection.recv(100) == b""

    async def story() -> None:
        async with serving_raw(wait_for_the_end) as address:
            await wired(Alarm(0.05), address)

    run(story)


@pytest.mark.parametrize(("seconds", "later"), [(0.05, 0.1), (60.0, -59.9)], ids=["put off", "brought forward"])
def test_a_deadline_that_moves_wakes_the_peer_when_it_comes(seconds: float, later: float) -> None:
    class Moving(Alarm):
        def receive(self, chunk: Chunk, now: float) -> None:
            self._at += later * (chunk == b"move")

    def move_and_wait_for_the_end(connection: socket.socket) -> None:
        connection.sendall(b"move")
        assert connection.recv(100) == b""

    async def story() -> None:
        async with serving_raw(move_and_wait_for_the_end) as address:
            await wired(Moving(seconds), address)

    run(story)


def test_a_connection_that_is_not_read_is_dropped_after_the_linger_time() -> None:
    over = threading.Event()

    def read_nothing(connection: socket.socket) -> None:
        over.wait(BOUND_SECONDS)

    async def story() -> None:
        async with serving_raw(read_nothing) as address:
            await wired(Script([bytes(32 << 20), Signal.END]), address)
            over.set()

    run(story)


# --- servers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [ECHO, LONG_ECHO], ids=lambda case: case.id)
def test_a_case_is_played_over_tcp_as_in_memory(case: Case) -> None:
    async def story() -> None:
        async with listening(reference) as port:
            address = Address(port=port)
            assert_played(await examine_server(case, address, at(address)))

    run(story)


def test_many_connections_are_examined_at_once() -> None:
    async def story() -> None:
        async with listening(reference) as port:
            address = Address(port=port)
            for result in await asyncio.gather(*(examine_server(ECHO, address, at(address)) for _ in range(64))):
                assert_played(result)

    run(story)


def test_a_case_that_is_dragged_out_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ws_conformance.sockets.CASE_SECONDS", 0.1)

    async def story() -> None:
        async with listening(NeverSpeaks) as port:
            address = Address(port=port)
            with pytest.raises(OvertimeError, match=r"^sockets/echo/plain was not over after 0\.1 s"):
                await examine_server(ECHO, address, at(address))

    run(story)


def loopbacks() -> Iterator[str]:
    """Yield the loopback addresses that this machine has; IPv6 is switched off on some."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with contextlib.suppress(OSError), socket.socket(family) as probe:
            probe.bind((host, 0))
            yield host


@pytest.mark.parametrize("host", tuple(loopbacks()))
def test_a_server_is_reached_on_each_loopback_address(host: str) -> None:
    async def story() -> None:
        async with listening(reference, host=host) as port:
            address = Address(host=host, port=port)
            assert_played(await examine_server(ECHO, address, at(address)))

    run(story)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert str(Address(host="::1", port=80)) == "[::1]:80"


def test_a_server_is_reached_on_a_unix_socket(tmp_path: Path) -> None:
    async def story() -> None:
        path = str(tmp_path / "server.sock")
        server = await asyncio.get_running_loop().create_unix_server(lambda: Wire(reference()), path)
        assert_played(await examine_server(ECHO, Address(path=path), Setting()))
        server.close()

    run(story)


def test_a_port_where_nobody_listens_is_unreachable_and_named() -> None:
    async def story() -> None:
        address = Address(port=free_port())
        with pytest.raises(UnreachableError, match=rf"^127\.0\.0\.1:{address.port}: .*refused"):
            await examine_server(ECHO, address, Setting())

    run(story)


def test_a_missing_unix_socket_is_unreachable_and_named(tmp_path: Path) -> None:
    async def story() -> None:
        path = str(tmp_path / "none.sock")
        with pytest.raises(UnreachableError, match=re.escape(path)):
            await examine_server(ECHO, Address(path=path), Setting())

    run(story)


def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    async def story() -> None:
        with pytest.raises(UnreachableError, match=r"nowhere\.invalid"):
            await examine_server(ECHO, Address(host="nowhere.invalid", port=80), Setting())

    run(story)


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_tls(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def client_tls(*authorities: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for authority in authorities:
        authority.configure_trust(context)
    return context


def over_tls(port: int, tls: ssl.SSLContext, name: str = "localhost") -> Address:
    return Address(port=port, tls=tls, server_name=name)


@pytest.mark.parametrize("case", [ECHO, LONG_ECHO], ids=lambda case: case.id)
def test_a_case_is_played_over_tls(authority: trustme.CA, case: Case) -> None:
    async def story() -> None:
        async with listening(reference, tls=server_tls(authority)) as port:
            address = over_tls(port, client_tls(authority))
            assert_played(await examine_server(case, address, at(address)))

    run(story)


def test_an_unknown_authority_is_told_with_the_remedy(authority: trustme.CA) -> None:
    async def story() -> None:
        async with listening(reference, tls=server_tls(authority)) as port:
            with pytest.raises(UnreachableError, match=r"certificate is not accepted.*--ca FILE"):
                await examine_server(ECHO, over_tls(port, client_tls(trustme.CA())), Setting())

    run(story)


def test_a_server_without_tls_is_told_as_one(authority: trustme.CA) -> None:
    async def story() -> None:
        async with listening(reference) as port:
            with pytest.raises(UnreachableError, match=r"TLS came to nothing \(.+\); a server without it is at ws://"):
                await examine_server(ECHO, over_tls(port, client_tls(authority)), Setting())

    run(story)


def test_a_certificate_for_another_name_is_not_accepted(authority: trustme.CA) -> None:
    async def story() -> None:
        async with listening(reference, tls=server_tls(authority, "elsewhere.example")) as port:
            with pytest.raises(UnreachableError, match=r"Hostname mismatch|not valid for"):
                await examine_server(ECHO, over_tls(port, client_tls(authority)), Setting())

    run(story)


def test_tls_spoken_to_a_plain_server_is_unreachable(authority: trustme.CA) -> None:
    async def story() -> None:
        async with listening(reference) as port:
            with pytest.raises(UnreachableError):
                await examine_server(ECHO, over_tls(port, client_tls(authority)), Setting())

    run(story)


def test_a_tls_handshake_that_never_ends_is_given_up(authority: trustme.CA) -> None:
    async def story() -> None:
        async with listening(NeverSpeaks) as port:
            with pytest.raises(UnreachableError, match=r"no connection within 0\.15 s"):
                await examine_server(ECHO, over_tls(port, client_tls(authority)), Setting(scale=0.05))

    run(story)


# --- listening and clients --------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def reference_client(url: str) -> AsyncIterator[None]:
    """Connect the reference's client to ``url``."""
    loop = asyncio.get_running_loop()
    port = int(url.rstrip("/").rpartition(":")[2])
    _, wire = await loop.create_connection(lambda: Wire(reference_peer(Role.CLIENT)), "127.0.0.1", port)
    yield
    wire.abort()


@contextlib.asynccontextmanager
async def no_client(url: str) -> AsyncIterator[None]:
    yield


def test_a_client_is_examined_by_a_server_of_our_own() -> None:
    async def story() -> None:
        assert_played(await examine_client(ECHO, Setting(), reference_client))

    run(story)


def test_a_client_that_never_connects_is_unreachable() -> None:
    async def story() -> None:
        with pytest.raises(UnreachableError, match="no client that connected"):
            await examine_client(ECHO, Setting(), no_client, seconds=0.1)

    run(story)


def test_each_connection_gets_a_peer_of_its_own_and_the_last_ones_are_dropped() -> None:
    peers: list[Peer] = []

    def make_peer() -> Peer:
        peers.append(Script([b"welcome"]))
        return peers[-1]

    async def story() -> None:
        async with listening(make_peer) as port:
            guests = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            welcomes = [await reader.readexactly(7) for reader, _ in guests]
        ends = [await reader.read() for reader, _ in guests]
        for _, writer in guests:
            writer.close()
        assert (welcomes, ends) == ([b"welcome", b"welcome"], [b"", b""])

    run(story)
    assert len(peers) == 2
