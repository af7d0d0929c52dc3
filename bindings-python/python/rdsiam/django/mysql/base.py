"""Django's backend for MySQL and MariaDB, which logs in with tokens."""

from django.db.backends.mysql import base

from .mixin import Tokens


class DatabaseWrapper(Tokens, base.DatabaseWrapper):
    """Django's, and see `rdsiam.django`."""
