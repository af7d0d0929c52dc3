"""What the helpers never do: send a token in clear, hold up an event loop, or load a driver."""

import asyncio
import importlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import rdsiam
from recorder import Recorder
from support import STATIC, run_python

POSTGRESQL = ["psycopg", "psycopg2", "asyncpg"]
MYSQL = ["pymysql", "aiomysql", "asyncmy", "mysql_connector", "mysqlclient"]
ASYNC = ["asyncpg", "aiomysql", "asyncmy"]


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
    refused = pytest.raises(Exception, match=r"(?i)ssl|tls|lost connection|2013|2003")
    with Recorder("postgresql" if name in POSTGRESQL else "mysql") as recorder, refused:
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
        psycopg.connect(**options, port=recorder.port, sslmode="prefer", connect_timeout=5)
    assert token.encode() in recorder.received
    with Recorder("mysql") as recorder, pytest.raises(pymysql.err.MySQLError):
        pymysql.connect(**options, port=recorder.port, connect_timeout=5)
    assert token.encode() in recorder.received


@pytest.mark.parametrize("name", MYSQL)
@pytest.mark.parametrize("option", ["ssl", "ssl_disabled", "ssl_mode", "ssl_ca", "unix_socket"])
def test_settings_that_would_weaken_tls_are_refused(name: str, option: str, authority: str) -> None:
    with pytest.raises(rdsiam.InvalidArgumentError, match=f"{option} could send"):
        connect(name, cache=a_cache(1), ca=authority, **{option: True})


@pytest.mark.parametrize("name", ["psycopg", "psycopg2"])
@pytest.mark.parametrize("mode", ["disable", "allow", "prefer"])
def test_modes_of_libpq_without_tls_are_refused(name: str, mode: str, authority: str) -> None:
    for options in ({"sslmode": mode}, {}):
        text = "" if options else f"sslmode={mode}"
        with pytest.raises(rdsiam.InvalidArgumentError, match="sslmode is not one of"):
            importlib.import_module(f"rdsiam.{name}").connect(
                text, cache=a_cache(1), ca=authority, **options
            )


def test_mysqlclient_would_take_a_socket_for_localhost(authority: str) -> None:
    with pytest.raises(rdsiam.InvalidArgumentError, match="a socket without TLS"):
        connect("mysqlclient", cache=a_cache(1, "localhost"), ca=authority)


def test_what_cannot_be_one_login_is_refused(authority: str) -> None:
    import rdsiam.psycopg

    for options, what in [
        ({"user": "app"}, "host is missing"),
        ({"host": "h"}, "user is missing"),
        ({"host": "/run/postgresql", "user": "app"}, "host is not one host name"),
        ({"host": "a,b", "user": "app"}, "host is not one host name"),
        ({"host": "h", "user": "app", "password": "x"}, "password is what"),
        ({"host": "h", "user": "app", "port": "x"}, "port is not a number"),
        ({"cache": a_cache(1), "region": "us-east-1"}, "those of the cache"),
        ({"cache": a_cache(1), "sign_host": "other"}, "host to sign for is not that"),
        ({"cache": a_cache(1), "user": "other"}, "user to sign for is not that"),
        ({"cache": a_cache(1), "ca": "/no/such/file"}, "ca is not a file"),
    ]:
        with pytest.raises(rdsiam.InvalidArgumentError, match=what):
            rdsiam.psycopg.connect(**{"ca": authority, **options})


@pytest.mark.parametrize("name", [*ASYNC, "psycopg"])
def test_an_event_loop_goes_on_while_credentials_are_fetched(name: str, authority: str) -> None:
    slow = 1.5

    def provider() -> dict[str, str]:
        time.sleep(slow)
        return STATIC

    helper = importlib.import_module(f"rdsiam.{name}")
    open_: Callable[..., Awaitable[Any]] = (
        helper.AsyncConnection.connect if name == "psycopg" else helper.connect
    )

    async def main() -> float:
        # Nobody listens there, so that it ends after the token was made.
        connecting = asyncio.ensure_future(
            open_(cache=a_cache(1, credentials=provider), host="127.0.0.1", ca=authority)
        )
        longest, before = 0.0, time.monotonic()
        while not connecting.done():
            await asyncio.sleep(0.01)
            longest, before = max(longest, time.monotonic() - before), time.monotonic()
        assert connecting.exception() is not None
        return longest

    begun = time.monotonic()
    longest = asyncio.run(main())
    assert time.monotonic() - begun >= slow
    assert longest < slow / 2


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
