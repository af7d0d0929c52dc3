"""aiomysql and its pool.

    connection = await rdsiam.aiomysql.connect(host=..., user="app", db="app")
    async with rdsiam.aiomysql.create_pool(host=..., user="app", db="app") as pool: ...

Each connection is made with a token that is valid then, also where aiomysql makes it again
(`ping`), over TLS that verifies the server; without TLS nothing is sent. What is taken beside
aiomysql's own arguments is said in `rdsiam.psycopg`, what of its settings of TLS in
`rdsiam.pymysql`. Errors of rdsiam are raised as PyMySQL's OperationalError, which is aiomysql's,
with the error as its cause.
"""

import types
from typing import TYPE_CHECKING, Any

import aiomysql.connection
import aiomysql.pool
import aiomysql.utils
import pymysql.err
from pymysql.constants import CLIENT, CR

from . import _connect, _loops, _mysql, _versions

if TYPE_CHECKING:
    from ._signature import Connects, Managed

_versions.check("aiomysql", "aiomysql", "0.2.0", aiomysql.__version__)


def _raising() -> Any:
    return _connect.raising(lambda text: pymysql.err.OperationalError(CR.CR_UNKNOWN_ERROR, text))


class Connection(aiomysql.connection.Connection):
    """aiomysql's, which makes its own password, and sends nothing to a server without TLS."""

    _login: _connect.Login

    async def _connect(self) -> None:
        with _raising():
            await _connect.connect_async(self._login, self._connect_with)

    async def _connect_with(self, token: str) -> None:
        self._password = token
        try:
            await super()._connect()
        finally:
            self._password = ""

    async def _request_authentication(self) -> Any:
        _mysql.require_tls(self.server_capabilities & CLIENT.SSL)
        return await super()._request_authentication()


async def _connected(**options: Any) -> Connection:
    with _raising():
        _loops.require_asyncio()
        login, passed = _mysql.settings(options)
    # aiomysql has a name of its own.
    if "database" in passed:
        passed["db"] = passed.pop("database")
    made = Connection(**passed)
    made._login = login
    await made._connect()
    return made


def _connect_managed(**options: Any) -> Any:
    """As aiomysql's, and see the module."""
    return aiomysql.utils._ConnectionContextManager(_connected(**options))


connect: "Connects[Managed[Connection]]" = _connect_managed


class Pool(aiomysql.pool.Pool):
    """aiomysql's, which asks for a token at each new connection."""

    # The driver's own code, which finds our `connect` where it looks for its own.
    _fill_free_pool: Any = types.FunctionType(
        aiomysql.pool.Pool._fill_free_pool.__code__, {**vars(aiomysql.pool), "connect": connect}
    )


def create_pool(
    minsize: int = 1,
    maxsize: int = 10,
    echo: bool = False,
    pool_recycle: int = -1,
    loop: Any = None,
    **options: Any,
) -> "Managed[Pool]":
    """As aiomysql's, and see the module."""
    made = _create_pool(minsize, maxsize, echo, pool_recycle, loop, options)
    pool: Managed[Pool] = aiomysql.utils._PoolContextManager(made)
    return pool


async def _create_pool(
    minsize: int, maxsize: int, echo: bool, pool_recycle: int, loop: Any, options: dict[str, Any]
) -> Pool:
    import asyncio

    with _raising():
        _loops.require_asyncio()
    loop = loop or asyncio.get_running_loop()
    pool = Pool(minsize, maxsize, echo, pool_recycle, loop, **options)
    if minsize > 0:
        async with pool._cond:
            await pool._fill_free_pool(False)
    return pool
