"""Tokens for a backend of Django over PostgreSQL: see `rdsiam.django`."""

import importlib
from typing import Any

import django
from django.db.backends.postgresql import base, client
from django.db.backends.postgresql.psycopg_any import is_psycopg3
from django.db.utils import OperationalError

from ... import _connect, _libpq, _versions

_versions.check("django", "Django", "5.1", django.__version__)

_driver: Any = importlib.import_module("rdsiam.psycopg" if is_psycopg3 else "rdsiam.psycopg2")


class _Database:
    """The driver as Django sees it, with another `connect`."""

    def connect(self, **options: Any) -> Any:
        return _driver.connect(**options)

    def __getattr__(self, name: str) -> Any:
        return getattr(base.Database, name)


class DatabaseClient(client.DatabaseClient):
    """psql with a token, in its environment, and with verified TLS."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: list[str]
    ) -> "tuple[list[str], dict[str, str] | None]":
        with _connect.raising(OperationalError):
            return cls._with_token(settings_dict, parameters)

    @classmethod
    def _with_token(
        cls, settings_dict: dict[str, Any], parameters: list[str]
    ) -> "tuple[list[str], dict[str, str] | None]":
        options = dict(settings_dict["OPTIONS"])
        named = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
        given = {name: settings_dict.get(key) or None for name, key in named.items()}
        wanted, passed = _libpq.settings({}, {**options, **given})
        args, env = super().settings_to_cmd_args_env(
            {
                **settings_dict,
                "HOST": wanted.name,
                "PORT": wanted.port,
                "USER": wanted.user,
                "PASSWORD": _connect.token_of(wanted.tokens),
                "OPTIONS": {**options, **{key: passed[key] for key in ("sslmode", "sslrootcert")}},
            },
            parameters,
        )
        address = passed.get("hostaddr") or _libpq.first_address(wanted)
        return args, {**(env or {}), **({"PGHOSTADDR": address} if address else {})}


class Tokens:
    """Comes before a DatabaseWrapper over PostgreSQL."""

    Database = _Database()
    client_class = DatabaseClient

    settings_dict: dict[str, Any]

    @property
    def pool(self) -> Any:
        options = self.settings_dict["OPTIONS"]
        if options.get("pool"):
            # Django hands the pool its parameters once; this class asks for a token each time.
            given = options["pool"] if isinstance(options["pool"], dict) else {}
            options["pool"] = {"connection_class": _driver.Connection, **given}
        wrapper: Any = super()
        return wrapper.pool
