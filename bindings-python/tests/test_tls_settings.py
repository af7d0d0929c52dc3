"""What users call TLS: what is heard, what is refused, and that the full check is what is left."""

import asyncio
import importlib
import os
import ssl
from pathlib import Path
from typing import Any

import pytest

from helpers import CONTEXTS, HELPERS, MYSQL, POSTGRESQL, refused
from received import a_cache, parameters, received, wait_for
from support import STATIC
from test_ca import FOLDER


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    from test_ca import certificate

    return certificate(tmp_path_factory.mktemp("ca"), "/CN=any authority")


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_context_that_verifies_is_taken(
    name: str, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(cafile=authority)
    key = HELPERS[name].context
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


@pytest.mark.parametrize("name", ["psycopg", "psycopg2"])
def test_libpq_takes_no_context_and_the_message_says_what_it_takes(name: str) -> None:
    with refused(name, "ssl_context is no option of libpq; give the CA certificates as ca"):
        run(name, cache=a_cache(), ssl_context=ssl.create_default_context())


def run(name: str, **options: Any) -> None:
    asyncio.run(wait_for(importlib.import_module(f"rdsiam.{name}").connect, (), options))


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
        ({"ssl_key": "x"}, "ssl_key is for a certificate of the client"),
        ({"ssl_key_password": "x"}, "ssl_key_password is for a certificate of the client"),
        ({"ssl_capath": "/x"}, "ssl_capath is not taken; give ca="),
        ({"ssl": {"key": "x"}}, "key of ssl is for a certificate of the client"),
        ({"ssl": {"password": "x"}}, "password of ssl is for a certificate of the client"),
        ({"ssl": {"capath": "/x"}}, "capath of ssl is not taken"),
        ({"ssl": {"mode": "PREFERRED"}}, "mode of ssl is PREFERRED"),
        ({"ssl": {"verify_mode": ssl.CERT_NONE}}, "ssl does not verify the server"),
        ({"ssl": {"verify_mode": "optional"}}, "ssl does not verify the server"),
        ({"ssl": {"ca": "other"}}, "ssl and ca differ"),
        ({"unix_socket": "/run/x"}, "unix_socket reaches a server without TLS"),
        ({"sock": object()}, "sock reaches a server without TLS"),
        ({"named_pipe": True}, "named_pipe reaches a server without TLS"),
        ({"read_default_file": "x"}, "read_default_file could name another server"),
        ({"read_default_group": "x"}, "read_default_group could name another server"),
        ({"option_files": ["x"]}, "option_files could name another server"),
    ],
)
def test_what_would_weaken_tls_is_refused(
    name: str, said: dict[str, Any], what: str, authority: str
) -> None:
    with refused(name, what):
        run(name, cache=a_cache(), ca=authority, **said)


@pytest.mark.parametrize("name", CONTEXTS)
@pytest.mark.parametrize("file", ["a.pem", "zz.pem"])
def test_a_file_is_not_taken_for_the_word_system(
    name: str, file: str, authority: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = Path(authority).read_text()
    Path(file).write_text(content)
    found = received(name, monkeypatch, cache=a_cache(), ca=file)
    context: ssl.SSLContext = found["ssl_context" if name == "pg8000" else "ssl"]
    assert context.get_ca_certs(binary_form=True) == [ssl.PEM_cert_to_DER_cert(content)]


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_file_without_certificates_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / "empty.pem"
    file.write_text("no certificate")
    with refused(name, "ca cannot be read as certificates"):
        run(name, cache=a_cache(), ca=str(file))


def test_where_openssl_looks_need_not_be_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    found = received("psycopg", monkeypatch, cache=a_cache(), ca="system")
    assert Path(found["sslrootcert"]).is_file()


@pytest.mark.parametrize("name", ["mysqlclient", "mysql_connector"])
@pytest.mark.parametrize("dialled", ["a.example", "z.example"])
def test_another_name_is_not_dialled_where_it_would_be_verified(
    name: str, dialled: str, authority: str
) -> None:
    with refused(name, "sign_host differs from host, which this driver verifies"):
        run(name, cache=a_cache(), host=dialled, ca=authority)


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_renewed_bundle_is_read(
    name: str, authority: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle.pem"

    def trusted() -> list[bytes]:
        found = received(name, monkeypatch, cache=a_cache(), ca=str(bundle))
        context: ssl.SSLContext = found["ssl_context" if name == "pg8000" else "ssl"]
        return context.get_ca_certs(binary_form=True)

    contents = [Path(authority).read_text(), (FOLDER / "us-east-1.pem").read_text()]
    for number, content in enumerate(contents):
        bundle.write_text(content)
        # Two writes may share one tick of the file system's clock.
        os.utime(bundle, (number, number))
        assert trusted() == [ssl.PEM_cert_to_DER_cert(content)]


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
            assert (found["sslmode"], found["gssencmode"]) == ("verify-full", "disable")
            continue
        with refused(name, f"sslmode is {mode}, with which the token could be sent in clear"):
            helper.connect(text, cache=a_cache(), ca=authority, **options)
    monkeypatch.setenv("PGSSLMODE", mode)
    if mode not in ("require", "verify-ca"):
        with refused(name, f"sslmode is {mode}"):
            helper.connect(cache=a_cache(), ca=authority)
    with refused(name, "gssencmode could encrypt in place of TLS"):
        helper.connect(cache=a_cache(), ca=authority, sslmode="verify-full", gssencmode="prefer")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGGSSENCMODE", "prefer")
    with refused(name, "gssencmode could encrypt in place of TLS"):
        helper.connect(cache=a_cache(), ca=authority)


@pytest.mark.parametrize("name", ["psycopg", "psycopg async", "psycopg2"])
def test_libpq_verifies_the_name_that_is_signed_and_dials_the_address(
    name: str, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = {"host": "tunnel.invalid", "hostaddr": "127.0.0.7"}
    found = received(name, monkeypatch, cache=a_cache(), ca=authority, **where)
    assert (found["host"], found["hostaddr"]) == ("h.example", "127.0.0.7")
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.8")
    found = received(name, monkeypatch, cache=a_cache(), ca=authority, host="tunnel.invalid")
    assert (found["host"], found["hostaddr"]) == ("h.example", "127.0.0.8")


@pytest.mark.parametrize("name", [*GIVEN, *POSTGRESQL])
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
            context = found[HELPERS[name].context]
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
