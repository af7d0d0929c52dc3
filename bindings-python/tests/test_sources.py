"""Each source of credentials, beside boto3, and what happens where one misbehaves."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import psycopg
import pytest

import rdsiam
from support import HOST, PYTHON_SOURCE

EMULATOR = Path(__file__).parents[2] / "tests" / "emulator"
sys.path.insert(0, str(EMULATOR))

# How ruff would sort these depends on the folder that it is started in.
# isort: off
import emulator  # noqa: E402
import setups  # noqa: E402
# isort: on

# Less than a token's life, so that the keys' end has to be the token's.
SECONDS = 700
BOUND = 12
STANDIN = "STANDIN_HOST" in os.environ or os.environ.get("RDSIAM_REQUIRE_STANDIN") == "1"

OURS = """
import json, sys
import rdsiam
login, profile, by_environment = json.loads(sys.argv[1])
tokens, ends = [], []
if by_environment:
    tokens.append(rdsiam.generate_db_auth_token(*login))
    tokens.append(rdsiam.TokenCache(*login).get_token())
    ends.append(rdsiam.TokenCache(*login).get().expires_at)
if profile:
    tokens.append(rdsiam.client("rds", profile_name=profile).generate_db_auth_token(*login))
    tokens.append(rdsiam.TokenCache(*login, profile=profile).get_token())
    ends.append(rdsiam.TokenCache(*login, profile=profile).get().expires_at)
print(json.dumps({"tokens": tokens, "ends": ends}))
"""

THEIRS = """
import json, sys
import boto3
login, profile, by_environment = json.loads(sys.argv[1])
session = boto3.Session(profile_name=None if by_environment else profile)
token = session.client("rds", region_name=login[3]).generate_db_auth_token(*login)
print(json.dumps({"tokens": [token]}))
"""

# The first call meets what the emulator was told before, the second a source that works again.
TWICE = """
import json, os, sys, time
import rdsiam, emulator

login, url, refused = json.loads(sys.argv[1])
cache = rdsiam.TokenCache(*login)

def held():
    kinds = [f"/proc/self/{kind}" for kind in ("fd", "task")]
    return [len(os.listdir(kind)) if os.path.isdir(kind) else 0 for kind in kinds]

def settled(before):
    deadline = time.monotonic() + 0.5
    while held() != before and time.monotonic() < deadline:
        time.sleep(0.02)
    return held()

def call():
    began = time.monotonic()
    try:
        token, end = cache.get()
        told = {"token": token, "ends_in": end - time.time()}
    except Exception as error:
        told = {"error": type(error).__name__, "message": str(error)}
        told["code"] = getattr(error, "code", None)
        told["retryable"] = getattr(error, "retryable", None)
    return {**told, "seconds": time.monotonic() - began}

held_by = [held()]
first = call()
held_by.append(settled(held_by[0]))
emulator.control(url, "/clear")
for name, value in os.environ.items():
    if refused and name.startswith("AWS_"):
        os.environ[name] = value.replace(refused, url)
if "token" in first:
    cache.invalidate()
