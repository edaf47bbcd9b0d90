"""The only module of the suite that touches a socket or a clock: it joins one Peer to one transport.

An asyncio Protocol and not a StreamReader: when a reset follows bytes before they were read, a stream drops the bytes,
which are usually the Close frame that is to be judged.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from .examiner import Examiner
from .memory import Delivery
from .model import Case, Result, Setting
from .peer import Chunk, Peer, Role, Signal

CONNECT_SECONDS = 3.0
"""How long TCP and TLS may take to be set up, before ``--scale``."""

LINGER_SECONDS = 1.0
"""How long a connection may take to be torn down after its case is over, before it is aborted."""

CASE_SECONDS = 30.0
"""How long a case may take in all, before ``--scale``; its steps end sooner unless a target drags them out."""

ARRIVING = 40
"""How many connections to one target may be on their way at once. Many listen with a line of no more than 50; whoever
finds it full is not let in before TCP tries again, a second later."""

ARRIVAL_SECONDS = 0.25
"""How long a connection is on its way at most, if the target says nothing: it may be one that never does."""

GAP_SECONDS = 0.001
"""How long to wait between two pieces of what is cut, so that the target can read them one by one."""

_QUICKACK = getattr(socket, "TCP_QUICKACK", None)


class UnreachableError(Exception):
    """No connection to the target could be made; says which address, and why."""


class OvertimeError(Exception):
    """A case was not over within CASE_SECONDS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a target listens: a host and port, or the path of a unix socket; ``tls`` None for plain TCP.

    ``server_name`` is the name for SNI and for the certificate's check. ``family`` restricts to IPv4 or IPv6.
    """

    host: str = "127.0.0.1"
    port: int = 0
    path: str | None = None
    tls: ssl.SSLContext | None = None
    server_name: str | None = None
    family: socket.AddressFamily = socket.AF_UNSPEC

    def __str__(self) -> str:
        return self.path or (f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}")


class Wire(asyncio.Protocol):
    """Joins ``peer`` to the transport it is given.

    ``closed`` completes when the connection is gone. ``on_turn`` is called after each turn, for whoever wants to know
    as soon as the peer has come to something; ``on_crash`` once, with the exception, if the peer raises one.
    ``delivery`` cuts what the peer says; each piece is then a write of its own, GAP_SECONDS after the one before, on a
    socket without Nagle's algorithm, as asyncio's are.
    """

    def __init__(
        self,
        peer: Peer,
        on_turn: Callable[[], None] = lambda: None,
        on_crash: Callable[[Exception], None] | None = None,
        delivery: Delivery | None = None,
    ) -> None:
        self.peer = peer
        self._delivery = delivery
        self._pieces: deque[Chunk] = deque()
        self._gap: asyncio.TimerHandle | None = None
        self._is_crossed = False
        self._on_turn = on_turn
        self._on_crash = on_crash
        self._crashed = False
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._heard_end = False
        self._is_tls = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._is_tls = transport.get_extra_info("sslcontext") is not None
        sock = transport.get_extra_info("socket")
        if _QUICKACK is not None and sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            self._socket = sock
        self._turn()

    def data_received(self, data: bytes) -> None:
        if self._socket is not None and _QUICKACK is not None:
            # A target without TCP_NODELAY stalls for a delayed acknowledgement; ours are not to be delayed.
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        self._turn(data)

    def eof_received(self) -> bool:
        self._heard_end = True
        self._turn(Signal.END)
        return not self._is_tls  # plain TCP stays open on our side until the peer says so

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self._heard_end:
            self._heard_end = True
            # Whoever ends TCP on the first piece of what we say resets it on the second, by no fault of its own.
            self._turn(Signal.END if exc is None or self._is_crossed else Signal.RESET)
        if self._timer is not None:
            self._timer.cancel()
        if self._gap is not None:
            self._gap.cancel()
        if not self.closed.done():
            self.closed.set_result(None)

    def wake(self) -> None:
        """Let the peer say what it has to say, although nothing came."""
        self._turn()

    def end(self) -> None:
        """End the connection in both directions, if it is still there, as soon as all is sent."""
        self._say([Signal.END])

    def abort(self) -> None:
        """Drop the connection, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def _turn(self, heard: Chunk | None = None) -> None:
        """Take a turn, unless the peer has crashed, which is nothing that the other end did."""
        if self._crashed:
            return
        try:
            self._take_turn(heard)
        except Exception as error:
            self._crashed = True
            self.abort()
            if self._on_crash is None:
                raise
            self._on_crash(error)

    def _take_turn(self, heard: Chunk | None) -> None:
        """Tell the peer what came and what time it is; send what it says; wake up when it asks."""
        now = self._loop.time()
        if heard is not None:
            self.peer.receive(heard, now)
        self._say(self.peer.transmit(now))
        deadline = self.peer.next_deadline()
        if deadline is not None and not self.closed.done():
            self._wake_by(deadline)
        self._on_turn()

    def _wake_by(self, deadline: float) -> None:
        """Wake up at ``deadline`` or before: most pass unused, and a turn too many costs less than a timer for each."""
        if self._timer is not None:
            if self._timer.when() <= deadline:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._turn()

    def _say(self, chunks: list[Chunk]) -> None:
        if self._delivery is None:
            for chunk in chunks:
                self._put(chunk)
            return
        self._pieces.extend(self._delivery(chunks))
        if self._gap is None and self._pieces:
            self._put_next()
            self._is_crossed = False

    def _put_next(self) -> None:
        """Put the next piece on the wire, and see to it that those behind it follow one by one."""
        self._gap = None
        if self._pieces:
            self._is_crossed = True
            self._put(self._pieces.popleft())
            self._gap = self._loop.call_later(GAP_SECONDS, self._put_next)

    def _put(self, chunk: Chunk) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if isinstance(chunk, bytes):
            transport.write(chunk)
        elif chunk is Signal.HALF_END:
            if transport.can_write_eof():
                with contextlib.suppress(OSError):  # the target may have reset the connection already
                    transport.write_eof()
        elif chunk is Signal.RESET:
            _reset(transport)
        else:
            transport.close()
            self._loop.call_later(LINGER_SECONDS, self.abort)


