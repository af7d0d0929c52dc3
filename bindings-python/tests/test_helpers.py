"""What the helpers never do: send a token in clear, hold up an event loop, or load a driver."""

import asyncio
import importlib
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg_pool
import pytest

import rdsiam
import rdsiam.psycopg
from helpers import ASYNC, MYSQL, POSTGRESQL, refused
from recorder import Recorder
from support import PYTHON_SOURCE, STATIC, run_python


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    from test_ca import certificate

    return certificate(tmp_path_factory.mktemp("ca"), "/CN=any authority")


def connect(name: str, **options: Any) -> Any:
    made = importlib.import_module(f"rdsiam.{name}").connect(**options)
    return asyncio.run(made) if name in ASYNC else made


def a_cache(port: int, host: str = "127.0.0.1", **options: Any) -> rdsiam.TokenCache:
    return rdsiam.TokenCache(host, port, "app", "us-east-1", **{"credentials": STATIC, **options})


@pytest.mark.parametrize("name", POSTGRESQL + MYSQL)
def test_a_server_without_tls_is_sent_no_token(name: str, authority: str) -> None:
    fails = pytest.raises(Exception, match=r"(?i)ssl|tls|insecure|lost connection|2013|2003")
    with Recorder("postgresql" if name in POSTGRESQL else "mysql") as recorder, fails:
        connect(name, cache=a_cache(recorder.port), ca=authority)
    assert recorder.connections > 0
    assert b"Amz" not in recorder.received
    assert b"Action=connect" not in recorder.received


def test_the_recorder_is_sent_one_where_tls_is_not_asked_for() -> None:
    """Otherwise the test above would show nothing."""
    import psycopg
    import pymysql

    token = a_cache(1).get_token()
    options = {"host": "127.0.0.1", "user": "app", "password": token}
    with Recorder("postgresql") as recorder, pytest.raises(psycopg.OperationalError):
        psycopg.connect(**options, port=recorder.port, sslmode="prefer", connect_timeout=2)
    assert token.encode() in recorder.received
    with Recorder("mysql") as recorder, pytest.raises(pymysql.err.MySQLError):
        pymysql.connect(**options, port=recorder.port, connect_timeout=2)
    assert token.encode() in recorder.received


def test_mysqlclient_would_take_a_socket_for_localhost(authority: str) -> None:
    with refused("mysqlclient", "a socket without TLS"):
        connect("mysqlclient", cache=a_cache(1, "localhost"), ca=authority)


IN_C = """
import os, sys
sys.path.insert(0, sys.argv[1])
import rdsiam, rdsiam.mysql_connector
from recorder import Recorder
# libmysqlclient would heed it, without TLS.
os.environ["LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN"] = "1"
keys = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "SECRETKEYEXAMPLE"}
with Recorder("mysql") as recorder:
    cache = rdsiam.TokenCache("127.0.0.1", recorder.port, "app", "us-east-1", credentials=keys)
    try:
        rdsiam.mysql_connector.connect(cache=cache, ca=sys.argv[2], use_pure=False)
    except Exception as error:
        print(type(error).__name__, error.errno)
print(recorder.connections, b"Amz" in recorder.received, cache.stats()["signatures"])
"""


def test_the_extension_of_mysql_connector_sends_no_token_without_tls(authority: str) -> None:
    # A version of the driver whose extension loads everywhere, beside the one that is installed.
    driver = Path(__file__).parents[2] / "build" / "peers" / "mysql-connector-python"
    path = os.pathsep.join([str(driver), str(PYTHON_SOURCE)])
    here = str(Path(__file__).parent)
    done = run_python("-c", IN_C, here, authority, PYTHONPATH=path)
    assert done.stdout == "InterfaceError 2026\n1 False 1\n", done.stderr


def test_mysql_connector_refuses_what_is_not_one_endpoint_or_keeps_a_token(
    authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mysql.connector

    import rdsiam.mysql_connector

    login = {"cache": a_cache(1), "ca": authority}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"failover": [{"host": "other"}]}, "failover could send"),
        ({"dns_srv": True}, "dns_srv could send"),
        ({"pool_name": "p"}, "pool_name makes a pool that keeps one token"),
        ({"pool_size": 2}, "pool_size makes a pool"),
        ({"use_pure": False}, "extension in C is not there"),
    ]
    monkeypatch.setattr(mysql.connector, "HAVE_CEXT", False)
    rdsiam.mysql_connector._class.cache_clear()
    for more, what in wrong:
        with refused("mysql_connector", what):
            rdsiam.mysql_connector.connect(**login, **more)
        if "use_pure" not in more:
            with refused("mysql_connector_aio", what):
                connect("mysql_connector_aio", **login, **more)
        if "pool_" not in next(iter(more)):
            with refused("mysql_connector", what):
                rdsiam.mysql_connector.MySQLConnectionPool(**login, **more)


def test_what_cannot_be_one_login_is_refused(authority: str) -> None:
    for options, what in [
        ({"user": "app"}, "host is missing"),
        ({"host": "h"}, "user is missing"),
        ({"host": "/run/postgresql", "user": "app"}, "host is not one host name"),
        ({"host": "a,b", "user": "app"}, "host is not one host name"),
        ({"host": "h", "user": "app", "password": "x"}, "password is what"),
        ({"host": "h", "user": "app", "port": "x"}, "port is not a number"),
        ({"cache": a_cache(1), "region": "us-east-1"}, "region is that of the cache"),
        ({"cache": a_cache(1), "sign_host": "other"}, "host to sign for is not that"),
        ({"cache": a_cache(1), "user": "other"}, "user to sign for is not that"),
        ({"cache": a_cache(1), "ca": "/no/such/file"}, "ca is not a file"),
    ]:
        with refused("psycopg", what):
            rdsiam.psycopg.connect(**{"ca": authority, **options})


