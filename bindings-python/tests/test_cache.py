"""The cache: hits, single flight, refreshing ahead, threads, tasks, fork, interrupts."""

import asyncio
import gc
import os
import sys
import threading
import time
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import rdsiam
from support import HOST, LOGIN, STATIC, ending_in, run_python, until


class Provider:
    """Counts its calls, and can be slow or fail."""

    def __init__(self, seconds: float = 0.0, error: BaseException | None = None) -> None:
        self.seconds, self.error, self.calls = seconds, error, 0
        self.gives: dict[str, Any] = dict(STATIC)
        # Ends its slowness.
        self.go = threading.Event()

    def __call__(self) -> dict[str, Any]:
        self.calls += 1
        self.go.wait(self.seconds)
        if self.error is not None:
            raise self.error
        return self.gives


def test_a_hit_is_the_very_same_object() -> None:
    cache = rdsiam.TokenCache(*LOGIN, credentials=STATIC)
    token = cache.get_token()
    assert all(cache.get_token() is token for _ in range(100))
    assert cache() is token
    assert cache.get().token is token
    assert asyncio.run(cache.get_token_async()) is token
    stats = cache.stats()
    assert (stats["misses"], stats["signatures"], stats["hits"]) == (1, 1, 103)
    assert all(type(value) is int for value in stats.values())


def test_hits_hold_on_to_nothing() -> None:
    cache = rdsiam.TokenCache(*LOGIN, credentials=STATIC)
    token = cache.get_token()
    before = sys.getrefcount(token)
    for _ in range(1000):
        cache.get_token()
        cache()
    assert sys.getrefcount(token) == before


def test_get_tells_when_the_token_ends() -> None:
    got = rdsiam.TokenCache(*LOGIN, credentials=STATIC, expires=100).get()
    token, expires_at = got
    assert (got.token, got.expires_at) == (token, expires_at) == tuple(got)
    assert 98 <= expires_at - time.time() <= 100
    assert type(expires_at) is int
    end = int(time.time()) + 600
    short = rdsiam.TokenCache(*LOGIN, credentials={**STATIC, "expires_at": end}).get()
    assert short.expires_at == end


def test_invalidate_makes_a_new_token() -> None:
    provider = Provider()
    cache = rdsiam.TokenCache(*LOGIN, credentials=provider)
    first = cache.get_token()
    cache.invalidate()
    assert cache.get_token() is not first
    assert (provider.calls, cache.stats()["invalidations"]) == (2, 1)


def test_the_attributes_are_read_only_and_shown() -> None:
    cache = rdsiam.TokenCache(HOST.upper(), "5432", b"o'x")
    assert (cache.host, cache.port, cache.user) == (HOST.upper(), 5432, "o'x")
    assert cache.region == "us-east-1"
    shown = f"TokenCache(host='{HOST.upper()}', port=5432, user=\"o'x\", region='us-east-1')"
    assert repr(cache) == shown
    for name in ("host", "port", "user", "region"):
        with pytest.raises(AttributeError):
            setattr(cache, name, "x")


def test_many_threads_wait_for_one_provider_call() -> None:
    provider = Provider(seconds=0.3)
    cache = rdsiam.TokenCache(*LOGIN, credentials=provider)
    with ThreadPoolExecutor(32) as pool:
        tokens = list(pool.map(lambda _: cache.get_token(), range(32)))
    assert provider.calls == 1
    assert all(token is tokens[0] for token in tokens)


def test_other_threads_run_while_a_miss_waits() -> None:
    cache = rdsiam.TokenCache(*LOGIN, credentials=Provider(seconds=0.5))
    waiters = [threading.Thread(target=cache.get_token) for _ in range(2)]
    for waiter in waiters:
        waiter.start()
    ticks = 0
    while any(waiter.is_alive() for waiter in waiters):
        ticks += 1
        time.sleep(0.01)
    assert ticks > 10


def test_all_who_wait_get_an_error_of_their_own_with_the_one_cause() -> None:
    cause = ConnectionResetError("no")
    provider = Provider(seconds=0.3, error=cause)
    cache = rdsiam.TokenCache(*LOGIN, credentials=provider)

    def fail(_: int) -> BaseException:
        with pytest.raises(rdsiam.CredentialsProviderError) as caught:
            cache.get_token()
        return caught.value

    with ThreadPoolExecutor(8) as pool:
        errors = list(pool.map(fail, range(8)))
    assert provider.calls == 1
    assert len({id(error) for error in errors}) == 8
    assert all(error.__cause__ is cause for error in errors)
    provider.error = None
    assert cache.get_token()


def test_stale_token_is_served_while_one_refresh_runs() -> None:
    provider = Provider()
    provider.gives = ending_in(4)
    cache = rdsiam.TokenCache(*LOGIN, credentials=provider, min_remaining=0)
    old = cache.get_token()
    calls = provider.calls
    provider.seconds, provider.gives = 30, {**STATIC, "access_key_id": "AKIDNEW"}
    provider.go.clear()
    # After half of their life they are asked for again, and nobody waits for the answer.
    until(lambda: cache.get_token() == old and provider.calls > calls)
    assert [cache.get_token() for _ in range(50)] == [old] * 50
    provider.go.set()
    until(lambda: cache.get_token() != old)
    assert "AKIDNEW" in cache.get_token()
    assert provider.calls == calls + 1