def _reset(transport: asyncio.Transport) -> None:
    """End the connection by RST: that is what closing a socket does that must not linger."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class Arrivals:
    """Lets ARRIVING connections to a target be on their way at once: those to which it has not said anything yet."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(ARRIVING)

    async def begin(self) -> Arrival:
        """Wait for room, and return a connection that is on its way."""
        await self._room.acquire()
        return Arrival(self._room.release)


class Arrival:
    """A connection that is on its way until it is said to be there, or has been for ARRIVAL_SECONDS."""

    def __init__(self, make_room: Callable[[], None]) -> None:
        self._make_room: Callable[[], None] | None = make_room
        self._timer = asyncio.get_running_loop().call_later(ARRIVAL_SECONDS, self.over)

    def over(self) -> None:
        """Make room for another, once."""
        if self._make_room is not None:
            self._timer.cancel()
            self._make_room()
            self._make_room = None


async def examine_server(
    case: Case,
    address: Address,
    setting: Setting,
    delivery: Delivery | None = None,
    arrivals: Arrivals | None = None,
) -> Result:
    """Play ``case`` against the server at ``address``, cut by ``delivery``; return when the connection is gone.

    ``arrivals`` is shared by all who go there at once. Raises UnreachableError if it cannot be connected to,
    OvertimeError if the case does not end, and whatever the examiner raises, which is our own fault.
    """
    examiner = Examiner(case, Role.SERVER, setting)
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    arrival = await (arrivals or Arrivals()).begin()

    def look() -> None:
        if examiner.has_heard:
            arrival.over()
        if examiner.finding is not None and not over.done():
            over.set_result(None)

    def crash(error: Exception) -> None:
        if not over.done():
            over.set_exception(error)

    def break_off() -> None:
        crash(OvertimeError(f"{case.id} was not over after {CASE_SECONDS * setting.scale:g} s"))
        wire.abort()

    try:
        wire = await connect(address, lambda: Wire(examiner, look, crash, delivery), CONNECT_SECONDS * setting.scale)
    except UnreachableError:
        arrival.over()
        raise
    timer = loop.call_later(CASE_SECONDS * setting.scale, break_off)
    try:
        await over
        wire.end()
        await wire.closed
    finally:
        timer.cancel()
        wire.abort()
    return examiner.result()


