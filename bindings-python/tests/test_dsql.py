"""Aurora DSQL: the bytes of botocore, logins by each driver, and the retry after a conflict."""

import asyncio
import datetime
import os
import string
import warnings
from typing import Any
from unittest import mock

import boto3
import botocore.auth
import botocore.credentials
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

import rdsiam
import rdsiam.dsql
from drivers import POSTGRESQL
from inputs import REGIONS, hosts, key_ids, secrets, sessions
from logins import env, settings
from rdsiam import _connect

HOST = "abc.dsql.us-east-1.on.aws"
NAMES = ("generate_db_connect_auth_token", "generate_db_connect_admin_auth_token")
KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "SECRETKEYEXAMPLE"}


endpoints = st.builds(
    "{}.dsql{}.{}.on.aws".format,
    st.text(string.ascii_lowercase + string.digits, min_size=26, max_size=26),
    st.sampled_from(["", "-fnh4"]),
    st.sampled_from(REGIONS[:3]),
)


def by_botocore(peer: Any, name: str, token: str, arguments: dict[str, Any]) -> str:
    """What botocore gives at the second of our token, with the host in lower case."""
    signed_at = rdsiam.explain(token).signed_at
    assert signed_at is not None
    now = datetime.datetime.fromtimestamp(signed_at, datetime.timezone.utc).replace(tzinfo=None)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=now):
        theirs: str = getattr(peer, name)(**arguments)
    length = len(arguments["Hostname"])
    return theirs[:length].lower() + theirs[length:]


def patched_client() -> Any:
    with rdsiam.patch_boto3():
        return boto3.client("dsql", region_name="us-east-1", **KEYS)


@pytest.fixture(scope="module")
def peers() -> "tuple[Any, Any]":
    """A client of boto3, and one whose functions are ours."""
    patched = patched_client()
    assert getattr(patched, NAMES[0]).__module__ == "rdsiam._boto3"
    return boto3.client("dsql", region_name="us-east-1", **KEYS), patched


@given(
    kind=st.sampled_from(["dsql", "dsql-admin"]),
    host=hosts | endpoints | endpoints.map(str.upper),
    region=st.sampled_from(REGIONS),
    expires=st.sampled_from([1, 900, 604_800]) | st.integers(1, 604_800),
    key=key_ids,
    secret=secrets,
    session=sessions,
)
@limits(max_examples=5_000, deadline=None)
def test_every_token_equals_that_of_botocore(
    peers: "tuple[Any, Any]",
    kind: str,
    host: str,
    region: str,
    expires: int,
    key: str,
    secret: str,
    session: "str | None",
) -> None:
    peer, patched = peers
    name = NAMES[kind == "dsql-admin"]
    arguments = {"Hostname": host, "Region": region, "ExpiresIn": expires}
    credentials = botocore.credentials.Credentials(key, secret, session)
    peer._request_signer._credentials = patched._request_signer._credentials = credentials
    ours = rdsiam.client(
        "dsql", aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=session
    )
    cache = rdsiam.TokenCache(
        host, 5432, "any", region, credentials=credentials, expires=expires, kind=kind
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rdsiam.RdsIamWarning)
        tokens = [getattr(ours, name)(**arguments), cache.get_token()]
        tokens.append(getattr(patched, name)(**arguments))
    for token in tokens:
        assert token == by_botocore(peer, name, token, arguments)


@pytest.mark.parametrize("name", NAMES)
def test_the_clients_of_boto3_are_told_apart_from_ours_by_nothing_but_their_module(
    name: str,
) -> None:
    peer = boto3.client("dsql", region_name="us-east-1", **KEYS)
    patched = patched_client()
    for arguments in ((), (HOST, "us-east-1", 900, 1)):
        with pytest.raises(TypeError):
            getattr(peer, name)(*arguments)
        with pytest.raises(TypeError):
            getattr(patched, name)(*arguments)
    assert getattr(boto3.client("dsql", "us-east-1"), name).__module__ == "botocore.signers"
    # What botocore signs though no server takes it.
    for host in ("", "https://" + HOST, HOST + ":5432"):
        with pytest.raises(rdsiam.InvalidArgumentError, match="host"):
            getattr(patched, name)(host)
    with pytest.raises(rdsiam.InvalidArgumentError, match="expires is 604801"):
        getattr(patched, name)(HOST, ExpiresIn=604_801)


