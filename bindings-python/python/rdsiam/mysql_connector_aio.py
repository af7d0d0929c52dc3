"""mysql-connector-python for an event loop (`mysql.connector.aio`).

    connection = await rdsiam.mysql_connector_aio.connect(host=..., user="app", database="app")
    pool = rdsiam.mysql_connector_aio.MySQLConnectionPool(pool_size=5, host=..., user="app")
    await pool.initialize_pool()

Each connection is made with a token that is valid then, also where the driver makes it again
(`connect`, `reconnect`, the pool), over TLS that verifies the server; without TLS the driver
refuses to send it. What is taken beside its own arguments is said in `rdsiam.psycopg`, what of its
settings of TLS in `rdsiam.pymysql`. Errors of rdsiam are raised as the driver's OperationalError,
with the error as its cause.

At the level DEBUG the driver writes what it sends into its log, the token among it.
"""

import itertools
import types
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

import mysql.connector
from mysql.connector.aio import connection, pooling

from . import _connect, _loops, _mysql, _tls, _versions

if TYPE_CHECKING:
    from ._signature import Connects

_numbers = itertools.count(1)

_versions.check("mysql-connector", "mysql-connector-python", "9.4.0", mysql.connector.__version__)


def _raising() -> Any:
    return _connect.raising(lambda text: mysql.connector.errors.OperationalError(text))


class Connection(connection.MySQLConnection):
    """The driver's, which makes its own password."""

    def __init__(self, login: _connect.Login, passed: dict[str, Any]) -> None:
        self._context = _tls.context(login)
        super().__init__(**passed)
        self._login = login

    async def connect(self) -> None:
        """As the driver's, at the first time and at each reconnect."""
        with _raising():
            await _connect.connect_async(self._login, self._connect_with)

    def _set_connection_options(self, **options: Any) -> None:
        """As the driver's, which its pool calls before it reconnects."""
        with _raising():
            self._login, passed = _settings(options)
            self._context = _tls.context(self._login)
        super()._set_connection_options(**passed)

    async def _do_auth(self) -> None:
        # The driver's own context takes no authority without a certificate of the client, and is
        # told no name to verify.
        self._socket.build_ssl_context = lambda *_, **__: self._context
        await super()._do_auth()

    async def _connect_with(self, token: str) -> None:
        self._password = token
        try:
            await super().connect()
        finally:
            self._password = ""


async def _connected(**options: Any) -> Connection:
    """As the driver's, and see the module."""
    with _raising():
        _loops.require_asyncio()
        made = Connection(*_settings(dict(options)))
    await made.connect()
    return made


connect: "Connects[Awaitable[Connection]]" = _connected


def _with_our_connect(function: Any) -> Any:
    return types.FunctionType(
        function.__code__, {**vars(pooling), "connect": connect}, None, function.__defaults__
    )


class MySQLConnectionPool(pooling.MySQLConnectionPool):
    """The driver's, which asks for a token at each new connection. Its name may be left out."""

    # The driver's own code, which finds our `connect` where it looks for its own.
    set_config: Any = _with_our_connect(pooling.MySQLConnectionPool.set_config)
    add_connection: Any = _with_our_connect(pooling.MySQLConnectionPool.add_connection)

    def __init__(
        self,
        pool_size: int = 5,
        pool_name: "str | None" = None,
        pool_reset_session: bool = True,
        **options: Any,
    ) -> None:
        # That of the driver would be made from the endpoint, which is often too long for it.
        name = pool_name or f"rdsiam_{next(_numbers)}"
        super().__init__(pool_size, name, pool_reset_session, **options)


def _settings(options: dict[str, Any]) -> "tuple[_connect.Login, dict[str, Any]]":
    _tls.refuse(options, "could send the token to another server", "failover", "dns_srv")
    _tls.refuse(options, "is what the token is for", "password1")
    _tls.refuse(
        options,
        "makes a pool that keeps one token for ever; take rdsiam.mysql_connector_aio's",
        *("pool_name", "pool_size", "pool_reset_session"),
    )
    wanted, passed = _mysql.plain(options)
    # So that the driver refuses a server without TLS.
    passed.update(auth_plugin="mysql_clear_password", ssl_verify_cert=True)
    return wanted, passed