async def resolve(address: Address, seconds: float) -> tuple[Address, ...]:
    """Return ``address`` with each IP address that its host name has, so that names are looked up only once.

    Raises UnreachableError if there is none.
    """
    if address.path is not None:
        return (address,)
    try:
        async with asyncio.timeout(seconds):
            found = await asyncio.get_running_loop().getaddrinfo(
                address.host, address.port, family=address.family, type=socket.SOCK_STREAM
            )
    except TimeoutError:
        raise UnreachableError(f"{address}: no answer to the look-up of its name within {seconds:g} s") from None
    except OSError as error:
        raise UnreachableError(f"{address}: {_why(error)}") from error
    hosts = dict.fromkeys(str(entry[4][0]) for entry in found)
    return tuple(replace(address, host=host) for host in hosts)


async def connect(address: Address, make_wire: Callable[[], Wire], seconds: float) -> Wire:
    """Return a new wire to ``address``. Raises UnreachableError if there is none within ``seconds``."""
    loop = asyncio.get_running_loop()
    name = address.server_name if address.tls is not None else None
    try:
        async with asyncio.timeout(seconds):
            if address.path is not None:
                _, wire = await loop.create_unix_connection(
                    make_wire, address.path, ssl=address.tls, server_hostname=name
                )
            else:
                _, wire = await loop.create_connection(
                    make_wire,
                    address.host,
                    address.port,
                    ssl=address.tls,
                    server_hostname=name,
                    family=address.family,
                )
    except TimeoutError:
        raise UnreachableError(f"{address}: no connection within {seconds:g} s") from None
    except ssl.SSLCertVerificationError as error:
        raise UnreachableError(
            f"{address}: its certificate is not accepted ({error.verify_message}); --ca FILE trusts another authority"
        ) from error
    except ssl.SSLError as error:  # an OSError whose number is OpenSSL's
        words = (error.reason or str(error)).replace("_", " ").lower()
        raise UnreachableError(f"{address}: TLS came to nothing ({words}); a server without it is at ws://") from error
    except OSError as error:
        raise UnreachableError(f"{address}: {_why(error)}") from error
    return wire


def _why(error: OSError) -> str:
    """Return the system's words for ``error``, without what asyncio makes of them."""
    return os.strerror(error.errno) if error.errno is not None and error.errno > 0 else str(error.strerror or error)


@contextlib.asynccontextmanager
async def listening(
    make_peer: Callable[[], Peer],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    on_turn: Callable[[Peer], None] = lambda peer: None,
) -> AsyncIterator[int]:
    """Serve a new Peer to each connection, as long as the context lasts; yields the port."""
    wires: set[Wire] = set()

    def make_wire() -> Wire:
        peer = make_peer()
        wire = Wire(peer, lambda: on_turn(peer))
        wires.add(wire)
        wire.closed.add_done_callback(lambda _: wires.discard(wire))
        return wire

    loop = asyncio.get_running_loop()
    server = await loop.create_server(make_wire, host, port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for wire in list(wires):
            wire.abort()


async def examine_client(
    case: Case,
    setting: Setting,
    start: Callable[[str], contextlib.AbstractAsyncContextManager[None]],
    *,
    seconds: float = 30.0,
) -> Result:
    """Play ``case`` against the client that ``start`` brings up with the URL to connect to.

    Raises UnreachableError if it does not connect, or the case is not over, within ``seconds``.
    """
    over: asyncio.Future[Examiner] = asyncio.get_running_loop().create_future()

    def look(peer: Peer) -> None:
        assert isinstance(peer, Examiner)
        if peer.finding is not None and not over.done():
            over.set_result(peer)

    async with (
        listening(lambda: Examiner(case, Role.CLIENT, setting), on_turn=look) as port,
        start(f"ws://127.0.0.1:{port}/"),
    ):
        try:
            examiner = await asyncio.wait_for(over, seconds * setting.scale)
        except TimeoutError:
            problem = f"no client that connected to port {port} came to an end with {case.id} in {seconds:g} s"
            raise UnreachableError(problem) from None
    return examiner.result()
