"""psycopg2 and its pools.

    connection = rdsiam.psycopg2.connect(host=..., user="app", dbname="app")
    pool = rdsiam.psycopg2.ThreadedConnectionPool(1, 10, host=..., user="app", dbname="app")

Each connection is made with a token that is good now, over TLS that verifies the server. What
is taken beside psycopg2's own arguments is said in `rdsiam.psycopg`.
"""

from typing import Any

import psycopg2
import psycopg2.pool
from psycopg2.extensions import parse_dsn

from . import _connect, _libpq


def connect(dsn: "str | None" = None, **options: Any) -> Any:
    """As psycopg2's, and see the module."""
    given = {key: value for key, value in options.items() if value is not None}
    wanted, settings = _libpq.settings({**(parse_dsn(dsn) if dsn else {}), **given})
    address = settings.get("hostaddr") or _libpq.address(wanted)
    if address:
        settings["hostaddr"] = address
    return _connect.connect(wanted, lambda token: psycopg2.connect(**settings, password=token))


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
