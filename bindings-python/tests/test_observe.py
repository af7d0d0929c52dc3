"""Logging and the hook for metrics: a login, a retry, a failure, and never a secret."""

import logging
from typing import Any

import pymysql
import pytest

import rdsiam
import rdsiam.pymysql
from support import STATIC


class Refused(pymysql.err.OperationalError):
    """What the server answers."""


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    """A login whose server answers as it is told, one answer at each try."""
    from test_ca import certificate

    authority = certificate(tmp_path, "/CN=any")
    answers: list[Exception | None] = []

    def connect(self: Any, sock: Any = None) -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    monkeypatch.setattr(pymysql.connections.Connection, "connect", connect)
    cache = rdsiam.TokenCache("h.example", 3306, "app", "us-east-1", credentials=STATIC)
    cache.get_token()
    monkeypatch.setattr("rdsiam._retry.Attempt.is_worth_another", lambda *_: len(answers) > 0)

    def run(*told: "Exception | None") -> None:
        answers[:] = told
        rdsiam.pymysql.connect(cache=cache, ca=authority)

    return run


def test_each_login_is_told_of(login: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "rdsiam")
    told: list[tuple[str, dict[str, Any]]] = []
    end = rdsiam.observe(lambda event, attributes: told.append((event, attributes)))
    login(None)
    login(Refused(1045, "no"), None)
    with pytest.raises(Refused, match=r"signed for user app at h\.example:3306 in us-east-1"):
        login(Refused(1045, "no"))
    with pytest.raises(pymysql.err.OperationalError):
        login(pymysql.err.OperationalError(2003, "gone"))
    end()
    login(None)
    assert [(event, found.get("outcome"), found.get("tries")) for event, found in told] == [
        ("login", "accepted", 1),
        ("retry", None, None),
        ("login", "accepted", 2),
        ("login", "refused", 1),
        ("login", "failed", 1),
    ]
    where = {"host": "h.example", "port": 3306, "user": "app", "region": "us-east-1"}
    assert all(where.items() <= found.items() for _, found in told)
    assert all(0 <= found["seconds"] < 10 for event, found in told if event == "login")
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("rdsiam", "INFO")
    assert "retrying with a new token" in record.getMessage()
    everything = repr(told) + caplog.text
    assert "Signature" not in everything
    assert STATIC["secret_access_key"] not in everything


def test_a_token_that_cannot_be_had(caplog: pytest.LogCaptureFixture, tmp_path: Any) -> None:
    from test_ca import certificate

    told: list[Any] = []
    end = rdsiam.observe(lambda event, attributes: told.append((event, attributes["error"])))
    with pytest.raises(pymysql.err.OperationalError):
        rdsiam.pymysql.connect(
            host="h.us-east-1.rds.amazonaws.com",
            user="app",
            region="us-east-1",
            ca=certificate(tmp_path, "/CN=any"),
        )
    end()
    assert told == [("token_failed", "CredentialsNotFoundError")]


def test_a_region_that_contradicts_the_host_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    host = "mydb.abc123.us-east-1.rds.amazonaws.com"
    cache = rdsiam.TokenCache(host, 3306, "app", "eu-west-1", credentials=STATIC)
    with pytest.warns(rdsiam.RdsIamWarning) as warned:
        cache.get_token()
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("rdsiam", "WARNING")
    assert record.getMessage() == str(warned[0].message)


def test_an_observer_that_fails_disturbs_no_login(
    login: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise LookupError

    end = rdsiam.observe(fail)
    login(None)
    end()
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "an observer of rdsiam failed" in record.getMessage()
