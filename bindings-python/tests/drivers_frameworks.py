"""Rows of the table of drivers for SQLAlchemy and Django."""

import threading
from collections.abc import Callable
from typing import Any

import event_loop

Between = Callable[[], None]
Row = Callable[[dict[str, Any], Between], list[str]]


def _url(dialect: str, settings: dict[str, Any]) -> "tuple[Any, dict[str, Any]]":
    """What belongs into a URL of SQLAlchemy, and the rest."""
    import sqlalchemy

    rest = dict(settings)
    cache = rest["cache"]
    host = rest.pop("host", None) or cache.host
    database = rest.pop("dbname", None) or rest.pop("database", None)
    url = sqlalchemy.URL.create(dialect, cache.user, host=host, port=cache.port, database=database)
    return url, rest


def sqlalchemy_sync(dialect: str) -> Row:
    def row(settings: dict[str, Any], between: Between) -> list[str]:
        import sqlalchemy

        import rdsiam.sqlalchemy

        url, rest = _url(dialect, settings)
        engine = rdsiam.sqlalchemy.create_engine(url, connect_args=rest)
        question = sqlalchemy.text("select current_user")
        try:
            with engine.connect() as first:
                users = [str(first.scalar(question))]
                between()
                with engine.connect() as second:
                    return [*users, str(second.scalar(question))]
        finally:
            engine.dispose()

    return row


def sqlalchemy_async(dialect: str) -> Row:
    async def main(settings: dict[str, Any], between: Between) -> list[str]:
        import sqlalchemy

        import rdsiam.sqlalchemy

        url, rest = _url(dialect, settings)
        engine = rdsiam.sqlalchemy.create_async_engine(url, connect_args=rest)
        question = sqlalchemy.text("select current_user")
        try:
            async with engine.connect() as first:
                users = [str(await first.scalar(question))]
                between()
                async with engine.connect() as second:
                    return [*users, str(await second.scalar(question))]
        finally:
            await engine.dispose()

    def row(settings: dict[str, Any], between: Between) -> list[str]:
        return event_loop.run(main(settings, between))

    return row


_configuring = threading.Lock()


def django_settings(engine: str, settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What belongs into Django's DATABASES."""
    import django
    from django.conf import settings as configured

    with _configuring:
        if not configured.configured:
            configured.configure(USE_TZ=True)
            django.setup()
    rest = dict(settings)
    cache = rest["cache"]
    return {
        "ENGINE": engine,
        "HOST": rest.pop("host", None) or cache.host,
        "PORT": str(cache.port),
        "USER": cache.user,
        "NAME": rest.pop("dbname", None) or rest.pop("database", None),
        "OPTIONS": {**rest, **more},
    }


def _django(engine: str, settings: dict[str, Any], between: Between, **more: Any) -> list[str]:
    from django.db.utils import ConnectionHandler

    database = django_settings(engine, settings, **more)
    # Two of one alias are two threads of an application: each has a connection of its own.
    handlers = [ConnectionHandler({"default": database}) for _ in range(2)]
    users = []
    try:
        for number, handler in enumerate(handlers):
            with handler["default"].cursor() as cursor:
                cursor.execute("select current_user")
                users.append(str(cursor.fetchone()[0]))
            if number == 0:
                between()
        return users
    finally:
        for handler in handlers:
            handler["default"].close()
        if more:
            handlers[0]["default"].close_pool()


def django_postgresql(settings: dict[str, Any], between: Between) -> list[str]:
    return _django("rdsiam.django.postgresql", settings, between)


def django_postgresql_pool(settings: dict[str, Any], between: Between) -> list[str]:
    # One that is waited for while it opens its first makes a second one.
    pool = {"min_size": 0, "max_size": 2}
    return _django("rdsiam.django.postgresql", settings, between, pool=pool)


def django_mysql(settings: dict[str, Any], between: Between) -> list[str]:
    return _django("rdsiam.django.mysql", settings, between)
