"""Logins at the stand-in, a PostgreSQL server that checks tokens as RDS does."""

import psycopg
import pytest

import rdsiam
from standin_login import STANDIN, connect

KEYS = {
    f"aws_{name.lower()}": STANDIN[name]
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")
}
LOGIN = [STANDIN[name] for name in ("HOST", "PORT", "USER", "REGION")]


@pytest.fixture
def cache() -> rdsiam.TokenCache:
    return rdsiam.TokenCache(*LOGIN, credentials=KEYS)


def test_a_token_logs_in_more_than_once(cache: rdsiam.TokenCache) -> None:
    for _ in range(3):
        with connect(cache.get_token()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    assert cache.stats()["signatures"] == 1


def test_a_tampered_token_is_refused(cache: rdsiam.TokenCache) -> None:
    token = cache.get_token()
    tampered = token[:-1] + ("0" if token[-1] != "0" else "1")
    with pytest.raises(psycopg.OperationalError):
        connect(tampered)


def test_a_client_in_place_of_boto3_logs_in() -> None:
    rds = rdsiam.client("rds", region_name=STANDIN["REGION"], **KEYS)
    with connect(rdsiam.DatabaseTokenCache(rds, *LOGIN).get_token()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
