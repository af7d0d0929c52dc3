"""Clients of MySQL and MariaDB through the proxy."""

import contextlib
import secrets
import signal
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import pymysql
import pytest
from conftest import environment, judged, mysql_url, raw, run, standin, to_mysql
from mariadb import MariaDB


@contextlib.contextmanager
def table(connection, name, columns):
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {name} ({columns})")
        try:
            yield cursor
        finally:
            cursor.execute(f"DROP TABLE {name}")


def ask(connection, query, *values):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()


@pytest.mark.parametrize("program", ["mariadb", "mysql"])
def test_the_client_programs_are_logged_in_by_a_token(mysql, program):
    before = judged().count("accepted")
    query = "SELECT CURRENT_USER(); SELECT DATABASE(); SHOW STATUS LIKE 'Ssl_cipher'"
    out = run(mysql.mariadb(program, "app", "-NBe", query), environment())
    assert out.startswith(f"{standin('USER')}@%\napp\n")
    assert "TLS_" in out
    assert judged().count("accepted") == before + 1


def test_mysqldump_and_back(mysql, tmp_path):
    with (
        mysql.connect_mysql() as connection,
        table(connection, "dumped", "x int, t text") as cursor,
    ):
        cursor.execute("INSERT INTO dumped SELECT seq, REPEAT('é', seq) FROM seq_1_to_500")
        out = run(mysql.mariadb("mysqldump", "app", "dumped"), environment())
        cursor.execute("DELETE FROM dumped")
        run(mysql.mariadb("mariadb", "app"), environment(), given=out)
        assert ask(connection, "SELECT COUNT(*), SUM(CHAR_LENGTH(t)) FROM dumped") == (500, 125250)


def test_mysqlslap(mysql):
    more = ["--concurrency=8", "--iterations=3", "--query=SELECT 1", "--create-schema=app"]
    out = run(mysql.mariadb("mysqlslap", *more), environment())
    assert "Number of clients running queries: 8" in out


