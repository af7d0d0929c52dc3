"""Each helper raises what its driver's and its framework's users catch."""

import asyncio
import importlib
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
import trio

import rdsiam
import rdsiam.sqlalchemy
from helpers import ASYNC, CONTEXTS, HELPERS, family, refused
from support import STATIC

# To these the file is given as a context; the others are given the file.
GIVEN_A_CONTEXT = [*CONTEXTS, "mysql_connector_aio"]
ENDPOINT = "mydb.abc123.us-east-1.rds.amazonaws.com"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    from test_ca import certificate

    return certificate(tmp_path_factory.mktemp("ca"), "/CN=any authority")


def run(name: str, **options: Any) -> Any:
    connect = importlib.import_module(f"rdsiam.{name}").connect
    if name not in ASYNC:
        return connect(**options)

    async def main() -> Any:
        return await connect(**options)

    return asyncio.run(main())


@pytest.mark.parametrize("name", HELPERS)
def test_without_credentials_it_is_the_driver_s_error(name: str, authority: str) -> None:
    login = {"host": ENDPOINT, "user": "app", "ca": authority}
    with refused(name, "credentials", rdsiam.CredentialsNotFoundError):
        run(name, **login)


@pytest.mark.parametrize("name", HELPERS)
def test_an_error_of_another_signer_is_the_cause_of_the_cause(name: str, authority: str) -> None:
    class Client:
        def generate_db_auth_token(self, **_: Any) -> str:
            raise LookupError("no keys here")

    cache = rdsiam.DatabaseTokenCache(Client(), ENDPOINT, 5432, "app")  # type: ignore[arg-type]
    login = {"host": ENDPOINT, "user": "app", "ca": authority}
    with pytest.raises(family(name), match="LookupError: no keys here") as raised:
        run(name, cache=cache, **login)
    ours = raised.value.__cause__
    assert isinstance(ours, rdsiam.CredentialsProviderError)


@pytest.mark.parametrize("name", HELPERS)
def test_without_certificates_it_is_the_driver_s_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RDSIAM_CA_BUNDLE", str(tmp_path / "none"))
    with refused(name, "no certificates of RDS"):
        run(name, host=ENDPOINT, user="app", credentials=STATIC)


@pytest.mark.parametrize("name", GIVEN_A_CONTEXT)
@pytest.mark.parametrize(
    "text", ["", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"]
)
def test_a_file_without_certificates(name: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(text)
    with refused(name, "ca cannot be read as certificates"):
        run(name, host=ENDPOINT, user="app", ca=file, credentials=STATIC)


@pytest.mark.parametrize("name", ["psycopg", "psycopg2"])
def test_a_name_that_does_not_resolve(name: str, authority: str) -> None:
    login = {"host": "tunnel.invalid", "sign_host": ENDPOINT, "user": "app"}
    with pytest.raises(family(name)) as raised:
        run(name, **login, credentials=STATIC, ca=authority)
    assert isinstance(raised.value.__cause__, OSError)


def pools() -> dict[str, Any]:
    import rdsiam.aiomysql
    import rdsiam.asyncmy
    import rdsiam.psycopg

    return {
        "psycopg": rdsiam.psycopg.AsyncConnection.connect,
        "aiomysql": rdsiam.aiomysql.create_pool,
        "asyncmy": rdsiam.asyncmy.create_pool,
    }


@pytest.mark.parametrize("name", [*ASYNC, *(f"{name} class or pool" for name in pools())])
def test_in_trio_the_driver_s_error_says_what_to_do(name: str, authority: str) -> None:
    helper = name.partition(" ")[0]
    connect = importlib.import_module(f"rdsiam.{helper}").connect
    if helper != name:
        connect = pools()[helper]

    async def main() -> None:
        await connect(host=ENDPOINT, user="app", ca=authority, credentials=STATIC)

    with refused(helper, "the driver runs in asyncio, and this task is one of trio"):
        trio.run(main)


DIALECTS = {
    "postgresql+psycopg": False,
    "postgresql+psycopg2": False,
    "postgresql+psycopg_async": True,
    "postgresql+asyncpg": True,
    "postgresql+pg8000": False,
    "mysql+pymysql": False,
    "mysql+aiomysql": True,
    "mysql+asyncmy": True,
    "mysql+mysqldb": False,
    "mysql+mysqlconnector": False,
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_sqlalchemy_s_users_catch_its_errors(dialect: str, authority: str) -> None:
    async def main() -> None:
        if DIALECTS[dialect]:
            await rdsiam.sqlalchemy.create_async_engine(url, connect_args=more).connect()
        else:
            rdsiam.sqlalchemy.create_engine(url, connect_args=more).connect()

    url, more = f"{dialect}://app@{ENDPOINT}/app", {"ca": authority}
    with pytest.raises(sqlalchemy.exc.OperationalError, match="credentials") as raised:
        asyncio.run(main())
    error: BaseException | None = raised.value.orig
    while error is not None and not isinstance(error, rdsiam.RdsIamError):
        error = error.__cause__
    assert isinstance(error, rdsiam.CredentialsNotFoundError)


@pytest.mark.parametrize(
    ("url", "options", "text"),
    [
        ("postgresql+psycopg://app@h/app", {"creator": lambda: None}, "creator makes the conn"),
        ("sqlite://", {}, "no helper for the driver pysqlite"),
    ],
)
def test_an_engine_that_cannot_have_tokens(url: str, options: dict[str, Any], text: str) -> None:
    with pytest.raises(sqlalchemy.exc.ArgumentError, match=text) as raised:
        rdsiam.sqlalchemy.create_engine(url, **options)
    assert isinstance(raised.value.__cause__, rdsiam.InvalidArgumentError)


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_makemigrations_without_credentials_warns_as_django_does(
    engine: str, authority: str, tmp_path: Path
) -> None:
    from support import run_python

    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "models.py").write_text(
        "from django.db import models\nclass Thing(models.Model):\n    pass\n"
    )
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["shop"], DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={{"default": {{"ENGINE": "rdsiam.django.{engine}", "HOST": {ENDPOINT!r},
        "USER": "app", "NAME": "app", "OPTIONS": {{"ca": {authority!r}}}}}}})
django.setup()
from django.core.management import call_command
call_command("makemigrations", "shop", "--dry-run", "--skip-checks")
"""
    done = run_python("-c", program)
    assert done.returncode == 0, done.stderr
    assert "Create model Thing" in done.stdout
    assert "RuntimeWarning: Got an error checking a consistent migration history" in done.stderr
    assert "credentials" in done.stderr


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_dbshell_without_credentials_is_django_s_error(engine: str, authority: str) -> None:
    import django.db.utils
    from django.db.utils import ConnectionHandler

    from drivers_frameworks import django_settings

    cache = rdsiam.TokenCache(ENDPOINT, 5432, "app")
    settings = {"cache": cache, "ca": authority, "dbname": "app"}
    database = django_settings(f"rdsiam.django.{engine}", settings)
    client = ConnectionHandler({"default": database})["default"].client
    with pytest.raises(django.db.utils.OperationalError, match="credentials") as raised:
        client.settings_to_cmd_args_env(client.connection.settings_dict, [])
    assert isinstance(raised.value.__cause__, rdsiam.CredentialsNotFoundError)