def test_a_client_keeps_no_life_of_another_call(keys: None) -> None:
    dsql = rdsiam.client("dsql", region_name="us-east-1")
    for expires in (900, 3600, 900, 60, 3600):
        told = rdsiam.explain(dsql.generate_db_connect_auth_token(HOST, ExpiresIn=expires))
        assert told.expires_at is not None
        assert told.signed_at is not None
        assert told.expires_at - told.signed_at == expires
    assert dsql.meta.region_name == "us-east-1"
    assert repr(dsql) == "<rdsiam.DSQLClient region_name='us-east-1'>"
    for wrong in (0, 604_801):
        with pytest.raises(rdsiam.InvalidArgumentError, match="expires"):
            dsql.generate_db_connect_auth_token(HOST, ExpiresIn=wrong)
    with pytest.raises(TypeError):
        dsql.generate_db_connect_auth_token(HOST, ExpiresIn="900")  # type: ignore[arg-type]


def test_other_services_are_named(keys: None) -> None:
    with pytest.raises(rdsiam.InvalidArgumentError, match='"rds" nor "dsql"'):
        rdsiam.client("s3")  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("host", "user", "kind", "ca"),
    [
        (HOST, "admin", "dsql-admin", "system"),
        (HOST, "app", "dsql", "system"),
        ("db.abc.us-east-1.rds.amazonaws.com", "admin", "rds", None),
    ],
)
def test_a_helper_tells_dsql_by_the_name_of_the_host(
    keys: None, host: str, user: str, kind: str, ca: "str | None"
) -> None:
    wanted = _connect.login({"host": host, "user": user}, 5432)
    assert isinstance(wanted.tokens, rdsiam.TokenCache)
    assert (wanted.tokens.kind, wanted.ca) == (kind, ca)
    wanted = _connect.login({"host": host, "user": user, "ca": "/ca.pem"}, 5432)
    assert wanted.ca == "/ca.pem"


# Where it is required they fail without it, as the other tests of logins do: see conftest.py.
needs_standin = pytest.mark.skipif(
    "STANDIN_HOST" not in os.environ and os.environ.get("RDSIAM_REQUIRE_STANDIN") != "1",
    reason="needs the stand-in",
)


@needs_standin
@pytest.mark.parametrize("user", ["USER", "admin"])
@pytest.mark.parametrize("name", list(POSTGRESQL))
def test_each_driver_logs_in_to_dsql(name: str, user: str) -> None:
    user = env("USER") if user == "USER" else user
    cache = rdsiam.TokenCache(
        env("DSQL_HOST"),
        env("PORT"),
        user,
        credentials={
            "access_key_id": env("ACCESS_KEY_ID"),
            "secret_access_key": env("SECRET_ACCESS_KEY"),
            "session_token": env("SESSION_TOKEN"),
        },
    )
    assert "/?Action=DbConnect" in cache.get_token()
    users = POSTGRESQL[name](settings(name, cache), lambda: None)
    assert users == [user, user]


@needs_standin
def test_a_refused_token_says_what_was_signed() -> None:
    import rdsiam.psycopg

    cache = rdsiam.TokenCache(
        env("DSQL_HOST"),
        env("PORT"),
        env("USER"),
        kind="dsql-admin",
        credentials={"access_key_id": "AKIDNOBODY", "secret_access_key": "wrong"},
    )
    with pytest.raises(Exception, match=r"\(dsql-admin\) at abc.* with the access key AKIDNOBODY"):
        rdsiam.psycopg.connect(**settings("psycopg", cache))


class Conflict(Exception):
    def __init__(self, **state: str) -> None:
        super().__init__("conflict")
        self.__dict__.update(state)


CONFLICTS = [
    {"sqlstate": "OC000"},
    {"sqlstate": "OC001"},
    {"pgcode": "40001"},
]


@pytest.mark.parametrize("state", CONFLICTS)
def test_a_conflict_is_tried_again_and_nothing_else_is(state: dict[str, str]) -> None:
    tries: list[int] = []

    def run() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise Conflict(**state)
        return "done"

    async def run_async() -> str:
        return run()

    fast = rdsiam.dsql.OCCRetryConfig(max_delay_ms=1)
    assert rdsiam.dsql.retrying(run, fast) == "done"
    assert len(tries) == 3
    tries.clear()
    assert asyncio.run(rdsiam.dsql.retrying_async(run_async, fast)) == "done"
    assert len(tries) == 3
    tries.clear()
    with pytest.raises(Conflict):
        rdsiam.dsql.retrying(run, rdsiam.dsql.OCCRetryConfig(max_retries=1))
    assert len(tries) == 2
    for other in (Conflict(sqlstate="23505"), ValueError()):
        assert not rdsiam.dsql.is_occ_error(other)
        calls = mock.Mock(side_effect=other)
        with pytest.raises(type(other)):
            rdsiam.dsql.retrying(calls)
        assert calls.call_count == 1


