"""A MySQL of MySQL behind `rdsiam local`, and that behind the proxy: `make test-mysql-server`."""

import json
import os

import conftest
import pymysql
import pytest
from conftest import ROOT, environment, run, running
from idle import load_testing
from mysql_server import MySQL


@pytest.fixture(scope="module")
def rds():
    os.environ["RDSIAM_COMMAND"] = conftest.COMMAND
    with (
        MySQL() as server,
        load_testing().local("--quiet", "--database", server.url, "--user", "app") as local,
    ):
        yield local


@pytest.fixture(scope="module")
def proxy(rds, tmp_path_factory):
    database = rds.mysql
    url = f"mysql://{database.user}@{database.host}:{database.port}/app"
    folder = tmp_path_factory.mktemp("proxy")
    with running(folder, url, ["--ca", rds.ca], rds.environment) as proxy:
        yield proxy


def login(proxy, **more):
    to = {"host": "127.0.0.1", "port": proxy.port, "user": "app", "database": "app"}
    return {**to, "password": proxy.password, **more}


def connect(proxy, **more):
    return pymysql.connect(**login(proxy, **more))


def ask(connection, query, *values):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()


def test_a_token_and_no_other_password_logs_in(rds):
    database = rds.mysql
    command = [conftest.COMMAND, "token", "-h", database.host, "-p", database.port, "-U", "app"]
    token = run(command, environment(**rds.environment)).strip()
    to = {"host": database.host, "port": database.port, "user": "app", "database": "app"}
    with pymysql.connect(**to, password=token, ssl={"ca": rds.ca}) as connection:
        user, version, comment = ask(connection, "SELECT USER(), VERSION(), @@version_comment")
        assert user.startswith("front@")
        assert "MariaDB" not in version + comment
    with pytest.raises(pymysql.err.OperationalError, match="Access denied for user 'app'"):
        pymysql.connect(**to, password=token[:-1], ssl={"ca": rds.ca})


def test_a_large_row_a_transaction_and_a_refusal_pass_through_the_proxy(proxy):
    with connect(proxy) as connection:
        assert len(ask(connection, "SELECT REPEAT('abc', 5000000)")[0]) == 15_000_000
        ask(connection, "CREATE TABLE made (x int)")
        ask(connection, "INSERT INTO made VALUES (1)")
        connection.rollback()
        assert ask(connection, "SELECT COUNT(*) FROM made") == (0,)
        assert ask(connection, "SELECT CONNECTION_ID()") == (connection.thread_id(),)
    with pytest.raises(pymysql.err.OperationalError, match="Unknown database 'not_there'"):
        connect(proxy, database="not_there")
    with pytest.raises(pymysql.err.OperationalError, match="the password is not the one"):
        connect(proxy, password="wrong")


def test_the_client_program_and_mysql2_pass(proxy):
    words = ["mysql", "--no-defaults", "--protocol=TCP", "-h127.0.0.1", f"-P{proxy.port}", "-uapp"]
    words += [f"-p{proxy.password}", "app", "-NBe", "SELECT 40 + 2"]
    assert run(words, environment()) == "42\n"
    script = (
        'require("mysql2/promise").createConnection(JSON.parse(process.env.TO)).then(async (c) => {'
        'console.log((await c.execute("SELECT ? + 1 AS x", [41]))[0][0].x); await c.end(); })'
    )
    env = environment(TO=json.dumps(login(proxy)))
    assert run(["node", "-e", script], env, cwd=ROOT / "bindings-node") == "42\n"
