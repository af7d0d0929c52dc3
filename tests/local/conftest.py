"""`rdsiam local`, judged by verifiers and clients that share no code with it."""

import gc
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from commands import call, server_account

ROOT = Path(__file__).resolve().parents[2]
COMMAND = os.environ.setdefault("RDSIAM_COMMAND", str(ROOT / "target/debug/rdsiam"))
# The helper that users start it with. It needs no compiled library.
sys.path.insert(0, str(ROOT / "bindings-python/python"))
# For servers of Valkey and Redis.
sys.path.append(str(ROOT / "tests/valkey"))
STANDIN = {k: v for k, v in os.environ.items() if k.startswith("STANDIN_")}
QUOTED = "pass%3Aword%40%2F%25"
POSTGRES = """
DROP ROLE IF EXISTS front;
CREATE ROLE front LOGIN SUPERUSER PASSWORD 'pass:word@/%';
DO $$ BEGIN CREATE ROLE plain; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
"""
MARIADB = [
    "CREATE OR REPLACE USER 'front'@'%' IDENTIFIED BY 'pass:word@/%'",
    "GRANT ALL ON app.* TO 'front'@'%'",
]

FOREIGN = ("AWS_", "PG", "MYSQL_", "RDSIAM_LOCAL")


def load_testing():
    """The module alone: the package around it wants its compiled part."""
    import importlib.util

    path = ROOT / "bindings-python/python/rdsiam/testing.py"
    spec = importlib.util.spec_from_file_location("rdsiam_testing", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


testing = load_testing()


@pytest.fixture(autouse=True)
def nothing_of_the_machine(monkeypatch, tmp_path):
    # It keeps the keys of the test before.
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def start(monkeypatch):
    """Starts one with these options, until the test ends."""
    import contextlib

    with contextlib.ExitStack() as stack:

        def begin(*options):
            server = stack.enter_context(testing.local("--quiet", *map(str, options)))
            for name in server._told["removed"]:
                monkeypatch.delenv(name, raising=False)
            for name, value in server.environment.items():
                monkeypatch.setenv(name, value)
            return server

        yield begin


def run(*arguments, **options):
    """The command to its end."""
    return subprocess.run(
        [COMMAND, "local", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def token(database, user=None, port=None, host=None, **client):
    """By boto3."""
    import boto3

    return (
        boto3.Session()
        .client("rds", **client)
        .generate_db_auth_token(
            DBHostname=host or database.host,
            Port=port or database.sign_port,
            DBUsername=user or database.user,
        )
    )


def postgres(server, password, user=None, **more):
    import psycopg

    database = server.postgres
    return psycopg.connect(
        host=database.host,
        hostaddr=database.hostaddr,
        port=database.port,
        user=user or database.user,
        dbname=database.database,
        password=password,
        **{"sslmode": "verify-full", "sslrootcert": server.ca, "gssencmode": "disable", **more},
    )


def mysql(server, password, user=None, **more):
    import pymysql

    database = server.mysql
    return pymysql.connect(
        host=database.host,
        port=database.port,
        user=user or database.user,
        database=database.database,
        password=password,
        **{"ssl": {"ca": server.ca}, **more},
    )


def refused(connect, *arguments, **options):
    """The server's words."""
    with warnings.catch_warnings():
        # PyMySQL leaves its socket to the collector.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            connect(*arguments, **options).close()
        except Exception as error:
            said = str(error)
        else:
            pytest.fail("it was not refused")
        gc.collect()
    return said


@pytest.fixture
def postgres_url():
    """The stand-in's server, by a role with a password and without a token."""
    assert STANDIN, "run by tests/standin/standin run -- ..., as make test-local does"
    where = ["-h", f"{STANDIN['STANDIN_DIR']}/run", "-p", STANDIN["STANDIN_PORT"], "-U", "postgres"]
    psql = [f"{STANDIN['STANDIN_BINDIR']}/psql", "-Xq", *where, "-d", "postgres", "-c", POSTGRES]
    call(psql, server_account())
    return f"postgres://front:{QUOTED}@127.0.0.1:{STANDIN['STANDIN_PORT']}/app"


@pytest.fixture
def mysql_url():
    assert STANDIN, "run by tests/standin/standin run -- ..., as make test-local does"
    account = server_account()
    where = [f"--socket={STANDIN['STANDIN_DIR']}/run/mariadb.sock", f"--user={account.pw_name}"]
    for statement in MARIADB:
        call(["mariadb", "--no-defaults", *where, "-e", statement], account)
    return f"mysql://front:{QUOTED}@127.0.0.1:{STANDIN['STANDIN_MARIADB_PORT']}/app"
