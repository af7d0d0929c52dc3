"""How frameworks notice a broken connection before they use it, and connect again.

A row breaks a connection of the pool, lets something happen, and returns whom the database sees.
"""

import contextlib
from collections.abc import Callable
from typing import Any

import event_loop
from drivers_frameworks import _url, django_settings

Between = Callable[[], None]
Row = Callable[[dict[str, Any], Between], str]

BREAK = {
    "postgresql": "select pg_terminate_backend(pg_backend_pid())",
    "mysql": "kill connection_id()",
}


def pre_ping(dialect: str) -> Row:
    def row(settings: dict[str, Any], between: Between) -> str:
        import sqlalchemy

        import rdsiam.sqlalchemy

        url, rest = _url(dialect, settings)
        engine = rdsiam.sqlalchemy.create_engine(url, connect_args=rest, pool_pre_ping=True)
        with contextlib.suppress(sqlalchemy.exc.DBAPIError), engine.connect() as first:
            raw: Any = first.connection.dbapi_connection
            with contextlib.suppress(Exception):
                raw.cursor().execute(BREAK[dialect.partition("+")[0]])
        between()
        with engine.connect() as second:
            user = str(second.scalar(sqlalchemy.text("select current_user")))
        engine.dispose()
        return user

    return row


def pre_ping_async(dialect: str) -> Row:
    async def main(settings: dict[str, Any], between: Between) -> str:
        import sqlalchemy

        import rdsiam.sqlalchemy

        url, rest = _url(dialect, settings)
        engine = rdsiam.sqlalchemy.create_async_engine(url, connect_args=rest, pool_pre_ping=True)
        with contextlib.suppress(Exception):
            async with engine.connect() as first:
                with contextlib.suppress(Exception):
                    await first.execute(sqlalchemy.text(BREAK[dialect.partition("+")[0]]))
        between()
        async with engine.connect() as second:
            user = str(await second.scalar(sqlalchemy.text("select current_user")))
        await engine.dispose()
        return user

    return lambda settings, between: event_loop.run(main(settings, between))


def django(engine: str) -> Row:
    def row(settings: dict[str, Any], between: Between) -> str:
        from django.db.utils import ConnectionHandler

        database = {**django_settings(engine, settings), "CONN_HEALTH_CHECKS": True}
        connection = ConnectionHandler({"default": {**database, "CONN_MAX_AGE": None}})["default"]
        with contextlib.suppress(Exception), connection.cursor() as cursor:
            cursor.execute(BREAK[engine.rpartition(".")[2]])
        between()
        connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            cursor.execute("select current_user")
            user = str(cursor.fetchone()[0])
        connection.close()
        return user

    return row


def psycopg_pool(settings: dict[str, Any], between: Between) -> str:
    import psycopg_pool

    import rdsiam.psycopg

    with psycopg_pool.ConnectionPool(
        kwargs=settings,
        connection_class=rdsiam.psycopg.Connection,
        min_size=0,
        max_size=1,
        check=psycopg_pool.ConnectionPool.check_connection,
    ) as pool:
        with pool.connection() as first:
            number = first.info.backend_pid
        between()
        with rdsiam.psycopg.connect(**settings) as other:
            other.execute("select pg_terminate_backend(%s)", [number])
        with pool.connection() as second:
            return str(second.execute("select current_user").fetchone()[0])  # type: ignore[index]


PRE_PING: dict[str, Row] = {
    "psycopg_pool": psycopg_pool,
    "SQLAlchemy psycopg": pre_ping("postgresql+psycopg"),
    "SQLAlchemy psycopg2": pre_ping("postgresql+psycopg2"),
    "SQLAlchemy pg8000": pre_ping("postgresql+pg8000"),
    "SQLAlchemy psycopg async": pre_ping_async("postgresql+psycopg"),
    "SQLAlchemy asyncpg": pre_ping_async("postgresql+asyncpg"),
    "SQLAlchemy pymysql": pre_ping("mysql+pymysql"),
    "SQLAlchemy aiomysql": pre_ping_async("mysql+aiomysql"),
    "SQLAlchemy asyncmy": pre_ping_async("mysql+asyncmy"),
    "Django postgresql": django("rdsiam.django.postgresql"),
}
PRE_PING_BY_NAME: dict[str, Row] = {
    "SQLAlchemy mysqldb": pre_ping("mysql+mysqldb"),
    "SQLAlchemy mysqlconnector": pre_ping("mysql+mysqlconnector"),
    "Django mysql": django("rdsiam.django.mysql"),
}
