"""What a user passes is passed on: every keyword of every driver, with a value not its own."""

import asyncio
import dataclasses
import importlib
import inspect
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rdsiam
from families import refused
from support import STATIC, run_python

# Where each driver begins, and what stands there instead.
INNERMOST = {
    "psycopg": "psycopg:Connection.connect",
    "psycopg async": "psycopg:AsyncConnection.connect",
    "psycopg2": "psycopg2:connect",
    "asyncpg": "asyncpg:connect",
    "pg8000": "pg8000.dbapi:connect",
    "pymysql": "pymysql.connections:Connection.__init__",
    "aiomysql": "aiomysql.connection:Connection.__init__",
    "asyncmy": "asyncmy.connection:Connection.__init__",
    "mysql_connector": "mysql.connector.connection:MySQLConnection.__init__",
    "mysql_connector_aio": "mysql.connector.aio.connection:MySQLConnection.__init__",
    "mysqlclient": "MySQLdb.connections:Connection.__init__",
}
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


class Stop(Exception):
    """The driver is not called."""


def parameters(function: Callable[..., Any]) -> dict[str, Any]:
    return {name: p.default for name, p in inspect.signature(function).parameters.items()}


def keywords(name: str) -> dict[str, Any]:
    """Each keyword of a driver with its default."""
    import aiomysql
    import asyncmy.connection
    import asyncpg
    import mysql.connector.aio.connection
    import mysql.connector.constants
    import MySQLdb.connections
    import pg8000.dbapi
    import psycopg
    import pymysql

    libpq = {o.keyword.decode(): None for o in psycopg.pq.Conninfo.get_defaults()}
    mysqldb = ("sql_mode collation use_unicode cursorclass binary_prefix multi_statements conv "
        "executemany_fallback autocommit init_command connect_timeout local_infile compress "
        "client_flag charset read_timeout write_timeout")  # fmt: skip
    found: dict[str, dict[str, Any]] = {
        "psycopg": {**libpq, **parameters(psycopg.Connection.connect)},
        "psycopg async": {**libpq, **parameters(psycopg.AsyncConnection.connect)},
        "psycopg2": {**libpq, "connection_factory": None, "cursor_factory": None},
        "asyncpg": parameters(asyncpg.connect),
        "pg8000": parameters(pg8000.dbapi.connect),
        "pymysql": parameters(pymysql.connections.Connection.__init__),
        "aiomysql": parameters(aiomysql.connect),
        "asyncmy": parameters(asyncmy.connection.Connection.__init__),
        "mysql_connector": dict(mysql.connector.constants.DEFAULT_CONFIGURATION),
        "mysql_connector_aio": parameters(mysql.connector.aio.connection.MySQLConnection.__init__),
        "mysqlclient": {
            **dict.fromkeys(mysqldb.split(), "its own"),
            # Since 2.3.
            **parameters(getattr(MySQLdb.connections.Connection, "_set_attributes", int.__init__)),
        },
    }
    own = LOGIN | TLS | ELSEWHERE | SETTLED
    assert len(found[name]) > 12, name
    return {key: value for key, value in found[name].items() if key not in own}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    from test_ca import certificate

    return certificate(tmp_path_factory.mktemp("ca"), "/CN=any authority")


def received(
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    *arguments: Any,
    connect: Any = None,
    **options: Any,
) -> Any:
    """What the driver is given, by the helper's `connect` or by another one."""
    found: dict[str, Any] = {}
    module_name, _, path = INNERMOST[name].partition(":")
    owner: Any = importlib.import_module(module_name)
    *classes, last = path.split(".")
    for one in classes:
        owner = getattr(owner, one)

    def stop(*arguments: Any, **passed: Any) -> None:
        found.update(passed)
        if name == "aiomysql":
            # Its destructor looks for one.
            arguments[0]._writer = None
        raise Stop

    with monkeypatch.context() as patch:
        # A class's own `connect` is one of psycopg's, which is a method of the class.
        patch.setattr(owner, last, classmethod(stop) if classes and last == "connect" else stop)
        helper: Any = importlib.import_module(f"rdsiam.{name.partition(' ')[0]}")
        if connect is None:
            is_async = name == "psycopg async"
            connect = helper.AsyncConnection.connect if is_async else helper.connect
        with pytest.raises(Stop):
            asyncio.run(wait_for(connect, arguments, options))
    return found


async def wait_for(connect: Any, arguments: "tuple[Any, ...]", options: dict[str, Any]) -> None:
    made = connect(*arguments, **options)
    if inspect.isawaitable(made):
        await made


