"""asyncpg and its pool.

    connection = await rdsiam.asyncpg.connect(host=..., user="app", database="app")
    pool = rdsiam.asyncpg.create_pool(host=..., user="app", database="app")

Each connection is made with a token that is valid then, over TLS that verifies the server. What
is taken beside asyncpg's own arguments is said in `rdsiam.psycopg`. `ssl` may be a context that
verifies the server. Errors of rdsiam are raised as asyncpg's InterfaceError, with the error as
its cause.
"""

import ssl
import urllib.parse
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

import asyncpg

from . import _connect, _libpq, _loops, _tls, _versions
from .errors import InvalidArgumentError

if TYPE_CHECKING:
    from ._signature import ConnectsByDSN

_versions.check("asyncpg", "asyncpg", "0.30.0", asyncpg.__version__)


async def _connected(dsn: "str | None" = None, **options: Any) -> Any:
    """As asyncpg's, and see the module."""
    with _connect.raising(asyncpg.InterfaceError):
        _loops.require_asyncio()
        wanted, passed = _settings(dsn, options)
        return await _connect.connect_async(
            wanted, lambda token: asyncpg.connect(dsn, **passed, password=token)
        )


connect: "ConnectsByDSN[Awaitable[asyncpg.Connection[Any]]]" = _connected


def create_pool(dsn: "str | None" = None, **options: Any) -> "asyncpg.Pool[Any]":
    """As asyncpg's, and see the module."""
    return asyncpg.create_pool(dsn, connect=connect, **options)


def _settings(
    dsn: "str | None", options: dict[str, Any]
) -> "tuple[_connect.Login, dict[str, Any]]":
    said = _libpq.found(_dsn(dsn) if dsn else {}, options)
    own = {key: value for key, value in said.items() if key in _connect.OURS}
    own.update({key: said.get(key) for key in ("host", "port", "user", "password")})
    mode = said.get("ssl", said.get("sslmode"))
    if mode is False:
        raise InvalidArgumentError("ssl is off, and the token would be sent in clear; leave it out")
    if isinstance(mode, ssl.SSLContext):
        _tls.set_ca(own, "ssl", mode)
    elif mode is not True:
        _tls.mode("ssl" if "ssl" in said else "sslmode", getattr(mode, "name", mode), _MODES)
        own["ca"] = own.get("ca") or said.get("sslrootcert")
    wanted = _connect.login(own, 5432)
    passed = {key: value for key, value in options.items() if key not in _connect.OURS}
    for name in ("password", "sslmode", "sslrootcert"):
        passed.pop(name, None)
    passed.update(host=wanted.host, port=wanted.port, user=wanted.user, ssl=_tls.context(wanted))
    return wanted, passed


# asyncpg writes one of them with an underscore too.
_MODES = (*_libpq.MODES[:1], "verify_ca", "verify_full", *_libpq.MODES[1:])


def _dsn(dsn: str) -> dict[str, Any]:
    """What a URL says of where to log in; asyncpg reads the rest of it."""
    try:
        url = urllib.parse.urlsplit(dsn)
        if url.scheme not in ("postgres", "postgresql"):
            raise InvalidArgumentError("dsn is not a URL; let it begin with postgresql://")
        if "," in url.netloc.rpartition("@")[2]:
            raise InvalidArgumentError("dsn names several hosts; a token is signed for one")
        port = url.port
    except InvalidArgumentError:
        raise
    except ValueError:
        # Its text may quote a password.
        raise InvalidArgumentError("host or port of dsn cannot be read; mend it") from None
    said = {key: values[-1] for key, values in urllib.parse.parse_qs(url.query).items()}
    named = {"host": url.hostname, "port": port, "user": url.username, "password": url.password}
    unquoted = {
        key: urllib.parse.unquote(value) if isinstance(value, str) else value
        for key, value in named.items()
    }
    return {**said, **{key: value for key, value in unquoted.items() if value}}
