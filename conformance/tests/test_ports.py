"""Who asks for a port that is taken is told so; what goes wrong later is no matter of ports."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import pytest
from ws_conformance.mutants.liars import NeverSpeaks, OpensAnd
from ws_conformance.peer import Peer, Role
from ws_conformance.ports import bound
from ws_conformance.sockets import listening
from ws_conformance.usage import UsageError


def silent() -> Peer:
    return OpensAnd(Role.SERVER, NeverSpeaks)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_that_is_taken_is_named_with_a_remedy(taken: int) -> None:
    async def story() -> None:
        async with bound(listening(silent, port=taken), "127.0.0.1", taken):
            pass

    with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1 port {taken}: .*choose another --port"):
        asyncio.run(story())


def test_what_the_system_refuses_later_is_told_as_it_is() -> None:
    async def story() -> None:
        async with bound(listening(silent), "127.0.0.1", 0):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        asyncio.run(story())


def test_what_is_entered_is_left_again() -> None:
    left: list[str] = []

    @contextlib.asynccontextmanager
    async def server() -> AsyncIterator[str]:
        yield "there"
        left.append("there")

    async def story() -> str:
        async with bound(server(), "127.0.0.1", 0) as entered:
            return entered

    assert asyncio.run(story()) == "there"
    assert left == ["there"]
