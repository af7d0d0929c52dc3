"""Every driver, pool and framework of the README's table logs in to the stand-in."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rdsiam
from drivers import BY_NAME, IN_C, MARIADB, POSTGRESQL, Row

# Names of the stand-in are known to a process that is started with the library for it.
NAMES_ARE_KNOWN = "NSS_WRAPPER_HOSTS" in os.environ
HERE = {**POSTGRESQL, **MARIADB}
ROWS = {"by name": BY_NAME, "in C": IN_C}.get(os.environ.get("RDSIAM_ROWS", ""), HERE)
PEERS = Path(__file__).parents[2] / "build" / "peers"

row_of_each = pytest.mark.parametrize("name", list(ROWS))


def env(name: str) -> str:
    return os.environ[f"STANDIN_{name}"]


def keys(kind: str) -> dict[str, str]:
    found = {
        "access_key_id": env(f"{kind}ACCESS_KEY_ID"),
        "secret_access_key": env(f"{kind}SECRET_ACCESS_KEY"),
    }
    return found if kind else {**found, "session_token": env("SESSION_TOKEN")}


def a_cache(name: str, **options: Any) -> rdsiam.TokenCache:
    server = "" if name in POSTGRESQL else "MARIADB_"
    return rdsiam.TokenCache(
        env(f"{server}HOST"), env(f"{server}PORT"), env("USER"), env("REGION"), **options
    )


def settings(name: str, cache: rdsiam.TokenCache) -> dict[str, Any]:
    given: dict[str, Any] = {"cache": cache, "ca": env("CA")}
    if not NAMES_ARE_KNOWN:
        # What is signed, and what the certificate is verified for, is the cache's host.
        given["host"] = env("HOSTADDR")
    given["dbname" if name in POSTGRESQL and "asyncpg" not in name else "database"] = env("DB")
    return given


def run(row: Row, name: str, cache: rdsiam.TokenCache, between: Any) -> None:
    users = row(settings(name, cache), between)
    assert [user.partition("@")[0] for user in users] == [env("USER")] * 2


@contextlib.contextmanager
def config() -> Iterator[dict[str, Any]]:
    """What the verifier knows, to be written after a change and put back at the end."""
    path = Path(env("CONFIG"))
    before = path.read_text()
    try:
        yield json.loads(before)
    finally:
        path.write_text(before)


def verdicts() -> list[str]:
    return [line.split()[1] for line in Path(env("LOG")).read_text().splitlines()]


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


@row_of_each
def test_a_connection_after_the_end_has_a_new_token(name: str) -> None:
    # Without a refresh ahead of time: a token that was kept would be refused.
    cache = a_cache(name, credentials=keys(""), expires=3, refresh_before=1, min_remaining=1)

    def wait() -> None:
        time.sleep(max(0.0, cache.get().expires_at - time.time()) + 0.2)

    run(ROWS[name], name, cache, wait)
    assert cache.stats()["signatures"] >= 2


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
        path = [*more, *filter(None, [os.environ.get("PYTHONPATH")])]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__],
            env={
                **os.environ,
                "LD_PRELOAD": env("NSS_WRAPPER"),
                "NSS_WRAPPER_HOSTS": env("HOSTS"),
                "PYTHONPATH": os.pathsep.join(path),
                "RDSIAM_ROWS": which,
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        assert f"{len(rows) * 4 + len(direct(rows)) * 2} passed" in done.stdout
