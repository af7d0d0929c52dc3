"""What each helper raises: the class that its driver's users catch."""

import contextlib
from collections.abc import Iterator

import pytest

import rdsiam


def family(name: str) -> type[Exception]:
    import asyncmy.errors
    import asyncpg
    import mysql.connector
    import MySQLdb
    import pg8000.dbapi
    import psycopg
    import psycopg2
    import pymysql

    return {
        "aiomysql": pymysql.err.OperationalError,
        "asyncmy": asyncmy.errors.OperationalError,
        "asyncpg": asyncpg.InterfaceError,
        "mysql_connector": mysql.connector.errors.OperationalError,
        "mysql_connector_aio": mysql.connector.errors.OperationalError,
        "mysqlclient": MySQLdb.OperationalError,
        "pg8000": pg8000.dbapi.OperationalError,
        "psycopg": psycopg.OperationalError,
        "psycopg2": psycopg2.OperationalError,
        "pymysql": pymysql.err.OperationalError,
    }[name]


@contextlib.contextmanager
def refused(
    name: str, match: str, cause: type[Exception] = rdsiam.InvalidArgumentError
) -> Iterator[None]:
    """An error of the driver's family, with ours as its cause and our text in it."""
    with pytest.raises(family(name), match=match) as raised:
        yield
    assert isinstance(raised.value.__cause__, cause)
    assert str(raised.value.__cause__) in str(raised.value)
