"""The table of helpers: what tests of all of them have to know of each driver.

A helper that is added gets a row here, and one in drivers.py, which logs in.
"""

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

import rdsiam


class Helper(NamedTuple):
    server: str
    innermost: str
    """where its driver begins"""
    error: str
    """what the driver's users catch"""
    old: "tuple[str, str, str]"
    """the driver's module, its distribution, and a version that is too old"""
    context: str = ""
    """the option in which the driver is given an SSLContext"""
    is_async: bool = False


HELPERS = {
    "psycopg": Helper(
        "postgresql",
        "psycopg:Connection.connect",
        "psycopg:OperationalError",
        ("psycopg", "psycopg", "3.1.17"),
    ),
    "psycopg2": Helper(
        "postgresql",
        "psycopg2:connect",
        "psycopg2:OperationalError",
        ("psycopg2", "psycopg2", "2.9.8 (dt dec)"),
    ),
    "asyncpg": Helper(
        "postgresql",
        "asyncpg:connect",
        "asyncpg:InterfaceError",
        ("asyncpg", "asyncpg", "0.29.0"),
        context="ssl",
        is_async=True,
    ),
    "pg8000": Helper(
        "postgresql",
        "pg8000.dbapi:connect",
        "pg8000.dbapi:OperationalError",
        ("pg8000", "pg8000", "1.31.1"),
        context="ssl_context",
    ),
    "pymysql": Helper(
        "mysql",
        "pymysql.connections:Connection.__init__",
        "pymysql.err:OperationalError",
        ("pymysql", "PyMySQL", "1.0.3"),
        context="ssl",
    ),
    "aiomysql": Helper(
        "mysql",
        "aiomysql.connection:Connection.__init__",
        "pymysql.err:OperationalError",
        ("aiomysql", "aiomysql", "0.1.1"),
        context="ssl",
        is_async=True,
    ),
    "asyncmy": Helper(
        "mysql",
        "asyncmy.connection:Connection.__init__",
        "asyncmy.errors:OperationalError",
        # Its version is that of the installed distribution, which no test can change.
        ("asyncmy", "asyncmy", ""),
        context="ssl",
        is_async=True,
    ),
    "mysql_connector": Helper(
        "mysql",
        "mysql.connector.connection:MySQLConnection.__init__",
        "mysql.connector.errors:OperationalError",
        ("mysql.connector", "mysql-connector-python", "9.0.0"),
    ),
    # Given its context when it connects.
    "mysql_connector_aio": Helper(
        "mysql",
        "mysql.connector.aio.connection:MySQLConnection.__init__",
        "mysql.connector.errors:OperationalError",
        ("mysql.connector", "mysql-connector-python", "9.0.0"),
        is_async=True,
    ),
    "mysqlclient": Helper(
        "mysql",
        "MySQLdb.connections:Connection.__init__",
        "MySQLdb:OperationalError",
        ("MySQLdb", "mysqlclient", "2.2.3"),
    ),
}
POSTGRESQL = [name for name, helper in HELPERS.items() if helper.server == "postgresql"]
MYSQL = [name for name, helper in HELPERS.items() if helper.server == "mysql"]
ASYNC = [name for name, helper in HELPERS.items() if helper.is_async]
CONTEXTS = [name for name, helper in HELPERS.items() if helper.context]


def named(path: str) -> Any:
    """What stands at `module:attribute.attribute`, and what has it."""
    module, _, attributes = path.partition(":")
    owner = found = importlib.import_module(module)
    for attribute in attributes.split("."):
        owner, found = found, getattr(found, attribute)
    return owner, found


def family(name: str) -> type[Exception]:
    found: type[Exception] = named(HELPERS[name].error)[1]
    return found


@contextlib.contextmanager
def refused(
    name: str, match: str, cause: type[Exception] = rdsiam.InvalidArgumentError
) -> Iterator[None]:
    """An error of the driver's family, with ours as its cause and our text in it."""
    with pytest.raises(family(name), match=match) as raised:
        yield
    assert isinstance(raised.value.__cause__, cause)
    assert str(raised.value.__cause__) in str(raised.value)
