"""SQLAlchemy's engines, over the drivers that rdsiam has helpers for.

    engine = rdsiam.sqlalchemy.create_engine("postgresql+psycopg://app@HOST/app")
    engine = rdsiam.sqlalchemy.create_async_engine("mysql+asyncmy://app@HOST/app")

Each connection of the pool is made with a token that is good now, over TLS that verifies the
server. What a helper takes beside the driver's arguments goes into `connect_args`.
"""

import importlib
from typing import Any

import sqlalchemy
from sqlalchemy import event

from .errors import InvalidArgumentError

# SQLAlchemy's name of a driver, and the module with our `connect`. Those of two names are async.
_DRIVERS = {
    "asyncmy": "asyncmy",
    "aiomysql": "aiomysql",
    "asyncpg": "asyncpg",
    "mysqlconnector": "mysql_connector",
    "mysqldb": "mysqlclient",
    "psycopg": "psycopg",
    "psycopg2": "psycopg2",
    "psycopg_async": "psycopg",
    "pymysql": "pymysql",
}


def create_engine(url: Any, **options: Any) -> Any:
    """As SQLAlchemy's, and see the module."""
    return use_tokens(sqlalchemy.create_engine(url, **options))


def create_async_engine(url: Any, **options: Any) -> Any:
    """As SQLAlchemy's, and see the module."""
    from sqlalchemy.ext.asyncio import create_async_engine

    return use_tokens(create_async_engine(url, **options))


def use_tokens(engine: Any) -> Any:
    """Lets an engine that is there already log in with tokens, and returns it."""
    target = getattr(engine, "sync_engine", engine)
    driver = target.dialect.driver
    if driver not in _DRIVERS:
        raise InvalidArgumentError(
            f"there is no helper for this driver; take one of {', '.join(sorted(_DRIVERS))}"
        )
    module: Any = importlib.import_module(f".{_DRIVERS[driver]}", __package__)

    def connect(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> Any:
        if not dialect.is_async:
            return module.connect(*arguments, **options)
        # SQLAlchemy wraps the connection that this makes for its event loop.
        options["async_creator_fn"] = (
            module.AsyncConnection.connect if hasattr(module, "AsyncConnection") else module.connect
        )
        return None

    event.listen(target, "do_connect", connect)
    return engine
