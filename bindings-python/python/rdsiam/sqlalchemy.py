"""SQLAlchemy's engines, over the drivers that rdsiam has helpers for.

    engine = rdsiam.sqlalchemy.create_engine("postgresql+psycopg://app@HOST/app")
    engine = rdsiam.sqlalchemy.create_async_engine("mysql+asyncmy://app@HOST/app")
    engine = sqlalchemy.create_engine("postgresql+psycopg://app@HOST/app?plugin=rdsiam")
    rdsiam.sqlalchemy.use_tokens(sqlalchemy.Engine)    # each engine of the process

Each connection of the pool is made with a token that is valid then, over TLS that verifies the
server. What a helper takes beside the driver's arguments goes into `connect_args`, or into the
URL. Errors of rdsiam are SQLAlchemy's OperationalError, as those of the driver are, and its
ArgumentError where an engine is made.
"""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import URL, CreateEnginePlugin, Engine

from . import _connect, _versions
from .errors import InvalidArgumentError, RdsIamError

_versions.check("sqlalchemy", "SQLAlchemy", "2.0.30", sqlalchemy.__version__)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine as _AsyncEngine

    T = TypeVar("T", bound="Engine | _AsyncEngine | type[Engine]")
else:
    T = TypeVar("T")

# SQLAlchemy's name of a driver, and the module with our `connect`.
_DRIVERS = {
    "asyncmy": "asyncmy",
    "aiomysql": "aiomysql",
    "asyncpg": "asyncpg",
    "mysqlconnector": "mysql_connector",
    "mysqldb": "mysqlclient",
    "pg8000": "pg8000",
    "psycopg": "psycopg",
    "psycopg2": "psycopg2",
    "psycopg_async": "psycopg",
    "pymysql": "pymysql",
}


def _raising() -> Any:
    return _connect.raising(sqlalchemy.exc.ArgumentError)


def create_engine(url: str | URL, **options: Any) -> Engine:
    """As SQLAlchemy's, and see the module."""
    _refuse_creator(options)
    return use_tokens(sqlalchemy.create_engine(url, **options))


def create_async_engine(url: str | URL, **options: Any) -> "_AsyncEngine":
    """As SQLAlchemy's, and see the module."""
    from sqlalchemy.ext.asyncio import create_async_engine

    _refuse_creator(options)
    return use_tokens(create_async_engine(url, **options))


def use_tokens(engine: T) -> T:
    """Lets an engine that is there already log in with tokens, and returns it.

    Given the class `sqlalchemy.Engine`, it is for every engine of the process, also those that
    are there already, but for those of other drivers and those that have a password.
    """
    if isinstance(engine, type):
        event.listen(engine, "do_connect", _on_connect)
        return engine
    dialect = getattr(engine, "sync_engine", engine).dialect
    with _raising():
        if dialect.driver not in _DRIVERS:
            raise InvalidArgumentError(
                f"there is no helper for the driver {dialect.driver}; take one of "
                f"{', '.join(sorted(_DRIVERS))}"
            )
    _install(dialect)
    return engine


class Plugin(CreateEnginePlugin):
    """`?plugin=rdsiam` in a URL, for what is configured by a URL alone."""

    def __init__(self, url: URL, kwargs: dict[str, Any]) -> None:
        _refuse_creator(kwargs)

    def update_url(self, url: URL) -> URL:
        """What is ours in it reaches our `connect` as what is the driver's does."""
        return url

    def engine_created(self, engine: Engine) -> None:
        """As SQLAlchemy calls it."""
        use_tokens(engine)


def _refuse_creator(options: dict[str, Any]) -> None:
    for name in ("creator", "async_creator"):
        if options.get(name) is not None:
            with _raising():
                raise InvalidArgumentError(
                    f"{name} makes the connections itself, without a token; leave it out, or call "
                    "the connect of rdsiam's helper in it and use SQLAlchemy's own create_engine"
                )


def _on_connect(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> None:
    """For engines that did not ask for it one by one."""
    has_password = options.get("password") or options.get("passwd")
    if dialect.driver in _DRIVERS and not has_password:
        _install(dialect)


def _install(dialect: Any) -> None:
    """Puts our `connect` below SQLAlchemy's events, so that listeners of others are called too."""
    if getattr(dialect.connect, "is_rdsiams", False):
        return
    module = importlib.import_module(f".{_DRIVERS[dialect.driver]}", __package__)
    dialect.connect = (_async_connect if dialect.is_async else _sync_connect)(dialect, module)
    dialect.connect.is_rdsiams = True


def _sync_connect(dialect: Any, module: Any) -> Callable[..., Any]:
    def connect(*arguments: Any, **options: Any) -> Any:
        return module.connect(*arguments, **options)

    return connect


def _async_connect(dialect: Any, module: Any) -> Callable[..., Any]:
    # SQLAlchemy wraps the connection that this makes for its event loop.
    driver = getattr(module, "AsyncConnection", module).connect
    theirs = dialect.connect

    async def create(*arguments: Any, **options: Any) -> Any:
        try:
            return await driver(*arguments, **options)
        except Exception as error:
            # asyncpg's errors are not those that SQLAlchemy knows for it.
            ours = error.__cause__
            known = dialect.loaded_dbapi
            if isinstance(ours, RdsIamError) and not isinstance(error, known.Error):
                raise known.OperationalError(str(ours)) from ours
            raise

    def connect(*arguments: Any, **options: Any) -> Any:
        return theirs(*arguments, async_creator_fn=create, **options)

    return connect
