"""Crowds: tasks and threads that wait for one refresh, providers that raise anything, and the end
of the interpreter amid all that."""

import asyncio
import itertools
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import rdsiam
from busy import SHORT, Provider, judge, make
from support import PYTHON_SOURCE, run_python, until


def test_ten_thousand_tasks_wait_for_one_refresh_and_the_loop_is_free() -> None:
    provider = Provider(seconds=3)
    cache = make("app", provider)
    turns: list[float] = []

    async def tick() -> None:
        while True:
            turns.append(time.monotonic())
            await asyncio.sleep(0.005)

    async def wait_for_all() -> list[str]:
        ticking = asyncio.create_task(tick())
        tokens = await asyncio.gather(*(cache.get_token_async() for _ in range(10_000)))
        ticking.cancel()
        return list(tokens)

    tokens = asyncio.run(wait_for_all())
    assert provider.calls == 1
    assert len(tokens) == 10_000
    assert all(token is tokens[0] for token in tokens)
    # The first steps of all tasks are one turn of the loop, and so are the last ones. A loop that
    # waited for the provider would have been held for its 3 s.
    longest = max(later - earlier for earlier, later in itertools.pairwise(turns))
    assert longest < 1.5, f"the loop was held for {longest} s"


def test_five_hundred_threads_wait_for_one_fetch() -> None:
    provider = Provider(seconds=1.5)
    cache = make("app", provider)
    ready = threading.Barrier(500)

    def get(_: int) -> str:
        ready.wait(30)
        return cache.get_token()

    with ThreadPoolExecutor(500) as pool:
        tokens = list(pool.map(get, range(500)))
    assert provider.calls == 1
    # Each thread signs after the fetch: in one second they have one token.
    seconds = {token.partition("X-Amz-Date=")[2][:16] for token in tokens}
    assert len(set(tokens)) == len(seconds)
    assert cache.stats()["waits"] == 500


class Unsteady(Provider):
    """Fails at each fifth call, each time with something else, and knows how many are in it."""

    ERRORS = (ConnectionResetError("no"), GeneratorExit(), LookupError(), asyncio.CancelledError())

    def __init__(self) -> None:
        super().__init__(seconds=0.05)
        self.most = self.failed = 0

    def __call__(self) -> dict[str, Any]:
        keys = super().__call__()
        self.most = max(self.most, self.running + 1)
        if self.calls % 5 == 0:
            self.failed += 1
            raise self.ERRORS[self.failed % len(self.ERRORS)]
        return keys


def test_threads_and_loops_use_one_cache() -> None:
    provider = Unsteady()
    provider.life = 4
    cache = make("app", provider, **SHORT)
    began = time.monotonic()
    got = [0] * 8

    def goes_on() -> bool:
        """For longer than a token lives, and until all that is asked for has been seen."""
        seconds = time.monotonic() - began
        return seconds < 60 and (seconds < 5 or provider.failed < 2 or min(got) <= 30)

    def in_thread(number: int) -> None:
        while goes_on():
            try:
                judge(cache.get_token(), "app")
                got[number] += 1
            except (rdsiam.CredentialsError, GeneratorExit, asyncio.CancelledError):
                pass
            if number == 0 and got[0] % 10 == 0:
                cache.invalidate()
            time.sleep(0.02)

    async def task(number: int) -> None:
        while goes_on():
            try:
                judge(await cache.get_token_async(), "app")
                got[number] += 1
            except (rdsiam.CredentialsError, GeneratorExit, asyncio.CancelledError):
                pass
            await asyncio.sleep(0.1)

    async def tasks(number: int) -> None:
        await asyncio.gather(*(task(number) for _ in range(25)))

    threads = [threading.Thread(target=in_thread, args=(n,)) for n in range(6)]
    threads += [threading.Thread(target=lambda n=n: asyncio.run(tasks(n))) for n in (6, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(count > 30 for count in got), got
    assert provider.failed >= 2
    # Never two at a time, whoever asks.
    assert provider.most == 1


class Odd(BaseException):
    """No Exception, and nothing that the interpreter knows."""


@pytest.mark.parametrize("error", [Odd, GeneratorExit, MemoryError, RecursionError])
def test_whatever_a_provider_raises_the_next_call_works(error: type[BaseException]) -> None:
    errors = [error()]

    def provider() -> dict[str, str]:
        if errors:
            raise errors.pop()
        return {"access_key_id": "a", "secret_access_key": "s"}

    cache = make("app", provider)
    cause = errors[0]
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        cache.get_token()
    if isinstance(cause, Exception):
        assert isinstance(caught.value, rdsiam.CredentialsProviderError)
        assert caught.value.__cause__ is cause
    else:
        assert caught.value is cause
    assert cache.get_token()


@pytest.mark.parametrize("who", ["the one who works", "one who waits"])
def test_ctrl_c_in_the_main_thread(who: str) -> None:
    provider = Provider(seconds=1)
    cache = make("app", provider)
    other = threading.Thread(target=cache.get_token)
    if who == "one who waits":
        other.start()
        until(lambda: provider.running == 1)
    interrupt = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    began = time.monotonic()

    def get_and_go_on() -> None:
        # Of one who waits it comes out at the next step of the interpreter.
        cache.get_token()
        time.sleep(0.1)

    interrupt.start()
    with pytest.raises(KeyboardInterrupt):
        get_and_go_on()
    assert time.monotonic() - began < 5
    interrupt.join()
    if who == "one who waits":
        other.join()
    judge(cache.get_token(), "app")


ENDING = """
import asyncio, os, sys, threading, time
import rdsiam
cache = rdsiam.TokenCache("h", 1, "u", "us-east-1")
how = sys.argv[1]
if how == "task":
    async def main():
        task = asyncio.create_task(cache.get_token_async())
        await asyncio.sleep(0.3)
        task.cancel()
    asyncio.run(main())
else:
    thread = threading.Thread(target=cache.get_token, daemon=how != "plain")
    thread.start()
    time.sleep(0.3)
    if how == "exit":
        sys.exit(0)
"""


@pytest.mark.parametrize("how", ["daemon", "plain", "exit", "task"])
def test_the_interpreter_ends_well_while_the_chain_runs(how: str, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[profile slow]\ncredential_process = sleep 2\n")
    began = time.monotonic()
    env = {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "slow"}
    done = run_python("-c", ENDING, how, source=PYTHON_SOURCE, **env)
    # Its own error is that of a thread that nobody joins.
    errors = done.stderr if how != "plain" else ""
    assert (done.returncode, errors) == (0, "")
    assert time.monotonic() - began < 15
