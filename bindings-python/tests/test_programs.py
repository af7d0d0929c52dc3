"""Programs of frameworks that are configured by a URL alone, and recipes without a helper."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

import rdsiam
from drivers import MARIADB, POSTGRESQL
from logins import PEERS, a_cache, env, keys, settings, verdicts
from rdsiam import _connect, _tls

SOURCE = Path(__file__).parents[1] / "python"


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An environment in which the package's entry points are those of an installed one."""
    about = tmp_path / "site" / "rdsiam-0.1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: rdsiam\nVersion: 0.1.0\n")
    lines = (SOURCE.parent / "pyproject.toml").read_text().split('[project.entry-points."')[1]
    plugin = lines.splitlines()[1].replace('"', "")
    (about / "entry_points.txt").write_text(f"[sqlalchemy.plugins]\n{plugin}\n")
    static = keys("STATIC_")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(about.parent), str(SOURCE)]),
        "AWS_ACCESS_KEY_ID": static["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": static["secret_access_key"],
        "AWS_REGION": env("REGION"),
        "URL": url(),
    }


def url() -> str:
    login = f"{env('USER')}@{env('HOSTADDR')}:{env('PORT')}/{env('DB')}"
    signed = f"sign_host={env('HOST')}&sign_port={env('PORT')}&region={env('REGION')}"
    return f"postgresql+psycopg://{login}?plugin=rdsiam&{signed}&sslrootcert={env('CA')}"