async def opened_pool(**options: Any) -> None:
    pool = psycopg_pool.AsyncConnectionPool(
        kwargs=options,
        connection_class=rdsiam.psycopg.AsyncConnection,
        min_size=1,
        open=False,
        reconnect_timeout=1,
    )
    try:
        # It tries on for as long as it is waited for.
        await pool.open(wait=True, timeout=SLOW * 2)
    finally:
        await pool.close()


def opened_engine(driver: str) -> Callable[..., Awaitable[Any]]:
    import rdsiam.sqlalchemy

    # Loads its dialect, which is not what is measured.
    rdsiam.sqlalchemy.create_async_engine(f"{driver}://")

    async def connected(**options: Any) -> None:
        engine = rdsiam.sqlalchemy.create_async_engine(f"{driver}://", connect_args=options)
        try:
            async with engine.connect():
                pass
        finally:
            await engine.dispose()

    return connected


def openers() -> dict[str, Callable[..., Awaitable[Any]]]:
    """What each helper for an event loop has for making a connection."""
    import rdsiam.aiomysql
    import rdsiam.asyncmy
    import rdsiam.asyncpg
    import rdsiam.psycopg

    async def asyncpg_pool(**options: Any) -> None:
        await rdsiam.asyncpg.create_pool(min_size=1, **options)

    return {
        "psycopg": rdsiam.psycopg.AsyncConnection.connect,
        "psycopg_pool": opened_pool,
        "asyncpg": rdsiam.asyncpg.connect,
        "asyncpg pool": asyncpg_pool,
        "aiomysql": rdsiam.aiomysql.connect,
        "aiomysql pool": rdsiam.aiomysql.create_pool,
        "asyncmy": rdsiam.asyncmy.connect,
        "asyncmy pool": rdsiam.asyncmy.create_pool,
        "SQLAlchemy psycopg": opened_engine("postgresql+psycopg"),
        "SQLAlchemy asyncpg": opened_engine("postgresql+asyncpg"),
        "SQLAlchemy aiomysql": opened_engine("mysql+aiomysql"),
        "SQLAlchemy asyncmy": opened_engine("mysql+asyncmy"),
    }


async def longest_turn(work: Callable[[], Awaitable[Any]]) -> float:
    """For how long the event loop did not come around while something went on in it."""
    going_on = asyncio.ensure_future(work())
    longest, before = 0.0, time.monotonic()
    while not going_on.done():
        await asyncio.sleep(0.01)
        longest, before = max(longest, time.monotonic() - before), time.monotonic()
    await going_on
    return longest


# The machine may be busy; who waits for a provider of so many seconds stands still for all of them.
SLOW, STANDSTILL = 2.0, 1.0


def test_an_event_loop_goes_on_while_credentials_are_fetched(
    authority: str, caplog: pytest.LogCaptureFixture
) -> None:
    """All helpers in one loop, each with a cache and a slow provider of its own."""
    caplog.set_level("CRITICAL", "psycopg.pool")
    took: dict[str, float] = {}

    def provider() -> dict[str, str]:
        time.sleep(SLOW)
        return STATIC

    async def one(name: str, open_: Callable[..., Awaitable[Any]]) -> None:
        begun = time.monotonic()
        # Nobody listens there, so that it ends after the token was made.
        cache = a_cache(1, credentials=provider)
        with pytest.raises(Exception):  # noqa: B017, PT011
            await open_(cache=cache, host="127.0.0.1", ca=authority)
        assert cache.stats()["signatures"] >= 1, name
        took[name] = time.monotonic() - begun

    async def all_of_them() -> None:
        # Room for all providers at once.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(16))
        await asyncio.gather(*(one(name, open_) for name, open_ in found.items()))

    found = openers()
    longest = asyncio.run(longest_turn(all_of_them))
    assert len(took) == 12
    assert min(took.values()) >= SLOW, took
    assert longest < STANDSTILL


def test_a_standstill_would_be_noticed() -> None:
    async def work() -> None:
        time.sleep(STANDSTILL * 1.2)

    assert asyncio.run(longest_turn(work)) > STANDSTILL


def test_nothing_of_the_helpers_is_loaded_by_rdsiam() -> None:
    program = "import sys, rdsiam; print(sorted(m for m in sys.modules if m.startswith('rdsiam.')))"
    done = run_python("-c", program)
    assert done.stdout.strip() == "['rdsiam._rdsiam']", done.stderr


def test_quoting() -> None:
    import urllib.parse

    import psycopg.conninfo

    token = a_cache(5432, credentials={**STATIC, "session_token": "a/+=" * 50}).get_token()
    url = f"postgresql://app:{rdsiam.url_quote(token)}@db/app"
    assert psycopg.conninfo.conninfo_to_dict(url)["password"] == token
    assert urllib.parse.urlsplit(url).password == rdsiam.url_quote(token)
    assert rdsiam.pgpass_quote("a:b\\c") == "a\\:b\\\\c"
    assert rdsiam.odbc_quote("a%b}c") == "{a%b}}c}"
    assert rdsiam.odbc_quote("a%b", percent=True) == "{a%25b}"
