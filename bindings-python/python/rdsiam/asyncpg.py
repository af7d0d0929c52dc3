"""asyncpg and its pool.

    connection = await rdsiam.asyncpg.connect(host=..., user="app", database="app")
    pool = rdsiam.asyncpg.create_pool(host=..., user="app", database="app")

Each connection is made with a token that is good now, over TLS that verifies the server. What
is taken beside asyncpg's own arguments is said in `rdsiam.psycopg`; not taken are a DSN and `ssl`.
"""

from typing import Any

import asyncpg

from . import _connect, _tls


async def connect(dsn: None = None, **options: Any) -> Any:
    """As asyncpg's, and see the module."""
    options = {"dsn": dsn, **options}
    _tls.only(options, "dsn", "ssl", "direct_tls", "passfile")
    wanted = _connect.login(options, 5432)
    options.update(host=wanted.host, port=wanted.port, user=wanted.user, ssl=_tls.context(wanted))
    return await _connect.connect_async(
        wanted, lambda token: asyncpg.connect(**options, password=token)
    )


def create_pool(**options: Any) -> Any:
    """As asyncpg's, and see the module."""
    return asyncpg.create_pool(connect=connect, **options)
