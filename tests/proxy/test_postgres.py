"""Clients of PostgreSQL through the proxy: all that they do passes untouched."""

import contextlib
import os
import signal
import struct
import subprocess
import threading
import time
from pathlib import Path

import psycopg
import pytest
from conftest import judged, postgres_url, raw, run, standin, to_postgres


@contextlib.contextmanager
def table(connection, name, columns="x int"):
    connection.execute(f"CREATE TABLE {name} ({columns})")
    try:
        yield name
    finally:
        connection.execute(f"DROP TABLE {name}")


def test_psql_is_logged_in_by_a_token(postgres):
    before = judged().count("accepted")
    query = "SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    out = run(["psql", "-XAtc", query], postgres.libpq())
    assert out == f"{standin('USER')}|t\n"
    assert judged().count("accepted") == before + 1


def test_psql_connects_again(postgres):
    out = run(["psql", "-XAtq"], postgres.libpq(), given="SELECT 1;\n\\c\nSELECT 2;\n\\c app\n")
    assert [line for line in out.splitlines() if line in "12"] == ["1", "2"]


def test_parameters_of_the_client_reach_the_server(postgres):
    options = "-c statement_timeout=4321ms -c datestyle=German"
    with postgres.connect(application_name="seen", options=options) as connection:
        shown = [
            connection.execute(f"SHOW {name}").fetchone()[0]
            for name in ("application_name", "statement_timeout", "datestyle")
        ]
    assert shown == ["seen", "4321ms", "German, DMY"]


def test_a_big_table_is_copied_in_and_out(postgres, tmp_path):
    """50 MB each way, in lines that differ, and the same bytes back."""
    rows = tmp_path / "rows"
    with rows.open("w") as file:
        file.writelines(f"{n}\t{'x' * (n % 200)}\n" for n in range(500_000))
    with postgres.connect() as connection, table(connection, "big", "n int, t text"):
        run(["psql", "-Xqc", rf"\copy big FROM '{rows}'"], postgres.libpq())
        back = tmp_path / "back"
        run(["psql", "-Xqc", rf"\copy (TABLE big ORDER BY n) TO '{back}'"], postgres.libpq())
    assert back.read_bytes() == rows.read_bytes()


def test_pg_dump_with_four_jobs_and_pg_restore(postgres, tmp_path):
    env, dump = postgres.libpq(), tmp_path / "dump"
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(postgres.connect())
        for n in range(8):
            stack.enter_context(table(connection, f"many_{n}"))
            connection.execute(f"INSERT INTO many_{n} SELECT generate_series(1, 1000)")
        run(["pg_dump", "-j", "4", "-Fd", "-f", dump, "-t", "many_*"], env)
        connection.execute("TRUNCATE many_7")
        run(["pg_restore", "-j", "4", "--clean", "-d", "app", dump], env)
        assert connection.execute("SELECT count(*) FROM many_7").fetchone() == (1000,)


def test_pgbench(postgres):
    env = postgres.libpq()
    run(["pgbench", "-iq", "-s", "1"], env)
    for more in (["-S", "-M", "prepared"], ["-M", "extended"], ["-S", "-C", "-t", "5"]):
        out = run(["pgbench", "-n", "-c", "4", "-j", "2", "-t", "20", *more], env)
        assert "number of failed transactions: 0 " in out
    tables = ", ".join(f"pgbench_{name}" for name in ("accounts", "branches", "history", "tellers"))
    run(["psql", "-Xqc", f"DROP TABLE {tables}"], env)


def test_a_large_row_passes(postgres):
    with postgres.connect() as connection:
        text = connection.execute("SELECT repeat('abc', 10000000)").fetchone()[0]
        assert len(text) == 30_000_000
        echoed = connection.execute("SELECT %s::text", [text]).fetchone()[0]
    assert echoed == text


def test_a_pipeline_and_prepared_statements(postgres):
    with postgres.connect(prepare_threshold=0) as connection, connection.pipeline():
        found = [connection.execute("SELECT %s::int", [n]) for n in range(500)]
        assert [one.fetchone()[0] for one in found] == list(range(500))


def test_notifications_arrive_while_nothing_is_asked(postgres):
    with postgres.connect() as listening, postgres.connect() as telling:
        listening.execute("LISTEN here")
        timer = threading.Timer(0.3, telling.execute, ["NOTIFY here, 'hello'"])
        timer.start()
        (got,) = listening.notifies(timeout=20, stop_after=1)
        timer.join()
    assert got.payload == "hello"


def test_a_query_is_cancelled_at_its_own_server(postgres):
    with postgres.connect() as sleeping, postgres.connect() as other:
        timer = threading.Timer(0.5, sleeping.cancel)
        timer.start()
        began = time.monotonic()
        with pytest.raises(psycopg.errors.QueryCanceled):
            sleeping.execute("SELECT pg_sleep(30)")
        assert time.monotonic() - began < 20
        timer.join()
        assert other.execute("SELECT 1").fetchone() == (1,)
    assert postgres.metric("cancels_total") >= 1


