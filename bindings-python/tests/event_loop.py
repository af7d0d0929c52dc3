"""Runs a coroutine in a loop of its own, in which nothing is left open at the end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def _to_the_end(main: Coroutine[Any, Any, T]) -> T:
    try:
        return await main
    finally:
        await _all_is_closed()


async def _all_is_closed() -> None:
    """What was told to close is closed in the next turns, or once the server has answered."""
    loop = asyncio.get_running_loop()
    selector: Any = loop._selector  # type: ignore[attr-defined]
    end = loop.time() + 5
    # What is left is the pipe by which the loop wakes itself.
    while len(selector.get_map()) > 1 and loop.time() < end:
        await asyncio.sleep(0.01)


def run(main: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run, once all sockets of the loop are closed."""
    return asyncio.run(_to_the_end(main))