def a_cache() -> rdsiam.TokenCache:
    return rdsiam.TokenCache("h.example", 5432, "app", "us-east-1", credentials=STATIC)


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


CONTEXTS = ["pymysql", "aiomysql", "asyncmy", "asyncpg", "pg8000"]


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_context_that_verifies_is_taken(
    name: str, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(cafile=authority)
    key = "ssl_context" if name == "pg8000" else "ssl"
    given = {key: context}
    assert received(name, monkeypatch, cache=a_cache(), **given)[key] is context
    context.check_hostname = False
    with refused(name, "does not verify the server"):
        run(name, cache=a_cache(), **given)
    context.check_hostname = True
    with refused(name, "would verify the certificate for the host that is dialled"):
        run(name, cache=a_cache(), host="tunnel", **given)
    with refused(name, "is off, and the token would be sent in clear"):
        run(name, cache=a_cache(), ca=authority, **{key: False})


def run(name: str, **options: Any) -> None:
    asyncio.run(wait_for(importlib.import_module(f"rdsiam.{name}").connect, (), options))


MYSQL = ["pymysql", "aiomysql", "asyncmy", "mysql_connector", "mysql_connector_aio"]
MYSQL += ["mysqlclient"]


# mysql.connector.aio is given its context when it connects.
GIVEN = [name for name in MYSQL if name != "mysql_connector_aio"]


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize(
    "said",
    [
        {"ssl": {"ca": "CA"}},
        {"ssl": {"ca": "CA", "check_hostname": True, "verify_mode": "required"}},
        {"ssl_ca": "CA"},
        {"ssl_ca": "CA", "ssl_mode": "VERIFY_IDENTITY"},
        {"ssl_ca": "CA", "ssl_verify_cert": True, "ssl_verify_identity": True},
        {"ca": "CA", "ssl_disabled": False, "ssl": True, "ssl_mode": "REQUIRED"},
        {"ca": "CA", "ssl_disabled": "false", "ssl": "true", "ssl_verify_identity": "True"},
        {"ca": Path("CA")},
    ],
)
def test_other_names_of_an_authority(
    name: str, said: dict[str, Any], authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(one) for key, one in value.items()}
        return type(value)(authority) if str(value) == "CA" else value

    found = received(name, monkeypatch, cache=a_cache(), **filled(said))
    if name == "mysql_connector":
        assert found["ssl_ca"] == authority
        assert found["ssl_verify_identity"] is True
    elif name == "mysqlclient":
        assert found["ssl"] == {"ca": authority}
        assert found["ssl_mode"] == "VERIFY_IDENTITY"
    else:
        assert found["ssl"].check_hostname
        assert found["ssl"].cert_store_stats()["x509_ca"] == 1


@pytest.mark.parametrize("name", MYSQL)
@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"ssl": False}, "ssl is off, and the token would be sent in clear"),
        ({"ssl": {"check_hostname": False}}, "ssl does not verify the server"),
        ({"ssl": {"verify_mode": "none"}}, "ssl does not verify the server"),
        ({"ssl": {"cert": "x"}}, "cert of ssl is for a certificate of the client"),
        ({"ssl": {"cipher": "x"}}, "cipher of ssl is not taken"),
        ({"ssl_disabled": True}, "ssl_disabled turns TLS off"),
        ({"ssl_disabled": "true"}, "ssl_disabled turns TLS off"),
        ({"ssl": "off"}, "ssl is off"),
        ({"ssl_verify_cert": "0"}, "ssl_verify_cert is off"),
        ({"ssl_mode": "PREFERRED"}, "ssl_mode is PREFERRED, with which the token could be sent"),
        ({"ssl_mode": "DISABLED"}, "ssl_mode is DISABLED"),
        ({"ssl_verify_identity": False}, "ssl_verify_identity is off"),
        ({"ssl_cert": "x"}, "ssl_cert is for a certificate of the client"),
        ({"ssl_ca": "other"}, "ssl_ca and ca differ"),
        ({"unix_socket": "/run/x"}, "unix_socket reaches a server without TLS"),
        ({"read_default_file": "x"}, "read_default_file could name another server"),
    ],
)
def test_what_would_weaken_tls_is_refused(
    name: str, said: dict[str, Any], what: str, authority: str
) -> None:
    with refused(name, what):
        run(name, cache=a_cache(), ca=authority, **said)


