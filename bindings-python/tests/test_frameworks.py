"""SQLAlchemy and Django beyond one login: pre-ping, plug-in, events, dbshell, clones, copies."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.dialects import plugins

import rdsiam
import rdsiam.sqlalchemy
from drivers_frameworks import django_settings
from frameworks import PRE_PING, PRE_PING_BY_NAME
from logins import (
    NAMES_ARE_KNOWN,
    a_cache,
    env,
    keys,
    run_where_names_are_known,
    settings,
    short_lived,
    together,
    verdicts,
    wait_for_the_end,
)

ROWS = PRE_PING_BY_NAME if NAMES_ARE_KNOWN else PRE_PING
QUESTION = sqlalchemy.text("select current_user")


def replace_a_broken_connection(name: str) -> None:
    server = "psycopg" if "psycopg" in name or "postgresql" in name else name
    server = next((one for one in ("asyncpg", "pg8000") if one in name), server)
    cache = short_lived(server)
    seen = len(verdicts())
    user = ROWS[name](settings(server, cache), lambda: wait_for_the_end(cache))
    assert user.partition("@")[0] == env("USER")
    assert cache.stats()["signatures"] >= 2
    assert set(verdicts()[seen:]) == {"accepted"}


@pytest.mark.parametrize("name", ROWS)
def test_a_broken_connection_is_replaced_with_a_valid_token(
    name: str, request: pytest.FixtureRequest
) -> None:
    together(request, replace_a_broken_connection)


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a URL alone can do without: keys and certificates come from the environment."""
    given = keys("STATIC_")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", given["access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", given["secret_access_key"])
    monkeypatch.setenv("PGSSLROOTCERT", env("CA"))


