"""mysql-connector-python.

    connection = rdsiam.mysql_connector.connect(host=..., user="app", database="app")

Each connection is made with a token that is good now, over TLS that verifies the server; without
TLS the driver refuses to send it. It is the driver in Python that connects, not the one in C. What
is taken beside its own arguments is said in `rdsiam.psycopg`; not taken are settings of TLS, and
a `sign_host` that differs from `host`.
"""

from typing import Any

import mysql.connector

from . import _connect, _mysql, _tls


def connect(**options: Any) -> Any:
    """As mysql.connector's, and see the module."""
    options.pop("use_pure", None)
    wanted, settings = _mysql.plain(options)
    _mysql.same_name(wanted)
    settings.update(
        use_pure=True, ssl_ca=_tls.ca_file(wanted), ssl_verify_cert=True, ssl_verify_identity=True
    )
    return _connect.connect(
        wanted, lambda token: mysql.connector.connect(**settings, password=token)
    )
