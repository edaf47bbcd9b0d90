"""How a command waits for work that comes to much."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Coroutine
from typing import TypeVar

Result = TypeVar("Result")


def result_of(work: Coroutine[object, object, Result]) -> Result:
    """Run ``work`` as asyncio.run does, and return its result. SIGTERM cancels it, as Ctrl-C does.

    Raises KeyboardInterrupt if it comes to nothing then.

    Whatever the main task of asyncio.run returns is shown as text in an error that nobody sees: on its way out it looks
    for its handler of SIGINT, which knows the task, among numbers. A long record would take as long as many cases.
    """
    gc.freeze()  # what is here now, the cases above all, stays: nobody need look through it for garbage again and again
    results: list[Result] = []

    async def main() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        with contextlib.suppress(NotImplementedError):  # Windows has no such signal
            loop.add_signal_handler(signal.SIGTERM, task.cancel)
        results.append(await work)

    try:
        asyncio.run(main())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    return results[0]
