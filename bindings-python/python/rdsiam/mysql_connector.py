"""mysql-connector-python and its pool.

    connection = rdsiam.mysql_connector.connect(host=..., user="app", database="app")
    pool = rdsiam.mysql_connector.MySQLConnectionPool(pool_size=5, host=..., user="app")

Each connection is made with a token that is valid then, also where the driver makes it again
(`reconnect`, `ping`, the pool), over TLS that verifies the server; without TLS the driver refuses
to send it. It is the driver in Python that connects; with `use_pure=False` its extension in C. What
is taken beside its own arguments is said in `rdsiam.psycopg`, what of its settings of TLS in
`rdsiam.pymysql`; not taken is a `sign_host` that differs from `host`. Errors of rdsiam are raised
as the driver's OperationalError, with the error as its cause.

At the level DEBUG the driver in Python writes what it sends into its log, the token among it.
"""

import functools
import itertools
import uuid
from typing import TYPE_CHECKING, Any

import mysql.connector
from mysql.connector import pooling
from mysql.connector.abstracts import MySQLConnectionAbstract

from . import _connect, _mysql, _tls, _versions
from .errors import InvalidArgumentError

_POOL = ("pool_name", "pool_size", "pool_reset_session")
_numbers = itertools.count(1)


if TYPE_CHECKING:
    from ._signature import Connects

_versions.check("mysql-connector", "mysql-connector-python", "9.4.0", mysql.connector.__version__)


def _raising() -> Any:
    return _connect.raising(lambda text: mysql.connector.errors.OperationalError(text))


def _connected(**options: Any) -> Any:
    """As mysql.connector's, and see the module."""
    with _raising():
        for name in _POOL:
            if options.get(name) is not None:
                raise InvalidArgumentError(
                    f"{name} makes a pool that keeps one token for ever; leave it out, or take "
                    "rdsiam.mysql_connector.MySQLConnectionPool"
                )
        kind, settings = _prepared(options)
        return kind(**settings)


connect: "Connects[MySQLConnectionAbstract]" = _connected


class MySQLConnectionPool(pooling.MySQLConnectionPool):
    """mysql.connector's, which asks for a token at each new connection.

    As there, all of them are made at once. It has a short name if none is given: the driver's own
    would be that of the endpoint, which is often too long for it.
    """

    def __init__(
        self,
        pool_size: int = 5,
        pool_name: "str | None" = None,
        pool_reset_session: bool = True,
        **options: Any,
    ) -> None:
        name = pool_name or f"rdsiam_{next(_numbers)}"
        super().__init__(pool_size, name, pool_reset_session, **options)

    def set_config(self, **options: Any) -> None:
        """As the driver's, with what `connect` takes."""
        if options:
            with _raising():
                kind, settings = _prepared(options)
            with pooling.CONNECTION_POOL_LOCK:
                self._kind, self._cnx_config = kind, settings
                self._config_version = uuid.uuid4()

    def add_connection(self, cnx: Any = None) -> None:
        """As the driver's."""
        with pooling.CONNECTION_POOL_LOCK:
            # Where there is no room or no login, the driver's own says so.
            if cnx is None and self._cnx_config and not self._cnx_queue.full():
                cnx = self._kind(**self._cnx_config)
                cnx.pool_config_version = self._config_version
            super().add_connection(cnx)


def _prepared(options: "dict[str, Any]") -> "tuple[Any, dict[str, Any]]":
    """A class of connection, and what it is made from."""
    _tls.refuse(options, "could send the token to another server", "failover", "dns_srv")
    _tls.refuse(options, "is what the token is for", "password1")
    use_pure = options.pop("use_pure", None)
    wanted, settings = _mysql.plain(options)
    _mysql.same_name(wanted)
    settings.update(
        rdsiam_login=wanted,
        # Left out, the driver would read ours, and a token would be made before the login.
        password="",
        # Without this the extension in C would not answer it.
        auth_plugin="mysql_clear_password",
        ssl_ca=_tls.ca_file(wanted),
        ssl_verify_cert=True,
        ssl_verify_identity=True,
    )
    return _class(use_pure is None or bool(use_pure)), settings


class _Connection:
    """What comes before a class of the driver: its password is a token of its moment."""

    _login: "_connect.Login | None" = None
    _token: "str | None" = None

    def config(self, **options: Any) -> None:
        self._login = options.pop("rdsiam_login", self._login)
        driver: Any = super()
        driver.config(**options)

    # The driver reads it at each login: at a connect, and where a session is reset by another
    # login, as with MariaDB.
    @property
    def _password(self) -> str:
        if self._login is None:
            return ""
        return self._token or _connect.token_of(self._login.tokens)

    @_password.setter
    def _password(self, _: str) -> None:
        """What it is told is left unheard: it clears the password, or repeats it."""

    def _open_connection(self) -> None:
        if self._login is None:
            with _raising():
                raise InvalidArgumentError("host is missing; make it with rdsiam's connect")
        driver: Any = super()

        def with_token(token: str) -> None:
            self._token = token
            try:
                driver._open_connection()
            finally:
                self._token = None

        with _raising():
            _connect.connect(self._login, with_token)


@functools.cache
def _class(use_pure: bool) -> Any:
    if use_pure:
        from mysql.connector.connection import MySQLConnection as Base
    elif mysql.connector.HAVE_CEXT:
        from mysql.connector.connection_cext import CMySQLConnection as Base
    else:
        raise InvalidArgumentError(
            "use_pure is False, and the driver's extension in C is not there or does not load "
            "here; leave use_pure out"
        )
    return type("Connection", (_Connection, Base), {})
