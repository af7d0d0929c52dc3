"""aiomysql and its pool.

    connection = await rdsiam.aiomysql.connect(host=..., user="app", db="app")
    pool = await rdsiam.aiomysql.create_pool(host=..., user="app", db="app")

Each connection is made with a token that is good now, over TLS that verifies the server; without
TLS nothing is sent. What is taken beside aiomysql's own arguments is said in `rdsiam.psycopg`; not
taken are settings of TLS.
"""

from typing import Any

import aiomysql.connection
import aiomysql.pool
from pymysql.constants import CLIENT

from . import _connect, _mysql


class Connection(aiomysql.connection.Connection):
    """aiomysql's, which sends nothing to a server without TLS."""

    async def _request_authentication(self) -> Any:
        _mysql.require_tls(self.server_capabilities & CLIENT.SSL)
        return await super()._request_authentication()


async def connect(**options: Any) -> Connection:
    """As aiomysql's, and see the module."""
    wanted, settings = _mysql.settings(options)
    # aiomysql has a name of its own.
    settings["db"] = settings.pop("database", None)

    async def dial(token: str) -> Connection:
        made = Connection(**settings, password=token)
        await made._connect()
        return made

    return await _connect.connect_async(wanted, dial)


class Pool(aiomysql.pool.Pool):
    """aiomysql's, which asks for a token at each new connection."""

    _connects = True

    @property
    def minsize(self) -> int:
        # Below it the pool would connect by itself, with the driver's `connect`.
        return self._minsize if self._connects else 0

    async def _fill_free_pool(self, override_min: bool) -> None:
        self._connects = False
        try:
            await super()._fill_free_pool(False)
        finally:
            self._connects = True
        while self.size < self._minsize or (
            override_min and not self._free and (not self.maxsize or self.size < self.maxsize)
        ):
            self._acquiring += 1
            try:
                made = await connect(echo=self._echo, loop=self._loop, **self._conn_kwargs)
                self._free.append(made)
                self._cond.notify()
            finally:
                self._acquiring -= 1


async def create_pool(
    minsize: int = 1, maxsize: int = 10, echo: bool = False, pool_recycle: int = -1, **options: Any
) -> Pool:
    """As aiomysql's, and see the module."""
    import asyncio

    pool = Pool(minsize, maxsize, echo, pool_recycle, asyncio.get_running_loop(), **options)
    if minsize > 0:
        async with pool._cond:
            await pool._fill_free_pool(False)
    return pool