def test_pauses_double_up_to_their_bound_with_jitter() -> None:
    config = rdsiam.dsql.OCCRetryConfig(base_delay_ms=10, max_delay_ms=35, jitter_factor=0)
    assert [round(config.pause(n) * 1000) for n in range(4)] == [10, 20, 35, 35]
    pauses = {rdsiam.dsql.OCCRetryConfig(jitter_factor=0.5).pause(0) for _ in range(50)}
    assert len(pauses) > 1
    assert all(0.001 <= pause <= 0.0015 for pause in pauses)
    assert rdsiam.dsql.OCCRetryConfig() == (3, 1, 100, 0.25)
    for wrong in (
        {"max_retries": -1},
        {"max_retries": 101},
        {"max_retries": 1.5},
        {"base_delay_ms": 0},
        {"base_delay_ms": 101},
        {"jitter_factor": 1.1},
        {"jitter_factor": "1"},
    ):
        with pytest.raises(rdsiam.InvalidArgumentError, match=next(iter(wrong)).split("_")[0]):
            rdsiam.dsql.OCCRetryConfig(**wrong)  # type: ignore[arg-type]


@needs_standin
def test_a_transaction_that_lost_a_race_is_run_again() -> None:
    """PostgreSQL's own serialization failure, which has one of the three codes."""
    import psycopg

    import rdsiam.psycopg

    keys = {
        "access_key_id": env("STATIC_ACCESS_KEY_ID"),
        "secret_access_key": env("STATIC_SECRET_ACCESS_KEY"),
    }
    cache = rdsiam.TokenCache(env("DSQL_HOST"), env("PORT"), env("USER"), credentials=keys)
    given = settings("psycopg", cache)
    with rdsiam.psycopg.connect(**given) as first, rdsiam.psycopg.connect(**given) as second:
        first.execute("CREATE TABLE IF NOT EXISTS counted (n int)")
        first.execute("DELETE FROM counted")
        first.execute("INSERT INTO counted VALUES (0)")
        first.commit()
        for connection in (first, second):
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        races: list[int] = []

        def add(connection: Any) -> int:
            (seen,) = connection.execute("SELECT n FROM counted").fetchone()
            if not races:
                races.append(seen)
                second.execute("UPDATE counted SET n = 10")
                second.commit()
            connection.execute("UPDATE counted SET n = n + 1")
            return int(seen)

        try:
            assert rdsiam.dsql.run_transaction(first, add) == 10
            assert first.execute("SELECT n FROM counted").fetchone() == (11,)
            races.clear()
            with pytest.raises(Exception, match="could not serialize"):
                rdsiam.dsql.run_transaction(
                    first, add, retry=rdsiam.dsql.OCCRetryConfig(max_retries=0)
                )
        finally:
            first.rollback()
            first.execute("DROP TABLE counted")
            first.commit()


@needs_standin
def test_the_withdrawal_of_the_page_is_made_once_though_it_lost_a_race() -> None:
    import psycopg

    import rdsiam.psycopg

    keys = {
        "access_key_id": env("STATIC_ACCESS_KEY_ID"),
        "secret_access_key": env("STATIC_SECRET_ACCESS_KEY"),
    }
    cache = rdsiam.TokenCache(env("DSQL_HOST"), env("PORT"), env("USER"), credentials=keys)
    given = settings("psycopg", cache)
    with rdsiam.psycopg.connect(**given) as connection, rdsiam.psycopg.connect(**given) as other:
        other.autocommit = True
        other.execute("DROP TABLE IF EXISTS accounts")
        other.execute("CREATE TABLE accounts AS SELECT 1 AS id, 100 AS balance")
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

        def withdraw(connection: psycopg.Connection[tuple[int]]) -> None:
            connection.execute("UPDATE accounts SET balance = balance - 10 WHERE id = 1")

        try:
            # The snapshot of the first try is older than the other's change.
            connection.execute("SELECT * FROM accounts")
            other.execute("UPDATE accounts SET balance = balance + 1")
            rdsiam.dsql.run_transaction(connection, withdraw)
            assert other.execute("SELECT balance FROM accounts").fetchone() == (91,)
        finally:
            connection.rollback()
            other.execute("DROP TABLE accounts")
