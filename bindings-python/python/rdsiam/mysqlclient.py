"""mysqlclient (`MySQLdb`).

    connection = rdsiam.mysqlclient.connect(host=..., user="app", database="app")

Each connection is made with a token that is valid then, over TLS that verifies the server; without
TLS nothing is sent. What is taken beside its own arguments is said in `rdsiam.psycopg`, what of its
settings of TLS in `rdsiam.pymysql`; not taken is a `sign_host` that differs from `host`.
`ping(True)` connects anew, with a valid token. Errors of rdsiam are raised as MySQLdb's
OperationalError, with the error as its cause.
"""

from typing import TYPE_CHECKING, Any

import MySQLdb
import MySQLdb.connections
from MySQLdb.constants import CR

from . import _connect, _mysql, _tls, _versions
from .errors import InvalidArgumentError

if TYPE_CHECKING:
    from ._signature import Connects

_versions.check("mysqlclient", "mysqlclient", "2.2.4", ".".join(map(str, MySQLdb.version_info[:3])))


def _raising() -> Any:
    return _connect.raising(lambda text: MySQLdb.OperationalError(CR.UNKNOWN_ERROR, text))


class Connection(MySQLdb.connections.Connection):
    """MySQLdb's, which makes its own password."""

    def __init__(self, **options: Any) -> None:
        with _raising():
            self._login, self._passed = _settings(options)
            self._open()

    def _open(self) -> None:
        def with_token(token: str) -> None:
            super(Connection, self).__init__(**self._passed, password=token)

        _connect.connect(self._login, with_token)

    def ping(self, reconnect: bool = False) -> None:
        """As MySQLdb's; the client library would reconnect with the token of the first login."""
        try:
            super().ping()
        except MySQLdb.Error:
            if not reconnect:
                raise
            with _raising():
                self._open()


def _settings(options: dict[str, Any]) -> "tuple[_connect.Login, dict[str, Any]]":
    wanted, passed = _mysql.plain(options)
    _mysql.same_name(wanted)
    if wanted.host == "localhost":
        raise InvalidArgumentError(
            "host is localhost, for which this driver takes a socket without TLS; dial the "
            "endpoint's name (/etc/hosts may lead it to a tunnel)"
        )
    passed.update(ssl_mode="VERIFY_IDENTITY", ssl={"ca": _tls.ca_file(wanted)})
    return wanted, passed


connect: "Connects[Connection]" = Connection
