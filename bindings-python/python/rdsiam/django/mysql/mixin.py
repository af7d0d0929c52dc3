"""Tokens for a backend of Django over MySQL or MariaDB: see `rdsiam.django`."""

import functools
import importlib
import subprocess
import types
from typing import Any

import django
from django.db.backends.mysql import base, client, creation
from django.db.utils import OperationalError

from ... import _connect, _mysql, _tls, _versions

_versions.check("django", "Django", "5.1", django.__version__)

# PyMySQL may stand in for mysqlclient, under its name.
_driver: Any = importlib.import_module(
    "rdsiam.pymysql" if base.Database.__name__ == "pymysql" else "rdsiam.mysqlclient"
)


class DatabaseClient(client.DatabaseClient):
    """mysql with a token, in its environment, and with verified TLS."""

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
        wanted, passed = _mysql.plain({**options, **given})
        _mysql.same_name(wanted)
        kept = {key: passed[key] for key in ("database", "charset") if passed.get(key)}
        args, env = super().settings_to_cmd_args_env(
            {
                **settings_dict,
                "HOST": wanted.host,
                "PORT": wanted.port,
                "USER": wanted.user,
                "PASSWORD": _connect.token_of(wanted.tokens),
                "OPTIONS": {**kept, "ssl": {"ca": _tls.ca_file(wanted)}},
            },
            parameters,
        )
        return [args[0], *_verified(cls.executable_name), *args[1:]], env


@functools.cache
def _verified(program: str) -> "list[str]":
    """What makes the program verify the server; there are two of one name."""
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    if "MariaDB" in told.stdout:
        return ["--ssl", "--ssl-verify-server-cert"]
    return ["--ssl-mode=VERIFY_IDENTITY", "--enable-cleartext-plugin"]


class DatabaseCreation(creation.DatabaseCreation):
    """Clones databases for `test --parallel` with programs that log in with tokens."""

    # Django's own code, which finds our client where it looks for its own.
    _clone_db: Any = types.FunctionType(
        creation.DatabaseCreation._clone_db.__code__,
        {**vars(creation), "DatabaseClient": DatabaseClient},
    )


class Tokens:
    """Comes before a DatabaseWrapper over MySQL or MariaDB."""

    client_class = DatabaseClient
    creation_class = DatabaseCreation

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """As Django's."""
        return _driver.connect(**conn_params)