if not NAMES_ARE_KNOWN:

    def url(**query: str) -> sqlalchemy.URL:
        return sqlalchemy.URL.create(
            "postgresql+psycopg",
            env("USER"),
            host=env("HOSTADDR"),
            port=int(env("PORT")),
            database=env("DB"),
            query={"sign_host": env("HOST"), "sign_port": env("PORT"), **query},
        )

    @pytest.mark.usefixtures("authority")
    def test_a_url_alone_logs_in() -> None:
        plugins.register("rdsiam", "rdsiam.sqlalchemy", "Plugin")
        text = url(plugin="rdsiam", region=env("REGION")).render_as_string()
        engine = sqlalchemy.create_engine(text)
        with engine.connect() as connection:
            assert connection.scalar(QUESTION) == env("USER")
        engine.dispose()

    @pytest.mark.usefixtures("authority")
    def test_every_engine_of_the_process_logs_in() -> None:
        there = sqlalchemy.create_engine(url())
        rdsiam.sqlalchemy.use_tokens(sqlalchemy.Engine)
        try:
            for engine in (there, sqlalchemy.create_engine(url())):
                with engine.connect() as connection:
                    assert connection.scalar(QUESTION) == env("USER")
                engine.dispose()
            # Others are left alone.
            with sqlalchemy.create_engine("sqlite://").connect() as connection:
                assert connection.scalar(sqlalchemy.text("select 1")) == 1
            password = sqlalchemy.create_engine(url().set(password="secret", query={}))
            with pytest.raises(sqlalchemy.exc.OperationalError, match=r"pg_hba|authentication"):
                password.connect()
        finally:
            event.remove(sqlalchemy.Engine, "do_connect", rdsiam.sqlalchemy._on_connect)

    @pytest.mark.usefixtures("authority")
    def test_listeners_of_others_are_heard_before_and_after_ours() -> None:
        engine = sqlalchemy.create_engine(url())
        heard: list[str] = []

        def listener(name: str) -> Any:
            def listen(dialect: Any, record: Any, arguments: Any, options: Any) -> None:
                heard.append(name)
                options["application_name"] = name

            return listen

        event.listen(engine, "do_connect", listener("before"))
        rdsiam.sqlalchemy.use_tokens(engine)
        event.listen(engine, "do_connect", listener("after"))
        with engine.connect() as connection:
            name = connection.scalar(sqlalchemy.text("show application_name"))
        engine.dispose()
        assert heard == ["before", "after"]
        assert name == "after"

    def test_a_copy_of_django_s_connection_shares_the_cache() -> None:
        from django.db.utils import ConnectionHandler

        cache = a_cache("psycopg", credentials=keys(""))
        database = django_settings("rdsiam.django.postgresql", settings("psycopg", cache))
        connection = ConnectionHandler({"default": database})["default"]
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("select current_user")
            assert cursor.fetchone()[0] == env("USER")
        other.close()
        assert other.settings_dict["OPTIONS"]["cache"] is cache

    def test_a_backend_of_one_s_own_takes_the_mix_in(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from django.db.utils import ConnectionHandler

        (tmp_path / "my_backend").mkdir()
        (tmp_path / "my_backend" / "__init__.py").touch()
        (tmp_path / "my_backend" / "base.py").write_text(
            "from django.db.backends.postgresql import base\n"
            "from rdsiam.django.postgresql.mixin import Tokens\n"
            "class DatabaseWrapper(Tokens, base.DatabaseWrapper):\n"
            "    pass\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        cache = a_cache("psycopg", credentials=keys(""))
        database = django_settings("my_backend", settings("psycopg", cache))
        connection = ConnectionHandler({"default": database})["default"]
        with connection.cursor() as cursor:
            cursor.execute("select current_user")
            assert cursor.fetchone()[0] == env("USER")
        connection.close()

    PYMYSQL = """
import sys
sys.path[:0] = sys.argv[1:2]
import pymysql
pymysql.install_as_MySQLdb()
pymysql.version_info = (2, 2, 1, "final", 0)  # Django asks mysqlclient's
from django.db.utils import ConnectionHandler
from drivers_frameworks import django_settings
from logins import a_cache, keys, settings
cache = a_cache("pymysql", credentials=keys(""))
database = django_settings("rdsiam.django.mysql", settings("pymysql", cache))
connection = ConnectionHandler({"default": database})["default"]
with connection.cursor() as cursor:
    cursor.execute("select current_user")
    print(cursor.fetchone()[0], type(connection.connection).__module__)
connection.close()
"""

    def test_pymysql_under_the_name_of_mysqlclient() -> None:
        here = str(Path(__file__).parent)
        path = os.pathsep.join([here, str(Path(__file__).parents[1] / "python")])
        done = subprocess.run(
            [sys.executable, "-c", PYMYSQL, here],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout == f"{env('USER')}@% rdsiam.pymysql\n", done.stderr

    def test_psql_of_dbshell_logs_in_with_verified_tls() -> None:
        cache = a_cache("psycopg", credentials=keys(""))
        command = ["-X", "-A", "-t", "-c", "select current_user"]
        database = django_settings("rdsiam.django.postgresql", settings("psycopg", cache))
        assert shell(database, command, cache) == env("USER")

    def test_drivers_that_verify_the_name_they_dial() -> None:
        said = run_where_names_are_known(__file__, "")
        assert f"{len(PRE_PING_BY_NAME) + 2} passed" in said

else:

    def mysql() -> "tuple[dict[str, Any], rdsiam.TokenCache]":
        cache = a_cache("mysqlclient", credentials=keys(""))
        return django_settings("rdsiam.django.mysql", settings("mysqlclient", cache)), cache

    def test_mysql_of_dbshell_logs_in_with_verified_tls(tmp_path: Path) -> None:
        database, cache = mysql()
        command = ["-N", "-e", "select current_user"]
        assert shell(database, command, cache) == f"{env('USER')}@%"
        from test_ca import certificate

        database["OPTIONS"]["ca"] = certificate(tmp_path, "/CN=another")
        seen = len(verdicts())
        with pytest.raises(subprocess.CalledProcessError):
            shell(database, command, cache)
        assert verdicts()[seen:] == []

    def test_clones_for_parallel_tests_are_made_with_tokens() -> None:
        from django.db.utils import ConnectionHandler

        database, _ = mysql()
        connection = ConnectionHandler({"default": database})["default"]
        with connection.cursor() as cursor:
            cursor.execute("create or replace table clone_me (number int)")
            cursor.execute("insert into clone_me values (7)")
        seen = len(verdicts())
        # Into itself, for the stand-in's user may make no database.
        connection.creation._clone_db(env("DB"), env("DB"))
        assert verdicts()[seen:] == ["accepted"] * 2
        with connection.cursor() as cursor:
            cursor.execute("select number from clone_me")
            assert cursor.fetchone() == (7,)
            cursor.execute("drop table clone_me")
        connection.close()


def shell(database: dict[str, Any], command: list[str], cache: rdsiam.TokenCache) -> str:
    """What the program of `dbshell` says; the token is in its environment and not its arguments."""
    from django.db.utils import ConnectionHandler

    client = ConnectionHandler({"default": database})["default"].client
    args, more = client.settings_to_cmd_args_env(client.connection.settings_dict, command)
    assert not any("X-Amz" in argument for argument in args)
    assert cache.get_token() in more.values()
    done = subprocess.run(
        args, env={**os.environ, **more}, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()
