"""psycopg2 and its pools.

    connection = rdsiam.psycopg2.connect(host=..., user="app", dbname="app")
    pool = rdsiam.psycopg2.ThreadedConnectionPool(1, 10, host=..., user="app", dbname="app")

Each connection is made with a token that is valid then, over TLS that verifies the server. What
is taken beside psycopg2's own arguments, and what is raised, is said in `rdsiam.psycopg`.
"""

import socket
from typing import TYPE_CHECKING, Any

import psycopg2
import psycopg2.pool
from psycopg2.extensions import parse_dsn

from . import _connect, _libpq, _versions

if TYPE_CHECKING:
    from psycopg2.extensions import connection as _connection

    from ._signature import ConnectsByDSN

_versions.check("psycopg2", "psycopg2", "2.9.9", psycopg2.__version__)


def _connected(dsn: "str | None" = None, *factories: Any, **options: Any) -> Any:
    """As psycopg2's, and see the module."""
    with _connect.raising(psycopg2.OperationalError, socket.gaierror):
        wanted, passed = _libpq.settings(parse_dsn(dsn) if dsn else {}, options)
        return _libpq.connect(
            wanted, passed, lambda **own: psycopg2.connect(dsn, *factories, **own)
        )


connect: "ConnectsByDSN[_connection]" = _connected


class _Pool(psycopg2.pool.AbstractConnectionPool):
    def _connect(self, key: Any = None) -> Any:
        """As the pool's own, with another `connect`, which it does not let one choose."""
        connection = connect(*self._args, **self._kwargs)
        if key is None:
            self._pool.append(connection)
        else:
            self._used[key] = connection
            self._rused[id(connection)] = key
        return connection


class SimpleConnectionPool(_Pool, psycopg2.pool.SimpleConnectionPool):
    """psycopg2's, which asks for a token at each new connection."""


class ThreadedConnectionPool(_Pool, psycopg2.pool.ThreadedConnectionPool):
    """psycopg2's, which asks for a token at each new connection."""