second = call()
held_by.append(settled(held_by[1]))
print(json.dumps({"held": held_by, "first": first, "second": second}))
"""


# Read once: threads of these tests start programs while the environment of others is set up.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def run(code: str, env: dict[str, str], *argument: Any) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(argument)],
        env={**CLEAN, **env, "PYTHONPATH": f"{PYTHON_SOURCE}{os.pathsep}{EMULATOR}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def login() -> list[Any]:
    if not STANDIN:
        return [HOST, 5432, "app", "us-east-1"]
    return [os.environ[f"STANDIN_{name}"] for name in ("HOST", "PORT", "USER", "REGION")]


def signed_with(token: str) -> tuple[str, str | None]:
    """The access key id and the session token."""
    query = parse_qs(token.partition("?")[2], keep_blank_values=True)
    key = query["X-Amz-Credential"][0].partition("/")[0]
    assert rdsiam.explain(token).access_key_id == key
    session = query.get("X-Amz-Security-Token")
    return key, session[0] if session else None


def log_in(token: str, keys: dict[str, Any]) -> None:
    """Where there is a stand-in, it lets the token in; it reads its keys at each login."""
    if not STANDIN:
        return
    standin = {name[8:]: value for name, value in os.environ.items() if name[:8] == "STANDIN_"}
    file = Path(standin["CONFIG"])
    config = json.loads(file.read_text())
    config["keys"].update(keys)
    file.write_text(json.dumps(config))
    with psycopg.connect(
        host=standin["HOST"],
        hostaddr=standin["HOSTADDR"],
        port=standin["PORT"],
        user=standin["USER"],
        dbname=standin["DB"],
        password=token,
        sslmode="verify-full",
        sslrootcert=standin["CA"],
        connect_timeout=10,
    ) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("name", setups.SETUPS)
def test_a_source_beside_boto3(name: str, tmp_path: Path) -> None:
    with emulator.Emulator(seconds=SECONDS) as served, ThreadPoolExecutor() as pool:
        # A home for each: a renewed SSO token is written back.
        ours, theirs = (setups.make(served, name, tmp_path / who) for who in ("ours", "theirs"))
        profile = ours["profile"]
        more = (login(), profile, profile is None or "AWS_PROFILE" in ours["env"])
        peer = pool.submit(run, THEIRS, theirs["env"], *more)
        told = run(OURS, ours["env"], *more)
        expected = (ours["access_key_id"], ours["session_token"])
        assert {signed_with(token) for token in told["tokens"]} == {expected}
        assert signed_with(peer.result()["tokens"][0]) == expected
        keys_end = {entry["expires_at"] for entry in served.requests(ours["source"])}
        for end, token in zip(told["ends"], told["tokens"][1::2], strict=True):
            signed = rdsiam.explain(token).signed_at
            assert signed is not None
            assert end in keys_end or (ours["source"] is None and 0 <= end - signed - 900 <= 2)
        log_in(told["tokens"][0], setups.verifier_keys(served))


# By source: the set-up that leads there.
MISBEHAVING = {
    "assume-role": "role-of-profile",
    "web-identity": "web-identity",
    "container": "container-token",
    "imds": "instance",
    "imds-role": "instance",
    "imds-token": "instance",
    "sso": "sso-session",
    "oidc": "sso-refresh",
    "process": "profile-process",
}
NOT_FOUND = ("CredentialsNotFoundError", "ERR_RDSIAM_CREDENTIALS_NOT_FOUND")
EXPIRED = ("CredentialsExpiredError", "ERR_RDSIAM_CREDENTIALS_EXPIRED")
PROVIDER = ("CredentialsProviderError", "ERR_RDSIAM_CREDENTIALS_PROVIDER")
TIMEOUT = ("RdsIamTimeoutError", "ERR_RDSIAM_TIMEOUT")
FAILURES = {
    "refused": PROVIDER,
    "reset": PROVIDER,
    "status:500": PROVIDER,
    "status:403": PROVIDER,
    "throttle": PROVIDER,
    "truncated": PROVIDER,
    "half": PROVIDER,
    "not-json": PROVIDER,
    "hang": TIMEOUT,
    "expired": EXPIRED,
}
# These change the keys, so they say nothing about a step that only leads to the keys.
OF_KEYS = ("expired", "soon", "rotate", "huge", "odd")
STEPS = ("imds-role", "imds-token", "oidc")
# Where nobody answers, there is no metadata service: it is not an instance.
NO_SERVICE = {("imds", "refused"), ("imds-role", "refused"), ("imds-token", "refused")}
LEFT_OUT = {
    # A process has no network of its own, and half a word is a word.
    *(("process", "refused"), ("imds-role", "half"), ("imds-token", "half")),
    # Here aws-config answers otherwise than this table says.
    *(("imds", "expired"), ("imds", "hang"), ("imds-role", "hang")),
    *(("imds-token", "reset"), ("imds-token", "hang")),
}
# What may pass by itself, so that trying again makes sense.
PASSING = ("refused", "reset", "status:500", "throttle", "hang", "expired")

FAILING = [
    (source, mode)
    for source in MISBEHAVING
    for mode in FAILURES
    if not (source in STEPS and mode in OF_KEYS) and (source, mode) not in LEFT_OUT
]
SERVING = [
    (source, mode)
    for source in MISBEHAVING
    for mode in ("slow", "soon", "rotate", "huge", "odd")
    if not (source in STEPS and mode in OF_KEYS)
]


def nobody_listens() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def misbehave(case: tuple[str, str], folder: Path) -> dict[str, Any]:
    source, mode = case
    with emulator.Emulator() as served:
        setup = setups.make(served, MISBEHAVING[source], folder / "-".join(case))
        env, refused = setup["env"], None
        if mode == "refused":
            refused = nobody_listens()
            env = {name: value.replace(served.url, refused) for name, value in env.items()}
        else:
            served.mode(source, mode)
        told = run(TWICE, env, login(), served.url, refused)
        told["keys"] = served.make_keys(setup["source"], None if source in STEPS else mode)
        return {**told, "setup": setup}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Any]]:
    """All cases side by side: most of their time is waiting."""
    folder = tmp_path_factory.mktemp("homes")
    with ThreadPoolExecutor(16) as pool:
        # The longest first.
        cases = sorted(FAILING + SERVING, key=lambda case: case[1] != "hang")
        yield {case: pool.submit(misbehave, case, folder) for case in cases}


def check_next_call(case: dict[str, Any]) -> None:
    """The call is served as if nothing had happened, and nothing more is held than before."""
    second, setup = case["second"], case["setup"]
    assert "error" not in second, second
    assert signed_with(second["token"]) == (setup["access_key_id"], setup["session_token"])
    # The first call of a process opens a pair of descriptors that stays: one for its whole life.
    start, first, last = case["held"]
    assert first == last
    assert (first[0] - start[0], first[1] - start[1]) in {(0, 0), (2, 0)}


@pytest.mark.parametrize(("source", "mode"), FAILING)
def test_a_failing_source(source: str, mode: str, told: dict[tuple[str, str], Any]) -> None:
    case = told[source, mode].result()
    first = case["first"]
    kind, code = FAILURES[mode]
    if (source, mode) in NO_SERVICE:
        kind, code = NOT_FOUND
    assert (first.get("error"), first.get("code")) == (kind, code), first
    assert first["seconds"] < BOUND
    if mode in PASSING and code != NOT_FOUND[1]:
        assert first["retryable"] is True
    for secret in (case["setup"]["secret_access_key"], case["setup"]["session_token"][:24]):
        assert secret not in first["message"]
    check_next_call(case)


@pytest.mark.parametrize(("source", "mode"), SERVING)
def test_odd_but_right_answers(source: str, mode: str, told: dict[tuple[str, str], Any]) -> None:
    case = told[source, mode].result()
    first, keys = case["first"], case["keys"]
    assert "error" not in first, first
    assert first["seconds"] < BOUND
    key, session = signed_with(first["token"])
    if mode == "rotate":
        # The emulator counts: these are the first that it made.
        assert key == case["setup"]["access_key_id"] + "1"
    else:
        assert (key, session) == (keys.access_key_id, keys.session_token)
    assert first["ends_in"] <= (60 if mode == "soon" else 900)
    check_next_call(case)


@pytest.mark.parametrize("source", [s for s in MISBEHAVING if s not in STEPS and s != "process"])
def test_one_bad_answer_is_made_up_for(source: str, tmp_path: Path) -> None:
    with emulator.Emulator() as served:
        setup = setups.make(served, MISBEHAVING[source], tmp_path)
        served.mode(source, "status:500", times=1)
        first = run(TWICE, setup["env"], login(), served.url, None)["first"]
        assert "error" not in first, first
        assert signed_with(first["token"])[0] == setup["access_key_id"]