def said(program: list[str], environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        program,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


FLASK = """
import os
import flask, flask_sqlalchemy, sqlalchemy
app = flask.Flask("shop")
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["URL"]
db = flask_sqlalchemy.SQLAlchemy(app)
with app.app_context():
    print(db.session.scalar(sqlalchemy.text("select current_user")))
    db.session.close()
    db.engine.dispose()
"""


def test_flask_sqlalchemy_by_its_url(installed: dict[str, str], tmp_path: Path) -> None:
    assert said([sys.executable, "-c", FLASK], installed, tmp_path) == f"{env('USER')}\n"


ENVIRONMENT = """
import os
import sqlalchemy
from alembic import context
url = os.environ["URL"]
if context.is_offline_mode():
    context.configure(url=url)
    with context.begin_transaction():
        context.run_migrations()
else:
    with sqlalchemy.create_engine(url).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
REVISION = """
from alembic import op
revision, down_revision = "a1", None
def upgrade():
    op.execute("select 'of the revision'")
"""


def test_alembic_by_its_url_offline_and_online(installed: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    (tmp_path / "migrations" / "env.py").write_text(ENVIRONMENT)
    (tmp_path / "migrations" / "versions" / "a1_first.py").write_text(REVISION)
    alembic = [sys.executable, "-m", "alembic"]
    # Offline it makes no connection, and needs no credentials.
    offline = {name: value for name, value in installed.items() if not name.startswith("AWS_")}
    assert "of the revision" in said([*alembic, "upgrade", "head", "--sql"], offline, tmp_path)
    # `current` makes no table, which the stand-in's user may not.
    assert said([*alembic, "current"], installed, tmp_path) == ""


@pytest.fixture
def airflow(installed: dict[str, str], tmp_path: Path) -> dict[str, str]:
    path = os.pathsep.join([installed["PYTHONPATH"], str(PEERS / "airflow")])
    query = dict(part.split("=") for part in url().partition("?")[2].split("&"))
    connection = {
        "conn_type": "postgres",
        "host": env("HOSTADDR"),
        "port": int(env("PORT")),
        "login": env("USER"),
        "schema": env("DB"),
        "extra": {"sqlalchemy_query": query},
    }
    return {
        **installed,
        "PYTHONPATH": path,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url().replace("psycopg:", "psycopg2:"),
        "AIRFLOW_CONN_SHOP": json.dumps(connection),
    }


def test_airflow_s_own_database_by_its_url(airflow: dict[str, str], tmp_path: Path) -> None:
    check = [sys.executable, "-m", "airflow", "db", "check"]
    seen = len(verdicts())
    assert "Connection successful" in said(check, airflow, tmp_path)
    assert set(verdicts()[seen:]) == {"accepted"}


def test_airflow_s_connection(airflow: dict[str, str], tmp_path: Path) -> None:
    program = [sys.executable, str(SOURCE.parents[1] / "examples" / "python" / "airflow_hook.py")]
    printed = said(program, airflow, tmp_path)
    assert f"the hook's engine: {env('USER')}\n" in printed
    assert f"a query of the hook: [('{env('USER')}',)]\n" in printed


def context(cache: rdsiam.TokenCache) -> Any:
    login = _connect.Login(
        cache, env("HOSTADDR"), cache.port, cache.user, cache.host, None, env("CA")
    )
    return _tls.context(login)


def test_a_password_callable_of_asyncpg() -> None:
    """`asyncpg.connect(password=...)` calls it at each connection, also in its pool."""
    import asyncpg

    cache = a_cache("asyncpg", credentials=keys(""))

    async def main() -> str:
        pool = asyncpg.create_pool(
            host=env("HOSTADDR"),
            port=cache.port,
            user=cache.user,
            database=env("DB"),
            password=cache.get_token_async,
            ssl=context(cache),
            min_size=1,
        )
        async with pool:
            return str(await pool.fetchval("select current_user"))

    assert asyncio.run(main()) == env("USER")


def test_a_password_creator_of_asyncmy() -> None:
    """`asyncmy.connect(password_creator=...)` calls it at each connection, also in its pool."""
    import asyncmy

    cache = a_cache("asyncmy", credentials=keys(""))

    async def main() -> str:
        async with (
            asyncmy.create_pool(
                host=env("HOSTADDR"),
                port=cache.port,
                user=cache.user,
                database=env("DB"),
                password_creator=cache.get_token_async,
                ssl=context(cache),
            ) as pool,
            pool.acquire() as connection,
            connection.cursor() as cursor,
        ):
            await cursor.execute("select current_user")
            return str((await cursor.fetchone())[0])

    assert asyncio.run(main()) == f"{env('USER')}@%"


def test_a_kwargs_callable_of_psycopg_pool() -> None:
    """A pool of psycopg_pool 3.3 calls it for each connection."""
    import psycopg_pool

    cache = a_cache("psycopg", credentials=keys(""))

    def settings() -> dict[str, Any]:
        return {
            "host": cache.host,
            "hostaddr": env("HOSTADDR"),
            "port": cache.port,
            "user": cache.user,
            "dbname": env("DB"),
            "password": cache.get_token(),
            "sslmode": "verify-full",
            "sslrootcert": env("CA"),
        }

    with (
        psycopg_pool.ConnectionPool(kwargs=settings, min_size=1, max_size=1) as pool,
        pool.connection() as connection,
    ):
        row = connection.execute("select current_user").fetchone()
    assert row == (env("USER"),)


@pytest.mark.parametrize("name", ["psycopg async", "asyncpg", "aiomysql", "asyncmy pool"])
def test_helpers_for_asyncio_by_anyio(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As FastAPI runs them."""
    row = {**POSTGRESQL, **MARIADB}[name]
    cache = a_cache(name, credentials=keys(""))
    monkeypatch.setattr(asyncio, "run", lambda main: anyio.run(lambda: main, backend="asyncio"))
    users = row(settings(name, cache), lambda: None)
    assert [user.partition("@")[0] for user in users] == [env("USER")] * 2


IN_TRIO_ASYNCIO = """
import trio, trio_asyncio
import rdsiam.asyncpg
from logins import a_cache, keys, settings
cache = a_cache("asyncpg", credentials=lambda: keys(""))
@trio_asyncio.aio_as_trio
async def query():
    connection = await rdsiam.asyncpg.connect(**settings("asyncpg", cache))
    print(await connection.fetchval("select current_user"))
    await connection.close()
async def main():
    async with trio_asyncio.open_loop():
        await query()
trio.run(main)
"""


def test_trio_takes_asyncio_s_drivers_by_trio_asyncio(tmp_path: Path) -> None:
    # In a process of its own, whose asyncio it replaces.
    path = os.pathsep.join([str(SOURCE), str(Path(__file__).parent)])
    program = [sys.executable, "-c", IN_TRIO_ASYNCIO]
    assert said(program, {**os.environ, "PYTHONPATH": path}, tmp_path) == f"{env('USER')}\n"


def test_trio_and_anyio_take_a_synchronous_driver_on_a_thread() -> None:
    import rdsiam.psycopg

    cache = a_cache("psycopg", credentials=lambda: keys(""))

    def query() -> Any:
        with rdsiam.psycopg.connect(**settings("psycopg", cache)) as connection:
            return connection.execute("select current_user").fetchone()

    async def main() -> Any:
        return await anyio.to_thread.run_sync(query)

    for backend in ("asyncio", "trio"):
        assert anyio.run(main, backend=backend) == (env("USER"),)
