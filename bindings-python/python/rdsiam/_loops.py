"""Waiting for a token in an event loop, asyncio's or trio's. Imported by who has to wait."""

import contextlib
import functools
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from .errors import InvalidArgumentError


class Cache(Protocol):
    @property
    def get_token(self) -> Callable[[], str]: ...


async def wait_for_token(cache: Cache) -> str:
    """Waits for the loop's one call of `get_token`, beginning it if there is none."""
    loop, event, call_soon = _running()
    calls: dict[Any, tuple[Future[str], Any]] = cache.__dict__.setdefault("_waiting", {})
    call = calls.get(loop)
    if call is None:
        call = calls[loop] = Future(), event()
        wake = functools.partial(call_soon, call[1].set)
        # It is no thread of the loop's executor, for which the end of the loop would wait: Ctrl-C
        # would take as long as a source of credentials that does not answer.
        thread = threading.Thread(
            target=_call, args=(cache, calls, loop, call[0], wake), name="rdsiam", daemon=True
        )
        try:
            thread.start()
        except BaseException:
            # Ctrl-C comes here once the thread runs, too, which may have ended by now.
            calls.pop(loop, None)
            raise
    # A task that is cancelled here leaves the call to the others.
    await call[1].wait()
    return call[0].result()


def _call(
    cache: Cache, calls: dict[Any, Any], loop: Any, call: "Future[str]", wake: Callable[[], Any]
) -> None:
    try:
        call.set_result(cache.get_token())
    except BaseException as error:
        call.set_exception(error)
    if calls.get(loop, (None,))[0] is call:
        calls.pop(loop, None)
    # The loop may be over.
    with contextlib.suppress(RuntimeError):
        wake()


def _running() -> tuple[Any, Callable[[], Any], Callable[..., Any]]:
    """The loop that runs, its kind of event, and how another thread has it call something."""
    if is_trio():
        # Not imported, for PyInstaller would pack it for programs that do not use it.
        trio: Any = sys.modules["trio"]
        run = trio.lowlevel.current_trio_token()
        return run, trio.Event, run.run_sync_soon
    import asyncio

    loop = asyncio.get_running_loop()
    return loop, asyncio.Event, loop.call_soon_threadsafe


def is_trio() -> bool:
    """Whether the task is one of trio's, also by anyio. Who uses trio has loaded sniffio."""
    here = getattr(sys.modules.get("sniffio"), "thread_local", None)
    return getattr(here, "name", None) == "trio"


def require_asyncio() -> None:
    """For drivers that know no other event loop."""
    if is_trio():
        raise InvalidArgumentError(
            "the driver runs in asyncio, and this task is one of trio; use trio_asyncio, or "
            "connect with a synchronous driver in trio.to_thread.run_sync"
        )
