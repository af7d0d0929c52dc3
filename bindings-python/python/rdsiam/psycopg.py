"""psycopg 3 and its pools.

    connection = rdsiam.psycopg.connect(host=..., user="app", dbname="app")
    pool = psycopg_pool.ConnectionPool(kwargs={...}, connection_class=rdsiam.psycopg.Connection)

Each connection is made with a token that is valid then, over TLS that verifies the server. All
arguments of psycopg are passed on. Beside them, each helper of rdsiam takes:

- `ca`: a PEM file in place of the one that `rdsiam.ca_bundle()` finds, or "system" for the
  authorities of the system (RDS Proxy).
- `sign_host`: the endpoint as RDS shows it, where a tunnel or a name of your own is dialled. The
  certificate is verified for it, and the token is signed for it and the driver's default port;
  `sign_port` says another one.
- `region`, `profile`, `credentials`: as of `rdsiam.TokenCache`.
- `cache`: a TokenCache of yours, which then says what all of these say but `ca`.

What names the server in libpq's other ways is heard too: the connection string, `service`, the
PG* variables. So is `sslrootcert`. The mode of TLS is always verify-full; one that would connect
without TLS too is refused. Errors of rdsiam are raised as psycopg's OperationalError, with the
error as its cause.
"""

import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import AsyncRowFactory, Row, RowFactory

from . import _connect, _libpq, _loops, _versions

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._retry import Tokens
    from ._signature import ConnectsPsycopg

_versions.check("psycopg", "psycopg", "3.1.18", psycopg.__version__)


def _raising() -> Any:
    return _connect.raising(psycopg.OperationalError, socket.gaierror)


def _settings(conninfo: str, options: dict[str, Any]) -> Any:
    return _libpq.settings(conninfo_to_dict(conninfo) if conninfo else {}, options)


class Connection(psycopg.Connection[Row]):
    """psycopg's, whose `connect` makes its own password."""

    @classmethod
    def connect(  # type: ignore[override,unused-ignore]
        cls,
        conninfo: str = "",
        *,
        host: "str | None" = None,
        port: "int | str | None" = None,
        user: "str | None" = None,
        dbname: "str | None" = None,
        row_factory: "RowFactory[Row] | None" = None,
        cursor_factory: "type[psycopg.Cursor[Row]] | None" = None,
        cache: "Tokens | None" = None,
        ca: "str | os.PathLike[str] | None" = None,
        credentials: "dict[str, Any] | Callable[..., Any] | object | None" = None,
        profile: "str | None" = None,
        region: "str | None" = None,
        sign_host: "str | None" = None,
        sign_port: "int | str | None" = None,
        **options: Any,
    ) -> "Self":
        """As psycopg's, and see the module."""
        options.update(host=host, port=port, user=user, dbname=dbname)
        options.update(row_factory=row_factory, cursor_factory=cursor_factory)
        options.update(cache=cache, ca=ca, credentials=credentials, profile=profile, region=region)
        options.update(sign_host=sign_host, sign_port=sign_port)
        connect = super().connect
        with _raising():
            wanted, passed = _settings(conninfo, options)
            made: Self = _libpq.connect(wanted, passed, lambda **own: connect(conninfo, **own))
            return made


class AsyncConnection(psycopg.AsyncConnection[Row]):
    """psycopg's, whose `connect` makes its own password."""

    @classmethod
    async def connect(  # type: ignore[override,unused-ignore]
        cls,
        conninfo: str = "",
        *,
        host: "str | None" = None,
        port: "int | str | None" = None,
        user: "str | None" = None,
        dbname: "str | None" = None,
        row_factory: "AsyncRowFactory[Row] | None" = None,
        cursor_factory: "type[psycopg.AsyncCursor[Row]] | None" = None,
        cache: "Tokens | None" = None,
        ca: "str | os.PathLike[str] | None" = None,
        credentials: "dict[str, Any] | Callable[..., Any] | object | None" = None,
        profile: "str | None" = None,
        region: "str | None" = None,
        sign_host: "str | None" = None,
        sign_port: "int | str | None" = None,
        **options: Any,
    ) -> "Self":
        """As psycopg's, and see the module."""
        options.update(host=host, port=port, user=user, dbname=dbname)
        options.update(row_factory=row_factory, cursor_factory=cursor_factory)
        options.update(cache=cache, ca=ca, credentials=credentials, profile=profile, region=region)
        options.update(sign_host=sign_host, sign_port=sign_port)
        connect = super().connect
        with _raising():
            _loops.require_asyncio()
            wanted, passed = _settings(conninfo, options)
            made: Self = await _libpq.connect_async(
                wanted, passed, lambda **own: connect(conninfo, **own)
            )
            return made


connect: "ConnectsPsycopg" = Connection.connect  # type: ignore[assignment,unused-ignore]
