"""How each driver connects again by its own means, on the connection that is there.

A row breaks the connection, lets something happen, reconnects, and returns whom the database sees.
"""

import contextlib
from collections.abc import Callable
from typing import Any

import event_loop
from drivers import asked, asked_async

Between = Callable[[], None]
Row = Callable[[dict[str, Any], Between], str]


def sync(helper: str, again: Callable[[Any], Any], **more: Any) -> Row:
    def row(settings: dict[str, Any], between: Between) -> str:
        module: Any = __import__(f"rdsiam.{helper}", fromlist=["connect"])
        connection = module.connect(**settings, **more)
        with contextlib.closing(connection):
            with contextlib.suppress(Exception), contextlib.closing(connection.cursor()) as cursor:
                cursor.execute("kill connection_id()")
            between()
            again(connection)
            return asked(connection)

    return row


def _in_loop(main: Any) -> Row:
    return lambda settings, between: event_loop.run(main(settings, between))


def in_loop(helper: str, again: Callable[[Any], Any]) -> Row:
    async def main(settings: dict[str, Any], between: Between) -> str:
        module: Any = __import__(f"rdsiam.{helper}", fromlist=["connect"])
        async with module.connect(**settings) as connection:
            with contextlib.suppress(Exception):
                async with connection.cursor() as cursor:
                    await cursor.execute("kill connection_id()")
            between()
            await again(connection)
            return await asked_async(connection)

    return lambda settings, between: event_loop.run(main(settings, between))


def pool(helper: str) -> Row:
    """A connection of the driver's own pool, which the pool finds broken."""

    async def main(settings: dict[str, Any], between: Between) -> str:
        module: Any = __import__(f"rdsiam.{helper}", fromlist=["create_pool"])
        async with module.create_pool(minsize=1, maxsize=1, **settings) as made:
            async with made.acquire() as connection:
                with contextlib.suppress(Exception):
                    async with connection.cursor() as cursor:
                        await cursor.execute("kill connection_id()")
            between()
            async with made.acquire() as connection:
                await connection.ping()
                return await asked_async(connection)

    return lambda settings, between: event_loop.run(main(settings, between))


@_in_loop
async def connector_aio(settings: dict[str, Any], between: Between) -> str:
    import rdsiam.mysql_connector_aio

    async with await rdsiam.mysql_connector_aio.connect(**settings) as connection:
        with contextlib.suppress(Exception):
            await connection.cmd_query("kill connection_id()")
        between()
        await connection.reconnect()
        async with await connection.cursor() as cursor:
            await cursor.execute("select current_user")
            return str((await cursor.fetchone())[0])  # type: ignore[index]


HERE: dict[str, Row] = {
    "PyMySQL ping": sync("pymysql", lambda connection: connection.ping(reconnect=True)),
    "PyMySQL connect": sync("pymysql", lambda c: (c._force_close(), c.connect())),
    "aiomysql ping": in_loop("aiomysql", lambda connection: connection.ping()),
    "aiomysql pool": pool("aiomysql"),
    "asyncmy ping": in_loop("asyncmy", lambda connection: connection.ping()),
    "asyncmy pool": pool("asyncmy"),
    "mysql-connector-python aio reconnect": connector_aio,
}
BY_NAME: dict[str, Row] = {
    "mysql-connector-python ping": sync("mysql_connector", lambda c: c.ping(reconnect=True)),
    "mysql-connector-python reconnect": sync("mysql_connector", lambda c: c.reconnect()),
    "mysqlclient ping": sync("mysqlclient", lambda connection: connection.ping(True)),
}
IN_C: dict[str, Row] = {
    "mysql-connector-python in C ping": sync(
        "mysql_connector", lambda c: c.ping(reconnect=True), use_pure=False
    ),
}
