"""Django's backend for PostgreSQL, which logs in with tokens."""

import importlib
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import is_psycopg3

_driver: Any = importlib.import_module("rdsiam.psycopg" if is_psycopg3 else "rdsiam.psycopg2")


class _Database:
    """The driver as Django sees it, with another `connect`."""

    def connect(self, **options: Any) -> Any:
        return _driver.connect(**options)

    def __getattr__(self, name: str) -> Any:
        return getattr(base.Database, name)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, and see `rdsiam.django`."""

    Database = _Database()

    @property
    def pool(self) -> Any:
        options = self.settings_dict["OPTIONS"]
        if options.get("pool"):
            # Django hands the pool its parameters once; this class asks for a token each time.
            given = options["pool"] if isinstance(options["pool"], dict) else {}
            options["pool"] = {"connection_class": _driver.Connection, **given}
        return super().pool
