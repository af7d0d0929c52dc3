"""The tables of drivers: what tests of all helpers have to know of each, and how it logs in.

A way to log in is a function that takes the settings of a helper and what happens between two
connections, and returns the names of the users that the database saw.
"""

import contextlib
import importlib
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import event_loop
from drivers_frameworks import (
    django_mysql,
    django_postgresql,
    django_postgresql_pool,
    sqlalchemy_async,
    sqlalchemy_sync,
)


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

Between = Callable[[], None]
Row = Callable[[dict[str, Any], Between], list[str]]


def asked(connection: Any) -> str:
    with contextlib.closing(connection.cursor()) as cursor:
        cursor.execute("select current_user")
        return str(cursor.fetchone()[0])


def direct(name: str) -> Row:
    """One after the other, by the `connect` of the helper of that name."""

    def row(settings: dict[str, Any], between: Between) -> list[str]:
        connect = importlib.import_module(f"rdsiam.{name}").connect
        with contextlib.closing(connect(**settings)) as first:
            users = [asked(first)]
            between()
            with contextlib.closing(connect(**settings)) as second:
                return [*users, asked(second)]

    return row


def in_loop(row: Callable[[dict[str, Any], Between], Coroutine[Any, Any, list[str]]]) -> Row:
    def run(settings: dict[str, Any], between: Between) -> list[str]:
        return event_loop.run(row(settings, between))

    return run


def mysql_connector_pool(settings: dict[str, Any], between: Between) -> list[str]:
    import rdsiam.mysql_connector

    pool = rdsiam.mysql_connector.MySQLConnectionPool(pool_size=1, **settings)
    first = pool.get_connection()
    users = [asked(first)]
    # Resetting the session may be another login.
    first.close()
    second = pool.get_connection()
    between()
    # It is put back broken, so that the pool connects again before it hands it out.
    second.disconnect()
    with contextlib.suppress(mysql_error()):
        second.close()
    with contextlib.closing(pool.get_connection()) as third:
        users.append(asked(third))
    pool._remove_connections()
    return users


def mysql_error() -> Any:
    import mysql.connector

    return mysql.connector.Error


def mysql_connector_in_c(row: Row) -> Row:
    return lambda settings, between: row({**settings, "use_pure": False}, between)


async def asked_it(connection: Any) -> str:
    async with await connection.cursor() as cursor:
        await cursor.execute("select current_user")
        return str((await cursor.fetchone())[0])


@in_loop
async def mysql_connector_aio(settings: dict[str, Any], between: Between) -> list[str]:
    import rdsiam.mysql_connector_aio

    async with await rdsiam.mysql_connector_aio.connect(**settings) as first:
        users = [await asked_it(first)]
        between()
        async with await rdsiam.mysql_connector_aio.connect(**settings) as second:
            return [*users, await asked_it(second)]


@in_loop
async def mysql_connector_aio_pool(settings: dict[str, Any], between: Between) -> list[str]:
    import rdsiam.mysql_connector_aio

    pool = rdsiam.mysql_connector_aio.MySQLConnectionPool(pool_size=1, **settings)
    await pool.initialize_pool()
    async with await pool.get_connection() as first:
        users = [await asked_it(first)]
        between()
        # It is put back broken, so that the pool connects again before it hands it out.
        await first.disconnect()
    async with await pool.get_connection() as second:
        users.append(await asked_it(second))
    await pool.close_pool()
    return users


def psycopg_pool(settings: dict[str, Any], between: Between) -> list[str]:
    import psycopg_pool

    import rdsiam.psycopg

    with (
        psycopg_pool.ConnectionPool(
            kwargs=settings, connection_class=rdsiam.psycopg.Connection, min_size=0, max_size=2
        ) as pool,
        pool.connection() as first,
    ):
        users = [asked(first)]
        between()
        with pool.connection() as second:
            return [*users, asked(second)]


def psycopg2_pool(settings: dict[str, Any], between: Between) -> list[str]:
    import rdsiam.psycopg2

    pool = rdsiam.psycopg2.ThreadedConnectionPool(1, 2, **settings)
    try:
        users = [asked(pool.getconn())]
        between()
        return [*users, asked(pool.getconn())]
    finally:
        pool.closeall()


async def asked_async(connection: Any) -> str:
    async with connection.cursor() as cursor:
        await cursor.execute("select current_user")
        return str((await cursor.fetchone())[0])


@in_loop
async def psycopg_async(settings: dict[str, Any], between: Between) -> list[str]:
    import rdsiam.psycopg

    async with await rdsiam.psycopg.AsyncConnection.connect(**settings) as first:
        users = [await asked_async(first)]
        between()
        async with await rdsiam.psycopg.AsyncConnection.connect(**settings) as second:
            return [*users, await asked_async(second)]


