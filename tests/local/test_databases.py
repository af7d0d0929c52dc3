"""In front of real databases: what passes after the login is the database's."""

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import psycopg
import pytest
from conftest import mysql, postgres, refused, testing, token

PASSWORD = "pass:word@/%"


@pytest.fixture
def reachable():
    """A folder that other accounts come through."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def test_a_private_postgres_goes_with_its_command(monkeypatch, reachable):
    """Also for root, whom PostgreSQL refuses."""
    monkeypatch.setenv("TMPDIR", str(reachable))
    odd = 'odd "user"'
    with testing.local("--database", "postgres", "--user", "app", "--user", odd) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        assert len(list(reachable.glob("rdsiam-local-*/data/PG_VERSION"))) == 1
        with postgres(server, token(server.postgres)) as connection:
            answer = connection.execute(
                "SELECT current_user, session_user, pg_has_role('rds_iam', 'member')"
            )
            assert answer.fetchone() == ("app", "app", True)
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
            assert connection.execute("SELECT sum(n) FROM kept").fetchone() == (500500,)
        postgres(server, token(server.postgres, user=odd), user=odd).close()
    assert not list(reachable.iterdir())


def test_a_server_by_its_password_and_a_role_of_the_user(start, postgres_url):
    server = start("--database", postgres_url, "--user", "plain", "--user", "nobody")
    with postgres(server, token(server.postgres)) as connection:
        who = connection.execute("SELECT current_user, session_user").fetchone()
        assert who == ("plain", "front")
        connection.execute("RESET ALL")
        connection.execute("RESET ROLE")
        assert connection.execute("SELECT current_user").fetchone() == ("plain",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE ROLE other")
    # The database's own words about a role that it has not.
    said = refused(postgres, server, token(server.postgres, user="nobody"), user="nobody")
    assert 'role "nobody" does not exist' in said
    assert server.logins()[-1]["accepted"]


def test_a_user_with_a_login_of_its_own(start, postgres_url):
    server = start("--database", postgres_url, "--user", f"app=front:{PASSWORD}")
    with postgres(server, token(server.postgres)) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("front",)
    server = start("--database", postgres_url, "--user", "app=front:wrong")
    said = refused(postgres, server, token(server.postgres))
    assert 'password authentication failed for user "front"' in said


def test_copy_and_large_rows_and_cancelling(start, postgres_url):
    server = start("--database", postgres_url, "--user", "app=front")
    with postgres(server, token(server.postgres)) as connection:
        connection.execute("CREATE TEMP TABLE t (n int, text text)")
        with connection.cursor().copy("COPY t FROM STDIN") as copy:
            for n in range(20_000):
                copy.write_row((n, "x" * 100))
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (20_000,)
        text = connection.execute("SELECT repeat('y', 8000000)").fetchone()
        assert text == ("y" * 8_000_000,)
        threading.Timer(0.3, connection.cancel).start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(30)")


def test_a_bad_token_reaches_no_database(start, postgres_url):
    server = start("--database", postgres_url, "--user", "app=front")
    with postgres(server, token(server.postgres)) as connection:
        count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'front'"
        assert connection.execute(count).fetchone() == (1,)
        refused(postgres, server, token(server.postgres)[:-1])
        assert connection.execute(count).fetchone() == (1,)


def test_mariadb_behind(start, mysql_url, tmp_path):
    server = start("--database", mysql_url, "--user", "app")
    connection = mysql(server, token(server.mysql), local_infile=True)
    cursor = connection.cursor()
    cursor.execute("SELECT CURRENT_USER(), DATABASE()")
    assert cursor.fetchone() == ("front@%", "app")
    cursor.execute("SELECT REPEAT('y', 8000000)")
    assert len(cursor.fetchone()[0]) == 8_000_000
    cursor.execute("CREATE TEMPORARY TABLE t (n int)")
    cursor.executemany("INSERT INTO t VALUES (%s)", [(n,) for n in range(1000)])
    cursor.execute("SELECT SUM(n) FROM t")
    assert cursor.fetchone() == (499500,)
    connection.close()
    assert "Access denied for user 'app'@" in refused(mysql, server, token(server.mysql)[:-1])


def test_the_clients_of_mariadb_and_postgres(start, mysql_url, postgres_url):
    server = start("--database", mysql_url, "--database", postgres_url, "--user", "app=front")
    database = server.mysql
    done = subprocess.run(
        [
            *(shutil.which("mariadb"), "--no-defaults", "--protocol=tcp", "-N"),
            *(f"--host={database.host}", f"--port={database.port}", f"--user={database.user}"),
            *(f"--ssl-ca={server.ca}", "--ssl-verify-server-cert", database.database),
            *("-e", "SELECT 'in', CURRENT_USER(); SELECT 2"),
        ],
        env={**os.environ, "MYSQL_PWD": token(database)},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.returncode) == ("in\tfront@%\n2\n", 0), done.stderr
    database = server.postgres
    where = f"host={database.host} port={database.port} user={database.user} dbname=app"
    done = subprocess.run(
        [
            *("psql", "-XAt", f"{where} sslmode=verify-full sslrootcert={server.ca}"),
            *("-c", "SELECT current_user", "-c", "\\c", "-c", "SELECT 2"),
        ],
        env={**os.environ, "PGPASSWORD": token(database)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[0::2] == ["front", "2"], done.stderr


def test_a_database_that_is_not_there(start):
    server = start(
        *("--database", "postgres://app:x@127.0.0.1:1/app"),
        *("--database", "mysql://app:x@127.0.0.1:1/app"),
    )
    said = refused(postgres, server, token(server.postgres))
    assert "the database behind, 127.0.0.1:1: Connection refused" in said
    said = refused(mysql, server, token(server.mysql))
    assert "The database behind, 127.0.0.1:1: Connection refused" in said
