"""PyMySQL.

    connection = rdsiam.pymysql.connect(host=..., user="app", database="app")

Each connection is made with a token that is good now, over TLS that verifies the server; without
TLS nothing is sent. What is taken beside PyMySQL's own arguments is said in `rdsiam.psycopg`; not
taken are settings of TLS.
"""

from typing import Any

import pymysql.connections
from pymysql.constants import CLIENT

from . import _connect, _mysql


class Connection(pymysql.connections.Connection):
    """PyMySQL's, which sends nothing to a server without TLS."""

    def _request_authentication(self) -> Any:
        # Versions before 1.2 went on without TLS.
        _mysql.require_tls(self.server_capabilities & CLIENT.SSL)
        return super()._request_authentication()


def connect(**options: Any) -> Connection:
    """As PyMySQL's, and see the module."""
    wanted, settings = _mysql.settings(options)
    made: Connection = _connect.connect(
        wanted, lambda token: Connection(**settings, password=token)
    )
    return made
