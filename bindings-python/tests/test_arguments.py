"""What a user passes is passed on: every keyword of every driver, with a value not its own."""

import asyncio
import dataclasses
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rdsiam
from helpers import named, refused
from received import INNERMOST, a_cache, parameters, received, wait_for
from support import STATIC, run_python

# What a helper says itself, and what it hears or refuses: other tests are about these.
LOGIN = {"host", "hostaddr", "port", "user", "password", "passwd", "username", "password_creator"}
LOGIN |= {"password1", "rdsiam_login"}
TLS = {"ssl", "ssl_context", "sslmode", "sslrootcert", "gssencmode", "ssl_ca", "ssl_cert"}
TLS |= {"ssl_key", "ssl_mode", "ssl_disabled", "ssl_verify_cert", "ssl_verify_identity"}
TLS |= {"ssl_key_password"}
ELSEWHERE = {"unix_sock", "unix_socket", "sock", "named_pipe", "read_default_file"}
ELSEWHERE |= {"read_default_group", "failover", "dns_srv", "option_files", "service"}
ELSEWHERE |= {"servicefile", "dsn"}
# Settled before the driver is called, or names of one thing.
SETTLED = {"self", "args", "kwargs", "conninfo", "cls", "db", "use_pure", "auth_plugin"}


def keywords(name: str) -> dict[str, Any]:
    """Each keyword of a driver with its default."""
    import aiomysql
    import mysql.connector.constants
    import MySQLdb.connections
    import psycopg

    libpq = {o.keyword.decode(): None for o in psycopg.pq.Conninfo.get_defaults()}
    mysqldb = ("sql_mode collation use_unicode cursorclass binary_prefix multi_statements conv "
        "executemany_fallback autocommit init_command connect_timeout local_infile compress "
        "client_flag charset read_timeout write_timeout")  # fmt: skip
    found: dict[str, dict[str, Any]] = {
        "psycopg": {**libpq, **parameters(psycopg.Connection.connect)},
        "psycopg async": {**libpq, **parameters(psycopg.AsyncConnection.connect)},
        "psycopg2": {**libpq, "connection_factory": None, "cursor_factory": None},
        "aiomysql": parameters(aiomysql.connect),
        "mysql_connector": dict(mysql.connector.constants.DEFAULT_CONFIGURATION),
        "mysqlclient": {
            **dict.fromkeys(mysqldb.split(), "its own"),
            # Since 2.3.
            **parameters(getattr(MySQLdb.connections.Connection, "_set_attributes", int.__init__)),
        },
    }
    own = LOGIN | TLS | ELSEWHERE | SETTLED
    # Most say it in their signature.
    taken = found.get(name) or parameters(named(INNERMOST[name])[1])
    assert len(taken) > 12, name
    return {key: value for key, value in taken.items() if key not in own}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    from test_ca import certificate

    return certificate(tmp_path_factory.mktemp("ca"), "/CN=any authority")


@pytest.mark.parametrize("name", INNERMOST)
def test_every_keyword_arrives(name: str, authority: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        # None wherever that is not the default.
        key: object() if default is None else None
        for key, default in keywords(name).items()
    }
    if name.startswith(("psycopg", "mysqlclient")):
        # libpq's own are texts, of which None is none at all; MySQLdb's None is its own.
        given = {key: "another" if value is not None else None for key, value in given.items()}
    if "dbname" in given:
        given["dbname"] = "another"
    found = received(name, monkeypatch, cache=a_cache(), ca=authority, **given)
    missing = {key for key in given if key not in found or found[key] is not given[key]}
    # aiomysql calls it db.
    assert missing <= ({"database"} if name == "aiomysql" else set())


