"""Drivers that nobody here wrote log in, and are refused with a bad token."""

import asyncio
import json
import subprocess

import pytest
from conftest import ROOT, mysql, postgres, refused, token


def bad(text):
    return text[:-1] + ("1" if text[-1] == "0" else "0")


def context(server):
    import ssl

    return ssl.create_default_context(cafile=server.ca)


def psycopg2(server, password):
    import psycopg2

    database = server.postgres
    return psycopg2.connect(
        host=database.host,
        port=database.port,
        user=database.user,
        dbname=database.database,
        password=password,
        sslmode="verify-full",
        sslrootcert=server.ca,
        gssencmode="disable",
    )


def pg8000(server, password):
    import pg8000.dbapi

    database = server.postgres
    return pg8000.dbapi.connect(
        host=database.host,
        port=database.port,
        user=database.user,
        database=database.database,
        password=password,
        ssl_context=context(server),
    )


def mysql_connector(server, password):
    import mysql.connector

    database = server.mysql
    return mysql.connector.connect(
        host=database.host,
        port=database.port,
        user=database.user,
        password=password,
        database=database.database,
        ssl_ca=server.ca,
        ssl_verify_identity=True,
        auth_plugin="mysql_clear_password",
        use_pure=True,
    )


def mysqlclient(server, password):
    import MySQLdb

    database = server.mysql
    return MySQLdb.connect(
        host=database.hostaddr,
        port=database.port,
        user=database.user,
        password=password,
        database=database.database,
        ssl={"ca": server.ca},
    )


PG = [postgres, psycopg2, pg8000]
MY = [mysql, mysql_connector, mysqlclient]


@pytest.mark.parametrize("connect", PG + MY, ids=lambda connect: connect.__name__)
def test_a_driver_logs_in_and_asks(start, connect):
    server = start()
    database = server.postgres if connect in PG else server.mysql
    password = token(database)
    connection = connect(server, password)
    cursor = connection.cursor()
    cursor.execute("SELECT current_user, 1, %s, 'it''s'", ("x",))
    user, one, given, text = cursor.fetchone()
    assert (user.split("@")[0], one, given, text) == ("app", 1, "x", "it's")
    connection.commit()
    cursor.execute("SELECT 1 + 1")
    assert tuple(cursor.fetchone()) == (2,)
    connection.rollback()
    connection.close()
    said = refused(connect, server, bad(password))
    words = (
        "PAM authentication failed for user" if connect in PG else "Access denied for user 'app'@"
    )
    assert words in said
    assert [login["accepted"] for login in server.logins()] == [True, False]
    assert server.logins()[1]["reason"] == "bad-signature"


def test_asyncpg(start):
    import asyncpg

    server = start("--database", "none:postgres")
    database = server.postgres

    async def talk(password):
        where = {"host": database.host, "port": database.port, "user": database.user}
        connection = await asyncpg.connect(
            **where, database="app", password=password, ssl=context(server)
        )
        try:
            async with connection.transaction():
                assert await connection.fetchval("SELECT 1") == 1
            row = await connection.fetchrow("SELECT current_user, $1::text, 5000000000, true", "x")
            assert tuple(row) == ("app", "x", 5_000_000_000, True)
            with pytest.raises(asyncpg.FeatureNotSupportedError, match="--database postgres"):
                await connection.fetch("SELECT * FROM app")
            assert await connection.fetchval("SHOW server_version") == "17.2"
            await connection.reset()
        finally:
            await connection.close()
        async with asyncpg.create_pool(
            **where, database="app", password=password, ssl=context(server), min_size=1, max_size=2
        ) as pool:
            assert await pool.fetchval("SELECT 1") == 1

    password = token(database)
    asyncio.run(talk(password))
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match="PAM authentication"):
        asyncio.run(talk(bad(password)))


@pytest.mark.parametrize("keys", ["environment", "container"])
def test_drivers_of_node_with_the_sdk_of_js(start, keys):
    """Its Signer makes the tokens, with keys of variables and of the container endpoint."""
    server = start("--keys", keys)
    databases = json.dumps([database._asdict() for database in server.databases])
    done = subprocess.run(
        ["node", ROOT / "tests/local/drivers.js", databases],
        cwd=ROOT / "bindings-node",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["pg", "postgresJs", "my", "maria"]
    assert [login["accepted"] for login in server.logins()] == [True, False] * 4


@pytest.mark.parametrize("connect", PG + MY, ids=lambda connect: connect.__name__)
def test_another_authority_is_not_trusted(start, connect, tmp_path):
    server, other = start(), start()
    server.ca, wanted = other.ca, server.ca
    assert server.ca != wanted
    with pytest.raises(Exception, match=r"(?i)certificate|ssl"):
        connect(server, token(server.postgres))
    assert server.logins() == []
