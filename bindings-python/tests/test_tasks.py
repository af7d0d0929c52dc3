"""Tasks that wait for a token, in asyncio and trio."""

import asyncio
import json
import os
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

import rdsiam
from support import LOGIN, PYTHON_SOURCE, STATIC, run_python, until
from test_boto3 import PEERS
from test_cache import Provider

Main = Callable[[], Awaitable[Any]]


RUNS: dict[str, Callable[[Main], Any]] = {
    "asyncio": lambda main: anyio.run(main, backend="asyncio"),
    "trio": lambda main: anyio.run(main, backend="trio"),
}
in_each_loop = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)


async def all_at_once(*tasks: Main) -> list[Any]:
    """What the tasks return, or the error of those that fail."""
    results: list[Any] = [None] * len(tasks)

    async def run(number: int) -> None:
        try:
            results[number] = await tasks[number]()
        except Exception as error:
            results[number] = error

    async with anyio.create_task_group() as group:
        for number in range(len(tasks)):
            group.start_soon(run, number)
    return results


@in_each_loop
def test_a_thousand_tasks_make_one_call_on_one_thread(run: Callable[[Main], Any]) -> None:
    looked = threading.Event()
    provider = Provider()
    cache = rdsiam.TokenCache(*LOGIN, credentials=lambda: looked.wait(10) and provider())
    there = threading.active_count()
    most = 0

    async def look() -> None:
        """After all of the tasks began to wait."""
        nonlocal most
        await anyio.sleep(0.01)
        most = sum(thread.name == "rdsiam" for thread in threading.enumerate())
        looked.set()

    async def main() -> list[Any]:
        tasks = await all_at_once(*[cache.get_token_async] * 1000, look)
        return tasks[:-1]

    tokens = run(main)
    assert (provider.calls, most) == (1, 1)
    assert len(tokens) == 1000
    assert all(token is tokens[0] for token in tokens)
    until(lambda: threading.active_count() <= there)


@in_each_loop
def test_a_cancelled_task_does_not_disturb_the_others(run: Callable[[Main], Any]) -> None:
    provider = Provider(seconds=0.3)
    cache = rdsiam.TokenCache(*LOGIN, credentials=provider)

    async def gives_up() -> str:
        with anyio.move_on_after(0.05):
            return await cache.get_token_async()
        return "cancelled"

    async def main() -> list[Any]:
        return await all_at_once(gives_up, cache.get_token_async, cache.get_token_async)

    gave_up, first, second = run(main)
    assert gave_up == "cancelled"
    assert first is second
    assert first is cache.get_token()
    assert provider.calls == 1


@in_each_loop
def test_tasks_get_the_provider_s_error_and_then_a_token(run: Callable[[Main], Any]) -> None:
    provider = Provider(error=OSError("no"), seconds=0.1)
    cache = rdsiam.TokenCache(*LOGIN, credentials=provider)

    async def main() -> str:
        for error in await all_at_once(*[cache.get_token_async] * 3):
            assert isinstance(error, rdsiam.CredentialsProviderError)
            assert error.__cause__ is provider.error
        provider.error = None
        return await cache.get_token_async()

    assert run(main) == cache.get_token()
    assert provider.calls == 2


@in_each_loop
def test_a_loop_that_ends_leaves_nothing_behind(run: Callable[[Main], Any]) -> None:
    provider = Provider(seconds=0.3)
    cache = rdsiam.TokenCache(*LOGIN, credentials=provider)

    async def main() -> None:
        with anyio.move_on_after(0.05):
            await cache.get_token_async()

    run(main)
    until(lambda: not cache.__dict__["_waiting"])
    assert run(cache.get_token_async) is cache.get_token()
    assert provider.calls == 1


@in_each_loop
def test_a_token_of_another_signer(run: Callable[[Main], Any]) -> None:
    class Client:
        def generate_db_auth_token(self, **_: Any) -> str:
            time.sleep(0.1)
            return "a token"

    cache = rdsiam.DatabaseTokenCache(Client(), *LOGIN)  # type: ignore[arg-type]
    assert run(cache.get_token_async) == "a token"


@in_each_loop
def test_static_credentials_need_no_thread(run: Callable[[Main], Any]) -> None:
    cache = rdsiam.TokenCache(*LOGIN, credentials=STATIC)

    async def main() -> list[str]:
        await cache.get_token_async()
        return [thread.name for thread in threading.enumerate()]

    assert "rdsiam" not in run(main)


IN_TRIO_ASYNCIO = """
import asyncio, time, trio, trio_asyncio
import rdsiam
calls = []
def provider():
    calls.append(time.sleep(0.1))
    return {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "SECRETKEYEXAMPLE"}
def a_cache():
    return rdsiam.TokenCache("h.example", 5432, "app", "us-east-1", credentials=provider)
async def both(cache):
    first, second = await asyncio.gather(cache.get_token_async(), cache.get_token_async())
    return first is second is cache.get_token()
async def main():
    async with trio_asyncio.open_loop():
        cache = a_cache()
        print(await cache.get_token_async() is cache.get_token(), len(calls))
        print(await trio_asyncio.aio_as_trio(both)(a_cache()), len(calls))
trio.run(main)
"""


