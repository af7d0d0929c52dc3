"""PyMySQL.

    connection = rdsiam.pymysql.connect(host=..., user="app", database="app")

Each connection is made with a token that is valid then, also where PyMySQL makes it again
(`connect()`, `ping(reconnect=True)`), over TLS that verifies the server; without TLS nothing is
sent. What is taken beside PyMySQL's own arguments is said in `rdsiam.psycopg`. Of PyMySQL's
settings of TLS those are heard that name an authority or ask for what is done anyway (`ssl_ca`,
`ssl={"ca": ...}`, a context that verifies); those that would weaken it are refused. Errors of
rdsiam are raised as PyMySQL's OperationalError, with the error as its cause.
"""

from typing import TYPE_CHECKING, Any

import pymysql.connections
from pymysql.constants import CLIENT, CR

from . import _connect, _mysql, _versions

if TYPE_CHECKING:
    from ._signature import Connects

_versions.check("pymysql", "PyMySQL", "1.1.2", pymysql.__version__)


def _raising() -> Any:
    return _connect.raising(lambda text: pymysql.err.OperationalError(CR.CR_UNKNOWN_ERROR, text))


class Connection(pymysql.connections.Connection):
    """PyMySQL's, which makes its own password, and sends nothing to a server without TLS."""

    def __init__(self, **options: Any) -> None:
        with _raising():
            self._login, passed = _mysql.settings(options)
            super().__init__(**passed)

    def connect(self, sock: Any = None) -> None:
        """As PyMySQL's, at the first time and at each reconnect."""
        with _raising():
            if sock is None:
                _connect.connect(self._login, self._connect_with)
            else:
                # A socket is good for one try.
                self._connect_with(_connect.token_of(self._login.tokens), sock)

    def _connect_with(self, token: str, sock: Any = None) -> None:
        self.password = token.encode()
        try:
            super().connect(sock)
        except BaseException:
            # Versions before 1.2 leave the socket open.
            self._force_close()
            raise
        finally:
            self.password = b""

    def _request_authentication(self) -> Any:
        # Versions before 1.2 went on without TLS.
        _mysql.require_tls(self.server_capabilities & CLIENT.SSL)
        return super()._request_authentication()


connect: "Connects[Connection]" = Connection