def test_none_is_an_answer(authority: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, key in [
        ("psycopg", "prepare_threshold"),
        ("psycopg async", "prepare_threshold"),
        ("pymysql", "autocommit"),
        ("mysql_connector", "connection_timeout"),
        ("mysqlclient", "autocommit"),
    ]:
        found = received(name, monkeypatch, cache=a_cache(), ca=authority, **{key: None})
        assert found[key] is None, name


@pytest.mark.parametrize("name", INNERMOST)
@pytest.mark.parametrize("empty", [None, ""])
def test_a_password_that_is_empty_is_none(
    name: str, empty: "str | None", authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As frameworks pass it on whose users gave none."""
    found = received(name, monkeypatch, cache=a_cache(), ca=authority, password=empty)
    assert found["user"] == "app"


@pytest.mark.parametrize("name", INNERMOST)
@pytest.mark.parametrize("spelling", ["MyDB.Abc123.us-east-1.RDS.amazonaws.com", "{}."])
def test_a_name_may_have_capitals_and_a_dot(
    name: str, spelling: str, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = "mydb.abc123.us-east-1.rds.amazonaws.com"
    found = received(
        name,
        monkeypatch,
        host=spelling.format(plain),
        user="app",
        ca=authority,
        credentials=STATIC,
    )
    assert found["host"] == plain
    if "password" in found and "mysql_connector" not in name:
        told = rdsiam.explain(str(found["password"]))
        assert told.host == plain
    # Also in a cache, which has it as it was given.
    cache = rdsiam.TokenCache(spelling.format(plain), 5432, "app", credentials=STATIC)
    for more in ({}, {"host": plain}, {"host": spelling.format(plain)}):
        assert received(name, monkeypatch, cache=cache, ca=authority, **more)["host"] == plain


@pytest.mark.parametrize("name", ["psycopg", "pymysql"])
@pytest.mark.parametrize("spelling", ["h.example..", "..", "h..example", ".h.example"])
def test_a_name_with_an_empty_label_is_refused(name: str, spelling: str, authority: str) -> None:
    connect: Any = getattr(rdsiam, name).connect
    login = {"user": "app", "region": "us-east-1", "credentials": STATIC, "ca": authority}
    for wrong in ({"host": spelling}, {"host": "127.0.0.1", "sign_host": spelling}):
        with refused(name, "host has an empty label; check its dots"):
            connect(**login, **wrong)


@pytest.mark.parametrize("name", ["psycopg", "psycopg2"])
def test_database_is_another_name_of_dbname(
    name: str, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for said, expected in [
        ({"database": "one"}, "one"),
        ({"dbname": "one"}, "one"),
        ({"dbname": "one", "database": "two"}, "one"),
    ]:
        found = received(name, monkeypatch, cache=a_cache(), ca=authority, **said)
        assert (found["dbname"], found.get("database")) == (expected, None), said


@pytest.mark.parametrize("name", ["pymysql", "aiomysql", "asyncmy", "mysql_connector"])
def test_short_names_of_mysql_yield_to_the_full_ones(
    name: str, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = {"host": "h.example", "region": "us-east-1", "credentials": STATIC, "ca": authority}
    # aiomysql's own argument is `db`.
    database = "db" if name == "aiomysql" else "database"
    for said, expected in [
        ({"db": "one", "username": "app"}, ("one", "app")),
        ({"db": "two", "database": "one", "username": "b", "user": "a"}, ("one", "a")),
        ({"db": "one", "database": None, "username": "a", "user": None}, ("one", "a")),
    ]:
        found = received(name, monkeypatch, **login, **said)
        assert (found[database], found["user"]) == expected, said


@pytest.mark.parametrize("name", INNERMOST)
def test_an_address_may_have_brackets(
    name: str, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = {"user": "app", "region": "us-east-1", "credentials": STATIC, "ca": authority}
    assert received(name, monkeypatch, host="[::1]", **login)["host"] == "::1"


def signed(name: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Any:
    found = received(name, monkeypatch, user="app", credentials=STATIC, **options)
    return rdsiam.explain(found["password"]), found


@pytest.mark.parametrize(("name", "default"), [("psycopg", 5432), ("asyncpg", 5432)])
def test_behind_a_tunnel_the_default_port_is_signed(
    name: str, default: int, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = "mydb.abc123.us-east-1.rds.amazonaws.com"
    tunnel = {"host": "127.0.0.1", "port": 15432, "ca": authority}
    told, found = signed(name, monkeypatch, **tunnel, sign_host=endpoint)
    assert (told.host, told.port, found["port"]) == (endpoint, default, 15432)
    told, _ = signed(name, monkeypatch, **tunnel, sign_host=endpoint, sign_port=6000)
    assert told.port == 6000
    # Without one, what is dialled is the endpoint.
    told, _ = signed(name, monkeypatch, host=endpoint, port=6001, ca=authority)
    assert told.port == 6001


def test_behind_a_tunnel_the_default_port_of_mysql_is_signed() -> None:
    from rdsiam import _mysql

    options = {"host": "127.0.0.1", "port": 13306, "user": "app", "sign_host": "h.example"}
    wanted, passed = _mysql.plain({**options, "region": "us-east-1"})
    assert isinstance(wanted.tokens, rdsiam.TokenCache)
    assert (wanted.tokens.host, wanted.tokens.port, passed["port"]) == ("h.example", 3306, 13306)


def test_addresses_are_tried_one_by_one(authority: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg
    import psycopg2

    import rdsiam.psycopg
    import rdsiam.psycopg2
    from rdsiam import _libpq

    addresses = [(2, 1, 6, "", (address, 1)) for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2")]
    monkeypatch.setattr(_libpq.socket, "getaddrinfo", lambda *_, **__: addresses)
    tried: list[Any] = []

    def first(error: type[Exception], text: str) -> Callable[..., None]:
        def connect(*_: Any, **passed: Any) -> None:
            tried.append((passed["host"], passed["hostaddr"]))
            raise error(text)

        return connect

    login = {"host": "tunnel", "ca": authority}
    both = [("h.example", "10.0.0.1"), ("h.example", "10.0.0.2")]
    for driver, helper in ((psycopg, rdsiam.psycopg), (psycopg2, rdsiam.psycopg2)):
        with monkeypatch.context() as patch:
            gone = first(driver.OperationalError, "connection refused")
            owner = psycopg.Connection if driver is psycopg else psycopg2
            patch.setattr(owner, "connect", classmethod(gone) if driver is psycopg else gone)
            with pytest.raises(driver.OperationalError, match="connection refused"):
                helper.connect(cache=a_cache(), **login)
            assert tried == both
            tried.clear()
            # A refusal is the server's answer.
            no = first(driver.OperationalError, "PAM authentication failed")
            patch.setattr(owner, "connect", classmethod(no) if driver is psycopg else no)
            with pytest.raises(driver.OperationalError, match="authentication failed"):
                helper.connect(cache=a_cache(), **login)
            assert tried == both[:1]
            tried.clear()


def test_libpq_s_other_ways_to_name_a_server(
    authority: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = "mydb.abc123.us-east-1.rds.amazonaws.com"
    services = tmp_path / "services"
    services.write_text(f"[app]\nhost={endpoint}\nport=6001\nuser=app\n# comment\n")
    monkeypatch.setenv("PGSSLROOTCERT", authority)
    monkeypatch.setenv("PGSERVICEFILE", str(services))

    def told(*arguments: Any, **options: Any) -> Any:
        found = received("psycopg", monkeypatch, *arguments, **options, credentials=STATIC)
        assert found["sslmode"] == "verify-full"
        assert found["sslrootcert"] == authority
        what = rdsiam.explain(found["password"])
        return what.host, what.port, what.user

    assert told(service="app") == (endpoint, 6001, "app")
    assert told("service=app user=other") == (endpoint, 6001, "other")
    assert told(f"postgresql://me@{endpoint}:6002/app?sslmode=require") == (endpoint, 6002, "me")
    monkeypatch.setenv("PGSERVICE", "app")
    assert told() == (endpoint, 6001, "app")
    monkeypatch.delenv("PGSERVICE")
    for name, value in [("PGHOST", endpoint), ("PGPORT", "6003"), ("PGUSER", "env")]:
        monkeypatch.setenv(name, value)
    assert told() == (endpoint, 6003, "env")
    assert told(user="me", port=6004) == (endpoint, 6004, "me")
    for name in ("psycopg2", "asyncpg"):
        found = received(name, monkeypatch, credentials=STATIC, ca=authority)
        assert rdsiam.explain(found["password"]).user == "env"
    with refused("psycopg", "service is gone, which is in none of"):
        rdsiam.psycopg.connect(service="gone")


def test_a_url_of_asyncpg(authority: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncpg  # noqa: F401

    endpoint = "mydb.abc123.us-east-1.rds.amazonaws.com"
    url = f"postgresql://a%40b@{endpoint}:6001/app?sslmode=verify-full&sslrootcert={authority}"
    found = received("asyncpg", monkeypatch, url, credentials=STATIC, direct_tls=True)
    told = rdsiam.explain(found["password"])
    assert (told.host, told.port, told.user) == (endpoint, 6001, "a@b")
    assert found["direct_tls"] is True
    assert found["ssl"].verify_mode == ssl.CERT_REQUIRED
    for text, what in [
        (url.replace("verify-full", "prefer"), "sslmode is prefer, with which the token"),
        (url.replace("a%40b@", "a:secret@"), "password is what the token is for"),
        (url.replace(":6001", ":1,other:2"), "several hosts"),
        ("host=x", "dsn is not a URL"),
        (url.replace(endpoint, "[::1"), "host or port of dsn cannot be read"),
        (url.replace(":6001", ":port"), "host or port of dsn cannot be read"),
    ]:
        with refused("asyncpg", what):
            asyncio.run(wait_for(rdsiam.asyncpg.connect, (text,), {"credentials": STATIC}))


def test_helpers_are_there_without_an_import_of_their_own() -> None:
    program = (
        "import sys, rdsiam; assert not any(m.startswith('psycopg') for m in sys.modules);"
        "print(rdsiam.psycopg.__name__, rdsiam.pymysql.connect.__name__, rdsiam.sqlalchemy)"
    )
    done = run_python("-c", program)
    assert done.stdout.startswith("rdsiam.psycopg Connection <module"), done.stderr


def test_credentials_of_a_helper_have_a_cache_of_their_own() -> None:
    from rdsiam import _connect

    def wanted(**options: Any) -> Any:
        login = {"host": "h.example", "user": "app", "region": "us-east-1", **options}
        return _connect.login(login, 5432).tokens

    other = {**STATIC, "access_key_id": "AKIDOTHER"}
    first = wanted(credentials=dict(STATIC))
    assert wanted(credentials=dict(STATIC)) is first
    assert wanted(credentials=other) is not first
    assert "AKIDOTHER" in wanted(credentials=other).get_token()

    def provider() -> dict[str, str]:
        return other

    assert wanted(credentials=provider) is wanted(credentials=provider)

    @dataclasses.dataclass  # which has no hash
    class Keys:
        access_key_id: str
        secret_access_key: str

    keys = Keys("AKIDTHIRD", "SECRET")
    assert wanted(credentials=keys) is wanted(credentials=keys)
    assert "AKIDTHIRD" in wanted(credentials=keys).get_token()
    assert wanted() is wanted()