def test_tasks_of_either_kind_in_trio_asyncio() -> None:
    # In a process of its own, whose asyncio it replaces.
    done = run_python("-c", IN_TRIO_ASYNCIO)
    assert done.stdout == "True 1\nTrue 2\n", done.stderr


def test_a_thread_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = Provider()
    cache = rdsiam.TokenCache(*LOGIN, credentials=provider)

    def fail(_: Any) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        with pytest.raises(RuntimeError, match="new thread"):
            asyncio.run(cache.get_token_async())
    assert asyncio.run(cache.get_token_async()) is cache.get_token()


SILENT = """
import asyncio, os, signal, socket, sys, threading, time
import rdsiam
listener = socket.create_server(("127.0.0.1", 0))
url = "http://127.0.0.1:%d/" % listener.getsockname()[1]
os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url
cache = rdsiam.TokenCache("h.example", 5432, "app", "us-east-1")
def interrupt():
    listener.accept()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
began = time.monotonic()
try:
    if sys.argv[1] == "trio":
        import trio
        trio.run(cache.get_token_async)
    elif sys.argv[1] == "asyncio":
        asyncio.run(cache.get_token_async())
    else:
        cache.get_token()
except KeyboardInterrupt:
    print(time.monotonic() - began < 2)
"""


@pytest.mark.parametrize("loop", ["asyncio", "trio", "none"])
def test_ctrl_c_does_not_wait_for_a_silent_endpoint(loop: str) -> None:
    began = time.monotonic()
    done = run_python("-c", SILENT, loop)
    assert (done.stdout, done.stderr) == ("True\n", "")
    # Nor does the end of the interpreter.
    assert time.monotonic() - began < 5


def coroutine_functions() -> dict[str, Any]:
    async def plain() -> dict[str, str]:
        await asyncio.sleep(0.01)
        return STATIC

    class Callable:
        async def __call__(self, *, force_refresh: bool) -> dict[str, str]:
            return await plain()

    return {"function": plain, "object": Callable(), "lambda": lambda: plain()}


@pytest.mark.parametrize("kind", coroutine_functions())
def test_a_provider_may_be_a_coroutine_function(kind: str) -> None:
    """It has an event loop of its own, whichever one waits."""
    for run in RUNS.values():
        cache = rdsiam.TokenCache(*LOGIN, credentials=coroutine_functions()[kind])
        assert run(cache.get_token_async) is cache.get_token()
    cache = rdsiam.TokenCache(*LOGIN, credentials=coroutine_functions()[kind])
    assert rdsiam.explain(cache.get_token()).access_key_id == STATIC["access_key_id"]


def test_an_error_of_a_coroutine_function_is_the_cause() -> None:
    async def provider() -> dict[str, str]:
        await asyncio.sleep(0)
        raise ConnectionError("gone")

    with pytest.raises(rdsiam.CredentialsProviderError, match="raised ConnectionError") as raised:
        rdsiam.TokenCache(*LOGIN, credentials=provider).get_token()
    assert raised.value.retryable
    assert isinstance(raised.value.__cause__, ConnectionError)


def test_a_coroutine_function_that_hangs_costs_no_more_than_the_timeout() -> None:
    ended = threading.Event()

    async def provider() -> dict[str, str]:
        while not ended.is_set():
            await asyncio.sleep(0.01)
        return STATIC

    cache = rdsiam.TokenCache(*LOGIN, credentials=provider, timeout=0.3)
    began = time.monotonic()
    try:
        with pytest.raises(rdsiam.RdsIamTimeoutError):
            cache.get_token()
    finally:
        ended.set()
    assert time.monotonic() - began < 3


AIOBOTOCORE = """
import asyncio, datetime, json, time
import aiobotocore.credentials, aiobotocore.session
import rdsiam
made = []
async def refresh():
    made.append(await asyncio.sleep(0.01, "made"))
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    return {"access_key": f"AKID{len(made)}", "secret_key": "S", "token": "T",
        "expiry_time": end.isoformat()}
session = aiobotocore.session.get_session()
kind = aiobotocore.credentials.AioRefreshableCredentials
session._credentials = kind.create_from_metadata(asyncio.run(refresh()), refresh, "test")
static = aiobotocore.session.get_session()
static.set_credentials("AKIDSTATIC", "S", "T")
login = ("h.example", 5432, "app", "us-east-1")
told = []
def tell(credentials):
    cache = rdsiam.TokenCache(*login, credentials=credentials)
    told.append(rdsiam.explain(cache.get_token()).access_key_id)
    return cache
for shape in (session, session._credentials, static, static.get_credentials):
    cache = tell(shape)
    assert asyncio.run(cache.get_token_async()) is cache.get_token()
session._credentials._expiry_time -= datetime.timedelta(minutes=55)
cache = tell(session)
told.append(round((cache.get().expires_at - time.time()) / 60))
try:
    tell(aiobotocore.session.get_session())
except rdsiam.CredentialsNotFoundError as error:
    told.append(str(error))
print(json.dumps(told))
"""


def test_a_session_of_aiobotocore() -> None:
    path = os.pathsep.join([str(PEERS / "aiobotocore"), str(PYTHON_SOURCE)])
    done = run_python("-W", "error", "-c", AIOBOTOCORE, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        *["AKID1", "AKID1", "AKIDSTATIC", "AKIDSTATIC", "AKID2", 15],
        "no credentials: the boto3 session given as credentials found none",
    ]