def test_failed_refresh_keeps_the_old_token_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    provider = Provider()
    provider.gives = ending_in(4)
    cache = rdsiam.TokenCache(*LOGIN, credentials=provider, min_remaining=0)
    old = cache.get_token()
    provider.error = RuntimeError("down")
    until(lambda: cache.get_token() == old and cache.stats()["refresh_failures"] == 1)
    assert cache.get_token() == old
    until(lambda: bool(caplog.records))
    assert "provider raised RuntimeError" in caplog.records[0].getMessage()
    assert caplog.records[0].name == "rdsiam"


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_provider_comes_out_as_itself(interrupt: type[BaseException]) -> None:
    provider = Provider(error=interrupt())
    cache = rdsiam.TokenCache(*LOGIN, credentials=provider)
    with pytest.raises(interrupt) as caught:
        cache.get_token()
    assert caught.value is provider.error
    provider.error = None
    assert cache.get_token()


def test_ctrl_c_ends_the_wait_for_a_slow_provider() -> None:
    program = """
import os, signal, threading, rdsiam
begun, interrupted = threading.Event(), threading.Event()
waits = []
def provider():
    begun.set()
    waits.append(interrupted.wait(8))
    return {"access_key_id": "a", "secret_access_key": "b"}
def interrupt():
    begun.wait()
    os.kill(os.getpid(), signal.SIGINT)
cache = rdsiam.TokenCache("h", 1, "u", "us-east-1", credentials=provider)
threading.Thread(target=interrupt).start()
try:
    cache.get_token()
except KeyboardInterrupt:
    print(not waits)
    interrupted.set()
"""
    done = run_python("-c", program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_provider_that_asks_for_its_own_token_gets_an_error_at_once() -> None:
    def provider() -> str:
        return cache.get_token()

    cache = rdsiam.TokenCache(*LOGIN, credentials=provider)
    begun = time.monotonic()
    with pytest.raises(rdsiam.CredentialsProviderError) as caught:
        cache.get_token()
    assert time.monotonic() - begun < 5  # of the 10 that a call waits
    cause = caught.value.__cause__
    assert isinstance(cause, rdsiam.CredentialsProviderError)
    assert not cause.retryable


def test_two_hundred_caches_of_the_default_chain_share_one_fetch(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    helper = tmp_path / "helper.py"
    helper.write_text(
        f"open({str(calls)!r}, 'a').write('x')\n"
        'print(\'{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "S"}\')\n'
    )
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = {sys.executable} {helper}\n")
    program = """
import os, threading, rdsiam
login = ("mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app")
caches = [rdsiam.TokenCache(*login) for _ in range(200)]
threads = [threading.Thread(target=cache.get_token) for cache in caches]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
os.environ["AWS_PROFILE"] = "default"  # Another environment may be another identity.
rdsiam.TokenCache(*login).get_token()
"""
    environment = {"AWS_CONFIG_FILE": str(config), "AWS_EC2_METADATA_DISABLED": "true"}
    done = run_python("-c", program, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert calls.read_text() == "xx"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize("when", ["before", "after", "during"])
def test_a_child_of_fork_can_use_it(when: str) -> None:
    provider = Provider(seconds=0.5 if when == "during" else 0)
    cache = rdsiam.TokenCache(*LOGIN, credentials=provider)
    worker = threading.Thread(target=cache.get_token)
    if when != "before":
        worker.start()
        if when == "after":
            worker.join()
        else:
            until(lambda: provider.calls == 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        good = False
        try:
            cache.get_token()
            cache.invalidate()
            good = cache.get_token().startswith(HOST)
        finally:
            os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    if when != "before":
        worker.join()
    assert cache.get_token()


@pytest.mark.parametrize("thread", ["core", "daemon"])
def test_the_interpreter_ends_well_while_a_provider_runs(thread: str) -> None:
    program = """
import sys, threading, time, rdsiam
calls = 0
def provider():
    global calls
    calls += 1
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        pass
    return {"access_key_id": "a", "secret_access_key": "b"}
cache = rdsiam.TokenCache("h", 1, "u", "us-east-1", credentials=provider)
if sys.argv[1] == "daemon":
    threading.Thread(target=cache.get_token, daemon=True).start()
else:
    cache._try_get_token()
while calls < 1:
    time.sleep(0.01)
"""
    done = run_python("-c", program, thread)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_cycle_through_a_provider_is_collected() -> None:
    class Holder:
        def __init__(self) -> None:
            self.cache = rdsiam.TokenCache(*LOGIN, credentials=self.keys)

        def keys(self) -> dict[str, str]:
            return STATIC

    holder = Holder()
    assert holder.cache.get_token()
    gone = weakref.ref(holder)
    del holder
    gc.collect()
    assert gone() is None
