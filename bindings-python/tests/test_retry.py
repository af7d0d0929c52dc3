"""The second try is for a cached token, and while a database refuses everything there is none."""

import time
from typing import Any

import psycopg
import pymysql
import pytest

import rdsiam
from logins import a_cache, keys, settings, verdicts


def refuse_all(name: str, number: int, cache: rdsiam.TokenCache) -> "tuple[int, list[str]]":
    import rdsiam.psycopg
    import rdsiam.pymysql

    connect: Any = {"psycopg": rdsiam.psycopg.connect, "pymysql": rdsiam.pymysql.connect}[name]
    seen, texts = len(verdicts()), []
    for _ in range(number):
        with pytest.raises((psycopg.OperationalError, pymysql.err.OperationalError)) as raised:
            connect(**settings(name, cache))
        texts.append(str(raised.value))
    return len(verdicts()) - seen, texts


@pytest.mark.parametrize(("name", "number"), [("psycopg", 100), ("pymysql", 20)])
def test_refused_logins_cost_one_more_at_most(name: str, number: int) -> None:
    calls = []

    def provider() -> dict[str, str]:
        calls.append(None)
        return {**keys("STATIC_"), "secret_access_key": "wrong"}

    cache = a_cache(name, credentials=provider)
    cache.get_token()
    time.sleep(1.1)  # a token that was signed before the first login began
    logins, texts = refuse_all(name, number, cache)
    assert logins == number + 1
    assert len(calls) <= 2
    assert len(set(texts)) <= 2


def test_a_refusal_names_what_was_signed() -> None:
    cache = a_cache("psycopg", credentials={**keys("STATIC_"), "secret_access_key": "wrong"})
    _, (text,) = refuse_all("psycopg", 1, cache)
    assert "authentication failed" in text
    assert f"signed for user {cache.user} at {cache.host}:{cache.port} in {cache.region}" in text
    assert f"and sent to {settings('psycopg', cache)['host']}:" in text
    assert "X-Amz" not in text
    assert keys("STATIC_")["access_key_id"] in text
