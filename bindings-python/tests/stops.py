"""Run by test_freeze.py in a process of its own, which stops itself, and is let go on when its
tokens are dead: stops.py SCENARIO. What is handed out then is judged by the stand-in's verifier."""

import asyncio
import os
import signal
import sys
import threading
import time

import rdsiam
from busy import SHORT, Provider, judge, make

FROZEN = float(os.environ["FROZEN"])


def stop() -> None:
    before = time.time()
    os.kill(os.getpid(), signal.SIGSTOP)
    # The other threads may run for a moment after kill() has returned.
    while time.time() < before + FROZEN - 1:
        time.sleep(0.005)


def get_by_many(cache: rdsiam.TokenCache) -> None:
    wrong: list[BaseException] = []

    def get() -> None:
        try:
            judge(cache.get_token(), "app")
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=get) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong


def idle() -> None:
    provider = Provider()
    cache = make("app", provider, **SHORT)
    dead = cache.get_token()
    stop()
    get_by_many(cache)
    assert cache.get_token() != dead
    assert provider.calls == 1


def refreshing() -> None:
    """The keys that the provider brings expire while it is on its way with them."""
    provider = Provider(life=4)
    cache = make("app", provider, **SHORT)
    dead = cache.get_token()
    signed_at = rdsiam.explain(dead).signed_at
    assert signed_at is not None
    # Half of the life of the keys is over, and the token is stale.
    time.sleep(max(0.0, signed_at + 2.4 - time.time()))
    provider.seconds, provider.life = 0.5, FROZEN - 1
    assert cache.get_token() == dead
    while not provider.running:
        time.sleep(0.001)
    stop()
    get_by_many(cache)
    assert cache.get_token() != dead


def waiting() -> None:
    provider = Provider(seconds=0.8)
    cache = make("app", provider, **SHORT)
    stopper = threading.Timer(0.3, stop)
    stopper.start()
    get_by_many(cache)
    stopper.join()
    get_by_many(cache)


def tasks() -> None:
    """Tasks wait, and their loop is stopped with them."""
    cache = make("app", Provider(seconds=0.8), **SHORT)

    async def get_all() -> None:
        stopper = threading.Timer(0.3, stop)
        stopper.start()
        for token in await asyncio.gather(*(cache.get_token_async() for _ in range(100))):
            judge(token, "app")
        judge(await cache.get_token_async(), "app")

    asyncio.run(get_all())


{"idle": idle, "refreshing": refreshing, "waiting": waiting, "tasks": tasks}[sys.argv[1]]()
print("good")
