"""Waiting for a token in an event loop. Imported by the first task that has to wait."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol


class _Cache(Protocol):
    @property
    def get_token(self) -> Callable[[], str]: ...


async def wait_for_token(cache: _Cache) -> str:
    """Waits for the loop's one call of `get_token`, beginning it if there is none."""
    loop = asyncio.get_running_loop()
    calls: dict[Any, asyncio.Future[str]] = cache.__dict__.setdefault("_waiting", {})
    call = calls.get(loop)
    if call is None:
        for other in [other for other in list(calls) if other.is_closed()]:
            calls.pop(other, None)
        call = loop.run_in_executor(None, cache.get_token)
        calls[loop] = call

        def ended(done: "asyncio.Future[str]") -> None:
            calls.pop(loop, None)
            if not done.cancelled():
                # If every task was cancelled, nobody else looks at the error.
                done.exception()

        call.add_done_callback(ended)
    # Unlike `await`, this does not cancel the call when the task is cancelled.
    await asyncio.wait((call,))
    return call.result()
