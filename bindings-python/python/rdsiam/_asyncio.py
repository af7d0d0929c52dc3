"""Waiting for a token in an event loop. Imported by the first task that has to wait."""

import asyncio
from typing import Any

from . import _rdsiam


async def wait_for_token(cache: _rdsiam.TokenCache) -> str:
    """Waits for the loop's one call of `get_token`, beginning it if there is none."""
    loop = asyncio.get_running_loop()
    flights: dict[Any, asyncio.Future[str]] = cache.__dict__.setdefault("_flights", {})
    flight = flights.get(loop)
    if flight is None:
        for other in [other for other in list(flights) if other.is_closed()]:
            flights.pop(other, None)
        flight = loop.run_in_executor(None, cache.get_token)
        flights[loop] = flight

        def landed(done: "asyncio.Future[str]") -> None:
            flights.pop(loop, None)
            if not done.cancelled():
                # If every task was cancelled, nobody else looks at the error.
                done.exception()

        flight.add_done_callback(landed)
    # Unlike `await`, this does not cancel the flight when the task is cancelled.
    await asyncio.wait((flight,))
    return flight.result()
