"""Logins at the stand-in, a PostgreSQL server that checks tokens as RDS does."""

import os

import psycopg
import pytest

import rdsiam

NAMES = ("HOST", "PORT", "HOSTADDR", "CA", "USER", "DB", "REGION", "ACCESS_KEY_ID")
NAMES += ("SECRET_ACCESS_KEY", "SESSION_TOKEN")


@pytest.fixture
def standin() -> dict[str, str]:
    missing = [f"STANDIN_{name}" for name in NAMES if f"STANDIN_{name}" not in os.environ]
    assert not missing, f"run this under `standin run`; not set: {missing}"
    return {name: os.environ[f"STANDIN_{name}"] for name in NAMES}


@pytest.fixture
def cache(standin: dict[str, str]) -> rdsiam.TokenCache:
    return rdsiam.TokenCache(
        standin["HOST"],
        standin["PORT"],
        standin["USER"],
        standin["REGION"],
        credentials={
            "aws_access_key_id": standin["ACCESS_KEY_ID"],
            "aws_secret_access_key": standin["SECRET_ACCESS_KEY"],
            "aws_session_token": standin["SESSION_TOKEN"],
        },
    )


def connect(standin: dict[str, str], password: str) -> "psycopg.Connection[tuple[int]]":
    return psycopg.connect(
        host=standin["HOST"],
        hostaddr=standin["HOSTADDR"],
        port=standin["PORT"],
        user=standin["USER"],
        dbname=standin["DB"],
        password=password,
        sslmode="verify-full",
        sslrootcert=standin["CA"],
        connect_timeout=10,
    )


def test_a_token_logs_in_more_than_once(standin: dict[str, str], cache: rdsiam.TokenCache) -> None:
    for _ in range(3):
        with connect(standin, cache.get_token()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    assert cache.stats()["signatures"] == 1


def test_a_tampered_token_is_refused(standin: dict[str, str], cache: rdsiam.TokenCache) -> None:
    token = cache.get_token()
    tampered = token[:-1] + ("0" if token[-1] != "0" else "1")
    with pytest.raises(psycopg.OperationalError):
        connect(standin, tampered)


def test_a_client_in_place_of_boto3_logs_in(standin: dict[str, str]) -> None:
    rds = rdsiam.client(
        "rds",
        region_name=standin["REGION"],
        aws_access_key_id=standin["ACCESS_KEY_ID"],
        aws_secret_access_key=standin["SECRET_ACCESS_KEY"],
        aws_session_token=standin["SESSION_TOKEN"],
    )
    database = rdsiam.DatabaseTokenCache(
        rds, standin["HOST"], standin["PORT"], standin["USER"], standin["REGION"]
    )
    with connect(standin, database.get_token()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
