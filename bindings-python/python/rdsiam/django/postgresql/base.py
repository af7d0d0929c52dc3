"""Django's backend for PostgreSQL, which logs in with tokens."""

from django.db.backends.postgresql import base

from .mixin import Tokens


class DatabaseWrapper(Tokens, base.DatabaseWrapper):
    """Django's, and see `rdsiam.django`."""
