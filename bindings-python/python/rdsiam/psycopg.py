"""psycopg 3 and its pools.

    connection = rdsiam.psycopg.connect(host=..., user="app", dbname="app")
    pool = psycopg_pool.ConnectionPool(kwargs={...}, connection_class=rdsiam.psycopg.Connection)

Each connection is made with a token that is good now, over TLS that verifies the server. Beside
what psycopg takes: `ca`, a PEM file in place of `rdsiam.ca_bundle()`; `sign_host` and
`sign_port`, the endpoint as RDS shows it where something else is dialled; `region` and
`profile`; or `cache`, a TokenCache, which then says what the others say.
"""

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from . import _connect, _libpq


def _merged(conninfo: str, options: dict[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in options.items() if value is not None}
    return {**(conninfo_to_dict(conninfo) if conninfo else {}), **given}


class Connection(psycopg.Connection[Any]):
    """psycopg's, whose `connect` makes its own password."""

    @classmethod
    def connect(cls, conninfo: str = "", **options: Any) -> "Connection":
        """As psycopg's, and see the module."""
        wanted, settings = _libpq.settings(_merged(conninfo, options))
        address = settings.get("hostaddr") or _libpq.address(wanted)
        if address:
            settings["hostaddr"] = address
        dial = super().connect
        made: Connection = _connect.connect(
            wanted, lambda token: dial("", **settings, password=token)
        )
        return made


class AsyncConnection(psycopg.AsyncConnection[Any]):
    """psycopg's, whose `connect` makes its own password."""

    @classmethod
    async def connect(cls, conninfo: str = "", **options: Any) -> "AsyncConnection":
        """As psycopg's, and see the module."""
        wanted, settings = _libpq.settings(_merged(conninfo, options))
        address = settings.get("hostaddr") or await _libpq.address_async(wanted)
        if address:
            settings["hostaddr"] = address
        dial = super().connect
        made: AsyncConnection = await _connect.connect_async(
            wanted, lambda token: dial("", **settings, password=token)
        )
        return made


connect = Connection.connect
