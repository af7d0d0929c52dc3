"""Every driver, pool and framework of the README's table logs in to the stand-in."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import rdsiam
from drivers import BY_NAME, IN_C, MARIADB, POSTGRESQL, Row
from logins import (
    NAMES_ARE_KNOWN,
    PEERS,
    a_cache,
    config,
    env,
    keys,
    run_where_names_are_known,
    settings,
    short_lived,
    together,
    verdicts,
    wait_for_the_end,
)

HERE = {**POSTGRESQL, **MARIADB}
ROWS = {"by name": BY_NAME, "in C": IN_C}.get(os.environ.get("RDSIAM_ROWS", ""), HERE)

row_of_each = pytest.mark.parametrize("name", list(ROWS))


def run(row: Row, name: str, cache: rdsiam.TokenCache, between: Any) -> None:
    users = row(settings(name, cache), between)
    assert [user.partition("@")[0] for user in users] == [env("USER")] * 2


@row_of_each
@pytest.mark.parametrize(("session_token", "about"), [(0, 340), (1544, 1900)])
def test_short_and_long_tokens_log_in(name: str, session_token: int, about: int) -> None:
    token = "t" * session_token or None
    credentials = {
        "access_key_id": "AKIDEXAMPLE",
        "secret_access_key": "SECRETKEYEXAMPLE",
        "session_token": token,
    }
    cache = a_cache(name, credentials=credentials)
    with config() as known:
        known["keys"]["AKIDEXAMPLE"] = {"secret": "SECRETKEYEXAMPLE", "session_token": token}
        Path(env("CONFIG")).write_text(json.dumps(known))
        assert abs(len(cache.get_token()) - about) < 30
        run(ROWS[name], name, cache, lambda: None)
    assert cache.stats()["signatures"] == 1


def connect_after_the_end(name: str) -> None:
    cache = short_lived(name)
    run(ROWS[name], name, cache, lambda: wait_for_the_end(cache))
    assert cache.stats()["signatures"] >= 2


@row_of_each
def test_a_connection_after_the_end_has_a_new_token(
    name: str, request: pytest.FixtureRequest
) -> None:
    together(request, connect_after_the_end)


@row_of_each
def test_a_refused_token_of_the_cache_is_replaced_once(name: str) -> None:
    current = keys("STATIC_")
    cache = a_cache(name, credentials=lambda: dict(current))
    with config() as known:

        def rotate() -> None:
            cache.get_token()
            current["secret_access_key"] = "rotated"
            known["keys"][current["access_key_id"]]["secret"] = "rotated"
            Path(env("CONFIG")).write_text(json.dumps(known))

        seen = len(verdicts())
        run(ROWS[name], name, cache, rotate)
    assert cache.stats()["signatures"] == 2
    new = verdicts()[seen:]
    assert new.count("refused") == 1, new
    assert new[-1] == "accepted"


@row_of_each
def test_a_forked_child_logs_in(name: str) -> None:
    cache = a_cache(name, credentials=keys(""))
    run(ROWS[name], name, cache, lambda: None)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            run(ROWS[name], name, cache, lambda: None)
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


# Their pools try on by themselves, or say nothing before a time-out.
def direct(rows: dict[str, Row]) -> list[str]:
    return [name for name in rows if "pool" not in name and "Django" not in name]


@pytest.mark.parametrize("name", direct(ROWS))
def test_a_refused_token_that_is_new_is_not_tried_again(name: str) -> None:
    wrong = {**keys("STATIC_"), "secret_access_key": "wrong"}
    cache = a_cache(name, credentials=wrong)
    seen = len(verdicts())
    with pytest.raises(Exception, match=r"authentication failed|Access denied|1045"):
        ROWS[name](settings(name, cache), lambda: None)
    assert verdicts()[seen:] == ["refused"]


@pytest.mark.parametrize("name", direct(ROWS))
def test_a_server_of_another_authority_gets_no_token(name: str, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other"
    subprocess.run(
        ["openssl", *command.split(), "-keyout", os.devnull, "-out", str(other)],
        check=True,
        capture_output=True,
    )
    cache = a_cache(name, credentials=keys(""))
    seen = len(verdicts())
    with pytest.raises(Exception, match=r"(?i)certificate|ssl|tls|2003"):
        ROWS[name]({**settings(name, cache), "ca": str(other)}, lambda: None)
    assert verdicts()[seen:] == []


if not NAMES_ARE_KNOWN:

    @pytest.mark.parametrize(
        ("which", "rows", "more"),
        [("by name", BY_NAME, []), ("in C", IN_C, [str(PEERS / "mysql-connector-python")])],
        ids=["as installed", "in C"],
    )
    def test_drivers_that_verify_the_name_they_dial(
        which: str, rows: dict[str, Row], more: list[str]
    ) -> None:
        """They run in a process that knows the stand-in's names."""
        said = run_where_names_are_known(__file__, which, more)
        assert f"{len(rows) * 5 + len(direct(rows)) * 2} passed" in said
