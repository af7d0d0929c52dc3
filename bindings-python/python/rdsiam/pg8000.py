"""pg8000.

    connection = rdsiam.pg8000.connect(host=..., user="app", database="app")

Each connection is made with a token that is valid then, over TLS that verifies the server. What
is taken beside the arguments of `pg8000.dbapi` is said in `rdsiam.psycopg`. `ssl_context` may be
one that verifies the server. Errors of rdsiam are raised as pg8000's OperationalError, with the
error as its cause.
"""

from typing import TYPE_CHECKING, Any

import pg8000
import pg8000.dbapi

from . import _connect, _tls, _versions
from .errors import InvalidArgumentError

if TYPE_CHECKING:
    from ._signature import Connects

_versions.check("pg8000", "pg8000", "1.31.6", pg8000.__version__)


def _connected(**options: Any) -> Any:
    """As pg8000's, and see the module."""
    with _connect.raising(pg8000.dbapi.OperationalError):
        wanted, passed = _settings(dict(options))
        return _connect.connect(
            wanted, lambda token: pg8000.dbapi.connect(**passed, password=token)
        )


connect: "Connects[pg8000.dbapi.Connection]" = _connected


def _settings(passed: dict[str, Any]) -> "tuple[_connect.Login, dict[str, Any]]":
    _tls.refuse(passed, "reaches a server that is not the endpoint", "unix_sock", "sock")
    given = passed.pop("ssl_context", None)
    if given is False:
        raise InvalidArgumentError(
            "ssl_context is off, and the token would be sent in clear; leave it out"
        )
    if given is not None and given is not True:
        _tls.set_ca(passed, "ssl_context", given)
    wanted = _connect.login(passed, 5432)
    passed.update(host=wanted.host, port=wanted.port, user=wanted.user)
    passed["ssl_context"] = _tls.context(wanted)
    return wanted, passed
