"""What a driver is given by its helper, which stops there."""

import asyncio
import importlib
import inspect
from collections.abc import Callable
from typing import Any

import pytest

import rdsiam
from support import STATIC

# Where each driver begins, and what stands there instead.
INNERMOST = {
    "psycopg": "psycopg:Connection.connect",
    "psycopg async": "psycopg:AsyncConnection.connect",
    "psycopg2": "psycopg2:connect",
    "asyncpg": "asyncpg:connect",
    "pg8000": "pg8000.dbapi:connect",
    "pymysql": "pymysql.connections:Connection.__init__",
    "aiomysql": "aiomysql.connection:Connection.__init__",
    "asyncmy": "asyncmy.connection:Connection.__init__",
    "mysql_connector": "mysql.connector.connection:MySQLConnection.__init__",
    "mysql_connector_aio": "mysql.connector.aio.connection:MySQLConnection.__init__",
    "mysqlclient": "MySQLdb.connections:Connection.__init__",
}


class Stop(Exception):
    """The driver is not called."""


def parameters(function: Callable[..., Any]) -> dict[str, Any]:
    return {name: p.default for name, p in inspect.signature(function).parameters.items()}


def received(
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    *arguments: Any,
    connect: Any = None,
    **options: Any,
) -> Any:
    """What the driver is given, by the helper's `connect` or by another one."""
    found: dict[str, Any] = {}
    module_name, _, path = INNERMOST[name].partition(":")
    owner: Any = importlib.import_module(module_name)
    *classes, last = path.split(".")
    for one in classes:
        owner = getattr(owner, one)

    def stop(*arguments: Any, **passed: Any) -> None:
        found.update(passed)
        if name == "aiomysql":
            # Its destructor looks for one.
            arguments[0]._writer = None
        raise Stop

    with monkeypatch.context() as patch:
        # A class's own `connect` is one of psycopg's, which is a method of the class.
        patch.setattr(owner, last, classmethod(stop) if classes and last == "connect" else stop)
        helper: Any = importlib.import_module(f"rdsiam.{name.partition(' ')[0]}")
        if connect is None:
            is_async = name == "psycopg async"
            connect = helper.AsyncConnection.connect if is_async else helper.connect
        with pytest.raises(Stop):
            asyncio.run(wait_for(connect, arguments, options))
    return found


async def wait_for(connect: Any, arguments: "tuple[Any, ...]", options: dict[str, Any]) -> None:
    made = connect(*arguments, **options)
    if inspect.isawaitable(made):
        await made


def a_cache() -> rdsiam.TokenCache:
    return rdsiam.TokenCache("h.example", 5432, "app", "us-east-1", credentials=STATIC)