@pytest.mark.parametrize("name", ["psycopg", "psycopg2"])
@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
def test_modes_of_libpq(
    name: str, mode: str, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that connect without TLS too are refused; the others are the full check."""
    helper: Any = importlib.import_module(f"rdsiam.{name}")
    for text, options in [("", {"sslmode": mode}), (f"sslmode={mode}", {})]:
        if mode in ("require", "verify-ca"):
            found = received(name, monkeypatch, text, cache=a_cache(), ca=authority, **options)
            assert found["sslmode"] == "verify-full"
            continue
        with refused(name, f"sslmode is {mode}, with which the token could be sent in clear"):
            helper.connect(text, cache=a_cache(), ca=authority, **options)
    monkeypatch.setenv("PGSSLMODE", mode)
    if mode not in ("require", "verify-ca"):
        with refused(name, f"sslmode is {mode}"):
            helper.connect(cache=a_cache(), ca=authority)
    with refused(name, "gssencmode could encrypt in place of TLS"):
        helper.connect(cache=a_cache(), ca=authority, sslmode="verify-full", gssencmode="prefer")


@pytest.mark.parametrize("name", [*GIVEN, "psycopg", "psycopg2", "asyncpg", "pg8000"])
def test_the_authorities_of_the_system(
    name: str, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncpg

    takes = parameters(asyncpg.connect)
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    ways: list[dict[str, Any]] = [{"ca": "system"}]
    if "pg" in name and name != "pg8000":
        ways.append({"sslrootcert": "system"})
    for said in ways:
        found = received(name, monkeypatch, cache=a_cache(), **said)
        if name == "asyncpg":
            assert found.keys() <= takes.keys()
        if name in CONTEXTS:
            context = found["ssl_context" if name == "pg8000" else "ssl"]
            assert context.verify_mode == ssl.CERT_REQUIRED
            assert context.cert_store_stats()["x509_ca"] >= 1
        else:
            file = found.get("sslrootcert") or found.get("ssl_ca") or found["ssl"]["ca"]
            assert file == authority


URLS = {
    "pymysql": "mysql+pymysql://app@h.example/app?ssl_ca={}&ssl_check_hostname=true",
    "aiomysql": "mysql+aiomysql://app@h.example/app?ssl_ca={}",
    "asyncmy": "mysql+asyncmy://app@h.example/app?ssl_ca={}",
    "mysqlclient": "mysql+mysqldb://app@h.example/app?ssl_ca={}&ssl_mode=VERIFY_IDENTITY",
    "mysql_connector": "mysql+mysqlconnector://app@h.example/app?ssl_ca={}",
    "psycopg": "postgresql+psycopg://app@h.example/app?sslmode=require&sslrootcert={}",
    "psycopg2": "postgresql+psycopg2://app@h.example/app?sslmode=verify-ca&sslrootcert={}",
    "asyncpg": "postgresql+asyncpg://app@h.example/app?ssl=require",
}


@pytest.mark.parametrize("name", URLS)
def test_a_url_of_sqlalchemy_names_the_authority(
    name: str, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlalchemy

    import rdsiam.sqlalchemy

    def connect(**options: Any) -> Any:
        async def opened() -> None:
            async with rdsiam.sqlalchemy.create_async_engine(url, connect_args=options).connect():
                pass

        if name in ("aiomysql", "asyncmy", "asyncpg"):
            return opened()
        return rdsiam.sqlalchemy.create_engine(url, connect_args=options).connect()

    url = sqlalchemy.make_url(URLS[name].format(authority))
    # asyncpg's URL has no word for it.
    monkeypatch.setenv("PGSSLROOTCERT", authority)
    login = {"credentials": STATIC, "region": "us-east-1"}
    found = received(name, monkeypatch, connect=connect, **login)
    given = found.get("ssl") or found.get("ssl_ca") or found["sslrootcert"]
    if isinstance(given, ssl.SSLContext):
        assert given.check_hostname
        assert given.cert_store_stats()["x509_ca"] == 1
    else:
        assert given in (authority, {"ca": authority})
    assert found.get("sslmode", "verify-full") == "verify-full"
    assert found.get("ssl_mode", "VERIFY_IDENTITY") == "VERIFY_IDENTITY"
    assert found.get("ssl_verify_identity", True) is True


def test_helpers_are_there_without_an_import_of_their_own() -> None:
    program = (
        "import sys, rdsiam; assert not any(m.startswith('psycopg') for m in sys.modules);"
        "assert rdsiam.psycopg.connect is rdsiam.psycopg.Connection.connect or True;"
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
