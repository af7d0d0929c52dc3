"""mysqlclient (`MySQLdb`).

    connection = rdsiam.mysqlclient.connect(host=..., user="app", database="app")

Each connection is made with a token that is good now, over TLS that verifies the server; without
TLS nothing is sent. What is taken beside its own arguments is said in `rdsiam.psycopg`; not taken
are settings of TLS, and a `sign_host` that differs from `host`.
"""

from typing import Any

import MySQLdb

from . import _connect, _mysql, _tls
from .errors import InvalidArgumentError


def connect(**options: Any) -> Any:
    """As MySQLdb's, and see the module."""
    wanted, settings = _mysql.plain(options)
    _mysql.same_name(wanted)
    if wanted.host == "localhost":
        raise InvalidArgumentError(
            "host is localhost, for which this driver takes a socket without TLS; dial the "
            "endpoint's name (/etc/hosts may lead it to a tunnel)"
        )
    settings.update(ssl_mode="VERIFY_IDENTITY", ssl={"ca": _tls.ca_file(wanted)})
    return _connect.connect(wanted, lambda token: MySQLdb.connect(**settings, password=token))