def test_ctrl_c_cancels_the_query_of_psql(postgres):
    script = "\\echo begun\nSELECT pg_sleep(30);\nSELECT 7;\n"
    psql = subprocess.Popen(
        ["psql", "-XAtq"],
        env=postgres.libpq(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    psql.stdin.write(script)
    psql.stdin.flush()
    assert psql.stdout.readline() == "begun\n"
    time.sleep(0.5)
    psql.send_signal(signal.SIGINT)
    out, error = psql.communicate(timeout=25)
    assert "canceling statement due to user request" in error
    # A script ends there; the server did not end the session.
    assert psql.returncode in (0, 3), (out, error)


def test_a_key_to_cancel_that_is_nobodys_is_ignored(postgres):
    before = postgres.metric("cancels_total")
    with raw(postgres.port) as client:
        client.sendall(struct.pack(">IIII", 16, 80877102, 1, 2))
        assert client.recv(1) == b""
    assert postgres.metric("cancels_total") == before


def test_a_login_for_replication_reaches_the_server(postgres):
    """RDS takes no token for it, and the server's own answer says that this one does not either."""
    command = ["psql", "-XAtc", "IDENTIFY_SYSTEM", "replication=database dbname=app"]
    done = subprocess.run(command, env=postgres.libpq(), capture_output=True, text=True)
    assert "must be superuser or replication role to start walsender" in done.stderr


def test_the_refusal_of_the_server_is_told_in_its_own_words(postgres):
    with pytest.raises(psycopg.OperationalError) as failed:
        postgres.connect(dbname="not_there")
    assert 'database "not_there" does not exist' in str(failed.value)
    with pytest.raises(psycopg.OperationalError, match="invalid value for parameter"):
        postgres.connect(options="-c datestyle=nonsense")


def test_a_refused_token_is_told_in_the_servers_own_words(start, keys):
    wrong = {**keys, "AWS_SECRET_ACCESS_KEY": "wrong"}
    proxy = start(env=wrong)
    with pytest.raises(psycopg.OperationalError) as failed:
        proxy.connect()
    assert f'FATAL:  PAM authentication failed for user "{standin("USER")}"' in str(failed.value)
    proxy.wait(lambda: proxy.logged("refused"))
    (line,) = proxy.logged("refused")
    assert line["message"].startswith("28")
    assert proxy.metric("logins_total", result="refused") == 1
    # A token that was signed for this login is not tried twice.
    assert proxy.metric("login_retries_total") == 0


def write_keys(path, name):
    path.write_text(
        "[default]\n"
        f"aws_access_key_id = {standin(f'{name}ACCESS_KEY_ID')}\n"
        f"aws_secret_access_key = {standin(f'{name}SECRET_ACCESS_KEY')}\n"
        + (f"aws_session_token = {standin('SESSION_TOKEN')}\n" if not name else "")
    )


def test_a_token_from_before_is_replaced_once_when_it_is_refused(start, tmp_path):
    """The keys are replaced, and the server no longer knows those of the cached token."""
    file = tmp_path / "credentials"
    write_keys(file, "STATIC_")
    proxy = start(env={"AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_CONFIG_FILE": "/dev/null"})
    with proxy.connect():
        pass
    time.sleep(1.1)
    write_keys(file, "")
    config = Path(standin("CONFIG"))
    known = config.read_text()
    try:
        config.write_text(known.replace(standin("STATIC_ACCESS_KEY_ID"), "AKIANOBODY"))
        with proxy.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        config.write_text(known)
    assert proxy.metric("login_retries_total") == 1
    assert proxy.metric("logins_total", result="ok") == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (["--sign-host", "other.abc123xyz.us-east-1.rds.amazonaws.com"], "certificate"),
        (["--ca", "/etc/ssl/certs/ca-certificates.crt"], "certificate"),
    ],
)
def test_no_token_goes_to_a_server_that_is_not_verified(start, wrong, words):
    options = to_postgres()
    at = options.index(wrong[0])
    options[at : at + 2] = wrong
    before = judged()
    proxy = start(options=options)
    with pytest.raises(psycopg.OperationalError, match=words):
        proxy.connect()
    assert judged() == before
    assert proxy.metric("logins_total", result="failed") == 1


def test_a_database_that_is_away_and_credentials_that_are_missing_are_named(start, tmp_path):
    url = postgres_url().replace(f":{standin('PORT')}/", ":1/")
    proxy = start(url=url)
    with pytest.raises(psycopg.OperationalError, match=r"port 1: .*refused"):
        proxy.connect()
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    proxy = start(env={**nothing, "AWS_EC2_METADATA_DISABLED": "true"})
    with pytest.raises(psycopg.OperationalError, match="credentials"):
        proxy.connect()
    status, text = proxy.ask("/readiness")
    assert status == 503
    assert "credentials" in text