@in_loop
async def psycopg_pool_async(settings: dict[str, Any], between: Between) -> list[str]:
    import psycopg_pool

    import rdsiam.psycopg

    async with (
        psycopg_pool.AsyncConnectionPool(
            kwargs=settings,
            connection_class=rdsiam.psycopg.AsyncConnection,
            min_size=0,
            max_size=2,
            open=False,
        ) as pool,
        pool.connection() as first,
    ):
        users = [await asked_async(first)]
        between()
        async with pool.connection() as second:
            return [*users, await asked_async(second)]


@in_loop
async def asyncpg(settings: dict[str, Any], between: Between) -> list[str]:
    import rdsiam.asyncpg

    first = await rdsiam.asyncpg.connect(**settings)
    users = [await first.fetchval("select current_user")]
    between()
    second = await rdsiam.asyncpg.connect(**settings)
    users.append(await second.fetchval("select current_user"))
    await first.close()
    await second.close()
    return users


@in_loop
async def asyncpg_pool(settings: dict[str, Any], between: Between) -> list[str]:
    import rdsiam.asyncpg

    async with (
        rdsiam.asyncpg.create_pool(min_size=1, max_size=2, **settings) as pool,
        pool.acquire() as first,
    ):
        users = [await first.fetchval("select current_user")]
        between()
        async with pool.acquire() as second:
            return [*users, await second.fetchval("select current_user")]


def async_mysql(name: str, pool: bool) -> Row:
    async def direct(settings: dict[str, Any], between: Between) -> list[str]:
        helper: Any = __import__(f"rdsiam.{name}", fromlist=["connect"])
        first = await helper.connect(**settings)
        users = [await asked_async(first)]
        between()
        second = await helper.connect(**settings)
        users.append(await asked_async(second))
        await first.ensure_closed()
        await second.ensure_closed()
        return users

    async def pooled(settings: dict[str, Any], between: Between) -> list[str]:
        helper: Any = __import__(f"rdsiam.{name}", fromlist=["create_pool"])
        made = await helper.create_pool(minsize=1, maxsize=2, **settings)
        async with made.acquire() as first:
            users = [await asked_async(first)]
            between()
            async with made.acquire() as second:
                users.append(await asked_async(second))
        made.close()
        await made.wait_closed()
        return users

    return in_loop(pooled if pool else direct)


POSTGRESQL: dict[str, Row] = {
    "psycopg": direct("psycopg"),
    "psycopg async": psycopg_async,
    "psycopg_pool": psycopg_pool,
    "psycopg_pool async": psycopg_pool_async,
    "psycopg2": direct("psycopg2"),
    "psycopg2.pool": psycopg2_pool,
    "asyncpg": asyncpg,
    "asyncpg pool": asyncpg_pool,
    "pg8000": direct("pg8000"),
    "SQLAlchemy psycopg": sqlalchemy_sync("postgresql+psycopg"),
    "SQLAlchemy psycopg2": sqlalchemy_sync("postgresql+psycopg2"),
    "SQLAlchemy pg8000": sqlalchemy_sync("postgresql+pg8000"),
    "SQLAlchemy psycopg async": sqlalchemy_async("postgresql+psycopg"),
    "SQLAlchemy asyncpg": sqlalchemy_async("postgresql+asyncpg"),
    "Django postgresql": django_postgresql,
    "Django postgresql pool": django_postgresql_pool,
}
MARIADB: dict[str, Row] = {
    "PyMySQL": direct("pymysql"),
    "aiomysql": async_mysql("aiomysql", pool=False),
    "aiomysql pool": async_mysql("aiomysql", pool=True),
    "asyncmy": async_mysql("asyncmy", pool=False),
    "asyncmy pool": async_mysql("asyncmy", pool=True),
    "mysql-connector-python aio": mysql_connector_aio,
    "mysql-connector-python aio pool": mysql_connector_aio_pool,
    "SQLAlchemy pymysql": sqlalchemy_sync("mysql+pymysql"),
    "SQLAlchemy aiomysql": sqlalchemy_async("mysql+aiomysql"),
    "SQLAlchemy asyncmy": sqlalchemy_async("mysql+asyncmy"),
}
# These verify the certificate for the name that they dial, so that it has to be known here.
BY_NAME: dict[str, Row] = {
    "mysql-connector-python": direct("mysql_connector"),
    "mysql-connector-python pool": mysql_connector_pool,
    "mysqlclient": direct("mysqlclient"),
    "SQLAlchemy mysqldb": sqlalchemy_sync("mysql+mysqldb"),
    "SQLAlchemy mysqlconnector": sqlalchemy_sync("mysql+mysqlconnector"),
    "Django mysql": django_mysql,
}
# With a version of the driver whose extension in C loads here.
IN_C: dict[str, Row] = {
    "mysql-connector-python in C": mysql_connector_in_c(direct("mysql_connector")),
    "mysql-connector-python pool in C": mysql_connector_in_c(mysql_connector_pool),
}
