"""A port that is asked for and cannot be had is a mistake of whoever asked; what goes wrong later is not."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from .usage import UsageError

Bound = TypeVar("Bound")


@contextlib.asynccontextmanager
async def bound(server: AbstractAsyncContextManager[Bound], host: str, port: int) -> AsyncIterator[Bound]:
    """Enter ``server``, which listens on ``port`` of ``host``. Raises UsageError if it cannot."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            entered = await stack.enter_async_context(server)
        except OSError as error:
            raise not_to_be_had(host, port, error) from error
        yield entered


def not_to_be_had(host: str, port: int, error: OSError) -> UsageError:
    """Return the error for whoever asked for this ``port``."""
    return UsageError(f"cannot listen on {host} port {port}: {error.strerror}", "choose another --port")
