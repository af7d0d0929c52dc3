"""Django's backend for MySQL and MariaDB, which logs in with tokens."""

from typing import Any

from django.db.backends.mysql import base

from ... import mysqlclient


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, and see `rdsiam.django`."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        return mysqlclient.connect(**conn_params)
