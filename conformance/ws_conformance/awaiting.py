"""How a command waits for work that comes to much."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

Result = TypeVar("Result")


def result_of(work: Coroutine[object, object, Result]) -> Result:
    """Run ``work`` as asyncio.run does, and return its result.

    Whatever the main task of asyncio.run returns is shown as text in an error that nobody sees: on its way out it looks
    for its handler of SIGINT, which knows the task, among numbers. A long record would take as long as many cases.
    """
    results: list[Result] = []

    async def main() -> None:
        results.append(await work)

    asyncio.run(main())
    return results[0]