def test_load_data_local(mysql, tmp_path):
    file = tmp_path / "rows"
    file.write_text("".join(f"{n}\t{'x' * (n % 100)}\n" for n in range(100_000)))
    with (
        mysql.connect_mysql() as connection,
        table(connection, "loaded", "x int, t text") as cursor,
    ):
        cursor.execute(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE loaded")
        assert ask(connection, "SELECT COUNT(*), SUM(LENGTH(t)) FROM loaded") == (
            100_000,
            4_950_000,
        )


def test_a_large_row_and_several_statements_pass(mysql):
    multi = pymysql.constants.CLIENT.MULTI_STATEMENTS
    with mysql.connect_mysql(client_flag=multi) as connection:
        text = ask(connection, "SELECT REPEAT('abc', 5000000)")[0]
        assert len(text) == 15_000_000
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1; SELECT 2")
            assert cursor.fetchone() == (1,)
            assert cursor.nextset()
            assert cursor.fetchone() == (2,)


def test_the_number_of_the_connection_is_the_servers(mysql):
    """By it a client kills its query."""
    with mysql.connect_mysql() as connection:
        assert ask(connection, "SELECT CONNECTION_ID()") == (connection.thread_id(),)


def test_a_query_is_killed_from_another_connection(mysql):
    with mysql.connect_mysql() as sleeping, mysql.connect_mysql() as other:
        kill = f"KILL QUERY {sleeping.thread_id()}"
        timer = threading.Timer(0.5, lambda: other.cursor().execute(kill))
        timer.start()
        began = time.monotonic()
        with contextlib.suppress(pymysql.err.OperationalError):
            ask(sleeping, "SELECT SLEEP(30)")
        assert time.monotonic() - began < 20
        timer.join()


def test_ctrl_c_kills_the_query_of_the_client(mysql):
    client = subprocess.Popen(
        mysql.mariadb("mariadb", "-NB", "-e", "SELECT SLEEP(30)"),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    running = (
        "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(30)'"
    )
    with mysql.connect_mysql() as connection:
        end = time.monotonic() + 20
        while ask(connection, running) == (0,) and time.monotonic() < end:
            time.sleep(0.05)
        client.send_signal(signal.SIGINT)
        client.communicate(timeout=20)
        while ask(connection, running) == (1,) and time.monotonic() < end:
            time.sleep(0.05)
        assert ask(connection, running) == (0,)


def test_a_wrong_password_and_none_are_refused(mysql):
    for wrong in (secrets.token_hex(16), mysql.password[:-1], ""):
        with pytest.raises(pymysql.err.OperationalError) as failed:
            mysql.connect_mysql(password=wrong)
        assert failed.value.args[0] == 1045
        assert "the password is not the one of this listener" in failed.value.args[1]


def test_another_user_is_told_whose_listener_it_is(mysql):
    with pytest.raises(pymysql.err.OperationalError, match="this listener logs in as app_iam"):
        mysql.connect_mysql(user="root")


def test_the_refusal_of_the_server_is_told_in_its_own_words(mysql, start, keys):
    with pytest.raises(pymysql.err.OperationalError) as failed:
        mysql.connect_mysql(database="not_there")
    assert failed.value.args[0] in (1044, 1049)
    wrong = {**keys, "AWS_SECRET_ACCESS_KEY": "wrong"}
    proxy = start(url=mysql_url(), options=to_mysql(), env=wrong)
    with pytest.raises(pymysql.err.OperationalError) as failed:
        proxy.connect_mysql()
    assert failed.value.args[0] == 1045
    assert "Access denied for user 'app_iam'" in failed.value.args[1]


def test_a_client_that_insists_on_tls_gets_it(start):
    proxy = start("--tls", url=mysql_url(), options=to_mysql())
    more = ["--ssl", "app", "-NBe", "SELECT 1"]
    assert run(proxy.mariadb("mariadb", *more), environment()) == "1\n"
    with proxy.connect_mysql(ssl={"check_hostname": False}) as connection:
        assert ask(connection, "SELECT 1") == (1,)


def test_a_database_that_is_away_is_named(start):
    url = mysql_url().replace(f":{standin('MARIADB_PORT')}/", ":1/")
    proxy = start(url=url, options=to_mysql())
    with pytest.raises(pymysql.err.OperationalError, match=r"port 1: .*refused"):
        proxy.connect_mysql()


def test_logins_wait_for_their_turn_longer_than_a_server_would(start):
    """A server closes a connection whose login does not come in time: the wait is before it."""
    proxy = start("--logins-per-second", "1", url=mysql_url(), options=to_mysql())
    began, outcomes = time.monotonic(), []

    def log_in():
        with proxy.connect_mysql(connect_timeout=60) as connection:
            outcomes.append(ask(connection, "SELECT 1"))

    with server_setting("connect_timeout", 2):
        threads = [threading.Thread(target=log_in) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert outcomes == [(1,)] * 8
    assert time.monotonic() - began > 6


@contextlib.contextmanager
def server_setting(name, value):
    server = MariaDB.found_in(Path(standin("DIR")))
    server.run_sql(f"SET GLOBAL {name} = {value}")
    try:
        yield
    finally:
        server.run_sql(f"SET GLOBAL {name} = DEFAULT")


def aborted(connection):
    return int(ask(connection, "SHOW GLOBAL STATUS LIKE 'Aborted_connects'")[1])


def test_clients_that_hang_up_do_not_block_the_host_at_the_server(mysql):
    """A server blocks a host after a hundred connections in a row that broke before their login."""
    with mysql.connect_mysql() as connection:
        before = aborted(connection)
        for _ in range(20):
            with raw(mysql.port) as client:
                client.recv(200)
        mysql.wait(lambda: mysql.metric("connections") == 1)
        assert aborted(connection) == before


def test_packets_that_lie_are_no_harm(mysql):
    for length in (0, 1, 5, 2**24 - 1):
        with raw(mysql.port) as client:
            client.recv(200)
            with contextlib.suppress(OSError):
                client.sendall(struct.pack("<I", length)[:3] + b"\1" + b"\xff" * 3)
                client.shutdown(socket.SHUT_WR)
                while client.recv(1000):
                    pass
    with mysql.connect_mysql() as connection:
        assert ask(connection, "SELECT 1") == (1,)


def test_drain_waits_for_the_query(start):
    proxy = start("--drain", "10", url=mysql_url(), options=to_mysql())
    found = []
    with proxy.connect_mysql() as connection:
        thread = threading.Thread(
            target=lambda: found.append(ask(connection, "SELECT SLEEP(3), 42"))
        )
        thread.start()
        time.sleep(0.5)
        assert proxy.stop() == 0
        thread.join()
    assert found == [(0, 42)]
