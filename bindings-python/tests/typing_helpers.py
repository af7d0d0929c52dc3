"""Not run: what users write, as mypy strict and pyright strict have to see it.

Each driver's own types come through: its connection, its rows, its pool.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

import asyncmy.cursors
import asyncpg
import mysql.connector.abstracts
import psycopg
import psycopg.rows
import psycopg2.extensions
import psycopg_pool
import pymysql.cursors
import sqlalchemy
import sqlalchemy.ext.asyncio
from typing_extensions import assert_type

import rdsiam
import rdsiam.aiomysql
import rdsiam.asyncmy
import rdsiam.asyncpg
import rdsiam.mysql_connector
import rdsiam.mysql_connector_aio
import rdsiam.psycopg
import rdsiam.psycopg2
import rdsiam.sqlalchemy

HOST = os.environ["DB_HOST"]

connection = rdsiam.psycopg.connect(host=HOST, user="app", dbname="app")
assert_type(connection.execute("select 1").fetchone(), tuple[Any, ...] | None)
named = rdsiam.psycopg.connect(host=HOST, user="app", row_factory=psycopg.rows.dict_row)
assert_type(named.execute("select 1").fetchone(), dict[str, Any] | None)
rdsiam.psycopg.connect(
    "dbname=app",
    host=HOST,
    port=5432,
    user="app",
    cache=rdsiam.TokenCache(HOST, 5432, "app"),
    ca=Path("global-bundle.pem"),
    sign_host=HOST,
    sign_port="5432",
    region="us-east-1",
    profile=None,
    credentials=lambda: {"access_key_id": "a", "secret_access_key": "b"},
    prepare_threshold=None,
    autocommit=True,
)
rdsiam.psycopg.connect(host=7)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]


class Mine(rdsiam.psycopg.Connection[psycopg.rows.TupleRow]):
    """A class of a user's own."""

    def ping(self) -> bool:
        return not self.closed


assert_type(Mine.connect(host=HOST, user="app"), Mine)

pool = psycopg_pool.ConnectionPool(
    kwargs={"host": HOST, "user": "app"}, connection_class=rdsiam.psycopg.Connection
)
with pool.connection() as pooled:
    pooled.execute("select 1")

engine = rdsiam.sqlalchemy.create_engine("postgresql+psycopg://app@host/app", echo=True)
assert_type(engine, sqlalchemy.Engine)
asynchronous = rdsiam.sqlalchemy.create_async_engine("postgresql+asyncpg://app@host/app")
assert_type(asynchronous, sqlalchemy.ext.asyncio.AsyncEngine)
assert_type(rdsiam.sqlalchemy.use_tokens(engine), sqlalchemy.Engine)
rdsiam.sqlalchemy.use_tokens(sqlalchemy.Engine)


async def main() -> None:
    async with await rdsiam.psycopg.AsyncConnection.connect(host=HOST, user="app") as one:
        assert_type(await (await one.execute("select 1")).fetchone(), tuple[Any, ...] | None)
    other = await rdsiam.asyncpg.connect(host=HOST, user="app", database="app", command_timeout=3)
    assert_type(other, asyncpg.Connection[Any])
    assert_type(rdsiam.asyncpg.create_pool(host=HOST, user="app", min_size=1), asyncpg.Pool[Any])
    assert_type(await rdsiam.asyncmy.connect(host=HOST, user="app"), rdsiam.asyncmy.Connection)
    async with rdsiam.asyncmy.connect(host=HOST, user="app") as third:
        assert_type(third.cursor(), asyncmy.cursors.Cursor)
    async with rdsiam.asyncmy.create_pool(host=HOST, user="app", minsize=1) as fourth:
        assert_type(fourth, rdsiam.asyncmy.Pool)
    # aiomysql has no types of its own.
    async with rdsiam.aiomysql.connect(host=HOST, user="app", db="app") as fifth:
        assert_type(fifth, rdsiam.aiomysql.Connection)
    assert_type(await rdsiam.aiomysql.create_pool(host=HOST, user="app"), rdsiam.aiomysql.Pool)
    sixth = await rdsiam.mysql_connector_aio.connect(host=HOST, user="app")
    assert_type(await sixth.get_database(), str)
    await rdsiam.mysql_connector_aio.MySQLConnectionPool(pool_size=2, host=HOST).initialize_pool()


login: dict[str, Any] = {"host": HOST, "user": "app", "database": "app"}
assert_type(rdsiam.psycopg2.connect(**login), psycopg2.extensions.connection)
assert_type(
    rdsiam.psycopg2.ThreadedConnectionPool(1, 2, **login).getconn(), psycopg2.extensions.connection
)
# Without an import of its own.
first = rdsiam.pymysql.connect(
    host=HOST, user="app", database="app", sign_host=HOST, autocommit=None
)
assert_type(first.cursor(), pymysql.cursors.Cursor)
assert_type(rdsiam.mysqlclient.connect(**login), rdsiam.mysqlclient.Connection)
second = rdsiam.mysql_connector.connect(**login)
assert_type(second, mysql.connector.abstracts.MySQLConnectionAbstract)
asyncio.run(main())
