"""What tests need that log in to the stand-in."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import rdsiam
from drivers import POSTGRESQL

# Names of the stand-in are known to a process that is started with the library for it.
NAMES_ARE_KNOWN = "NSS_WRAPPER_HOSTS" in os.environ
PEERS = Path(__file__).parents[2] / "build" / "peers"


def env(name: str) -> str:
    return os.environ[f"STANDIN_{name}"]


def keys(kind: str) -> dict[str, str]:
    found = {
        "access_key_id": env(f"{kind}ACCESS_KEY_ID"),
        "secret_access_key": env(f"{kind}SECRET_ACCESS_KEY"),
    }
    return found if kind else {**found, "session_token": env("SESSION_TOKEN")}


def is_postgresql(name: str) -> bool:
    return name in POSTGRESQL or name.startswith(("psycopg", "asyncpg", "pg8000", "postgresql"))


def a_cache(name: str, user: "str | None" = None, **options: Any) -> rdsiam.TokenCache:
    server = "" if is_postgresql(name) else "MARIADB_"
    return rdsiam.TokenCache(
        env(f"{server}HOST"), env(f"{server}PORT"), user or env("USER"), env("REGION"), **options
    )


def settings(name: str, cache: rdsiam.TokenCache) -> dict[str, Any]:
    given: dict[str, Any] = {"cache": cache, "ca": env("CA")}
    if not NAMES_ARE_KNOWN:
        # What is signed, and what the certificate is verified for, is the cache's host.
        given["host"] = env("HOSTADDR")
    by_libpq = is_postgresql(name) and "asyncpg" not in name and "pg8000" not in name
    given["dbname" if by_libpq else "database"] = env("DB")
    return given


@contextlib.contextmanager
def config() -> Iterator[dict[str, Any]]:
    """What the verifier knows, to be written after a change and put back at the end."""
    path = Path(env("CONFIG"))
    before = path.read_text()
    try:
        yield json.loads(before)
    finally:
        path.write_text(before)


def verdicts() -> list[str]:
    return [line.split()[1] for line in Path(env("LOG")).read_text().splitlines()]


def short_lived(name: str) -> rdsiam.TokenCache:
    """Its tokens end soon, and are not refreshed before: a cached one would be refused."""
    return a_cache(name, credentials=keys(""), expires=4, refresh_before=1, min_remaining=1)


def wait_for_the_end(cache: rdsiam.TokenCache) -> None:
    time.sleep(max(0.0, cache.get().expires_at - time.time()) + 0.2)


_running: "dict[Any, dict[str, Future[None]]]" = {}


def together(request: pytest.FixtureRequest, work: Callable[[str], None]) -> None:
    """Does the work of a test for all of its rows at once, and has the outcome of this row.

    For work that waits most of the time.
    """
    function = request.function
    if function not in _running:
        pool = ThreadPoolExecutor(8)
        _running[function] = {
            name: pool.submit(work, name)
            for name in (
                item.callspec.params["name"]
                for item in request.session.items
                if isinstance(item, pytest.Function) and item.function is function
            )
        }
    _running[function][request.node.callspec.params["name"]].result()


def run_where_names_are_known(
    file: str, which: str, more: "list[str] | tuple[str, ...]" = ()
) -> str:
    """Runs a file of tests in a process that knows the stand-in's names."""
    path = [*more, *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file],
        env={
            **os.environ,
            "LD_PRELOAD": env("NSS_WRAPPER"),
            "NSS_WRAPPER_HOSTS": env("HOSTS"),
            "PYTHONPATH": os.pathsep.join(path),
            "RDSIAM_ROWS": which,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout
