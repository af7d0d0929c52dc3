"""What is asked of a binding's driver at an emulator, and what its answers have to be."""

import calendar
import contextlib
import json
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs

import cases
import emulator
import network
import setups
from bindings import Binding

STANDIN = "STANDIN_HOST" in os.environ or os.environ.get("RDSIAM_REQUIRE_STANDIN") == "1"
# Temporary ones that it lets in.
STANDIN_KEYS = [
    os.environ.get(f"STANDIN_{name}", f"STANDIN-{name}")
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")
]
# Less than a token's life, so that the keys' end has to be the token's.
SECONDS = 700


def login():
    """Where there is a stand-in, its own."""
    if not STANDIN:
        return ["mydb.abc123.us-east-1.rds.amazonaws.com", "5432", "app", "us-east-1"]
    return [os.environ[f"STANDIN_{name}"] for name in ("HOST", "PORT", "USER", "REGION")]


def introduce(keys):
    """The stand-in reads the keys that it knows at each login."""
    if STANDIN:
        file = Path(os.environ["STANDIN_CONFIG"])
        config = json.loads(file.read_text())
        config["keys"].update(keys)
        file.write_text(json.dumps(config))


def log_in(token):
    """Where there is a stand-in, it lets the token in."""
    if not STANDIN:
        return
    from standin_login import connect

    with connect(token) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def query(token):
    return parse_qs(token.partition("?")[2], keep_blank_values=True)


def signed_with(token):
    """The access key id and the session token."""
    found = query(token)
    session = found.get("X-Amz-Security-Token")
    return found["X-Amz-Credential"][0].partition("/")[0], session[0] if session else None


def signed_at(token):
    return calendar.timegm(time.strptime(query(token)["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ"))


def check_end(token, end, served, source):
    """The token ends with its keys, or 15 minutes after its signing if that is sooner."""
    ends = {entry["expires_at"] for entry in served.requests(source) if "expires_at" in entry}
    latest = signed_at(token) + 900
    if source is None:
        assert end == latest, (end, latest)
    else:
        assert end in {min(keys_end, latest) for keys_end in ends}, (end, latest, ends)


def resolve(binding, setup):
    """By the environment, and by a profile that is named in code: all ways to a token."""
    answers = []
    if setup["profile"] is None or "AWS_PROFILE" in setup["env"]:
        with Binding(binding, login(), "default", setup["env"]) as driver:
            more = ["function"] if binding == "python" else []
            answers += [driver.ask(call) for call in ("get", "sign", *more)]
    if setup["profile"]:
        with Binding(binding, login(), f"profile={setup['profile']}", setup["env"]) as driver:
            answers += [driver.ask(call) for call in ("get", "sign")]
    return answers


def by_boto3(setup):
    named = setup["profile"] and "AWS_PROFILE" not in setup["env"]
    source = f"profile={setup['profile']}" if named else "default"
    with Binding("python", login(), source, setup["env"]) as driver:
        return driver.ask("peer")["token"]


def beside_boto3(binding, name, folder):
    """The tokens of a source, after a look at who signed them; and the keys that did."""
    with emulator.Emulator(seconds=SECONDS) as served:
        # A home for each: a renewed SSO token is written back.
        ours, theirs = (setups.make(served, name, folder / who) for who in ("ours", "theirs"))
        expected = (ours["access_key_id"], ours["session_token"])
        answers = resolve(binding, ours)
        for answer in answers:
            assert "code" not in answer, answer
            assert signed_with(answer["token"]) == expected
            if answer["expires_at"] is not None:
                check_end(answer["token"], answer["expires_at"], served, ours["source"])
        assert signed_with(by_boto3(theirs)) == expected
        return [answer["token"] for answer in answers], setups.verifier_keys(served)


def told_by(binding, setup, served, ask):
    """What comes of one call, and the requests that it took."""
    served.clear()
    for source, mode in setup["modes"].items():
        served.mode(source, mode)
    named = setup["profile"] and "AWS_PROFILE" not in setup["env"]
    source = f"profile={setup['profile']}" if named else "default"
    with Binding(binding, login(), source, setup["env"]) as driver:
        told = driver.ask(ask)
    return told, network.seen(served.requests())


def check_network(binding, name, folder):
    """The settings of the network, beside boto3."""
    row = network.ROWS[name]
    with emulator.Emulator(seconds=SECONDS) as served:
        ours, theirs = (network.make(served, row, folder / who) for who in ("ours", "theirs"))
        told, requests = told_by(binding, ours, served, "get")
        peer, their_requests = told_by("python", theirs, served, "peer")
    assert told["seconds"] < cases.BOUND, told
    assert ("token" in peer) == ("boto3" not in row.fails), peer
    kind = binding.partition("-")[0]
    expected = row.differs.get(kind, "token" in peer)
    assert ("token" in told) == expected, (told, peer)
    if kind not in row.differs:
        assert requests == their_requests, (told, peer)
    if expected:
        assert signed_with(told["token"]) == (ours["access_key_id"], ours["session_token"])
    elif binding == "python":
        for word in row.words.get("boto3", ()):
            assert word in told["message"], told
    for secret in ("p@ss", "p%40ss"):
        assert secret not in told.get("message", "")


def nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def left_hanging(served):
    """Requests that nobody answers and whose connection somebody still holds."""
    deadline = time.monotonic() + 2
    while True:
        hanging = [r for r in served.requests() if r["mode"] == "hang" and "gave_up" not in r]
        if not hanging or time.monotonic() > deadline:
            return hanging
        time.sleep(0.02)


def misbehave(binding, case, folder):
    """Two calls: the first meets the misbehaviour, the second a source that works again."""
    with emulator.Emulator() as served:
        setup = setups.make(served, case["setup"], folder)
        env, healed = setup["env"], {}
        if case["mode"] == "refused":
            refused = nobody_listens()
            healed = {name: value for name, value in env.items() if served.url in value}
            env = {name: value.replace(served.url, refused) for name, value in env.items()}
        else:
            served.mode(case["source"], case["mode"], case["times"])
        with Binding(binding, login(), env=env) as driver:
            held = [driver.held()]
            first = driver.ask("get")
            held.append(driver.held(held[0]))
            hanging = left_hanging(served)
            asked = served.requests(setup["source"])
            served.mode(case["source"], None)
            for name, value in healed.items():
                driver.ask("set", f"{name}={value}")
            if "token" in first:
                driver.ask("invalidate")
            second = driver.ask("get")
            held.append(driver.held(held[1]))
        told = {"first": first, "second": second, "held": held, "hanging": hanging}
        return {**told, "setup": setup, "asked": asked}


def check_failing(case, told):
    first = told["first"]
    assert first.get("code") == case["code"], first
    assert first["seconds"] < cases.BOUND, first
    assert case["retryable"] in (None, first["retryable"]), first
    for secret in (told["setup"]["secret_access_key"], told["setup"]["session_token"][:24]):
        assert secret not in first["message"]
    check_next_call(told)


def check_serving(case, told):
    first, setup = told["first"], told["setup"]
    assert "code" not in first, first
    assert first["seconds"] < cases.BOUND, first
    # Among them are those that the rule of 15 minutes asks for once more.
    answers = {(entry["access_key_id"], entry["session_token"]) for entry in told["asked"]}
    assert signed_with(first["token"]) in answers
    plain = (setup["access_key_id"], setup["session_token"])
    changed = case["mode"] in ("rotate", "huge", "odd")
    assert (signed_with(first["token"]) != plain) == changed
    lives = first["expires_at"] - signed_at(first["token"])
    assert lives <= (61 if case["mode"] == "soon" else 900), lives
    check_next_call(told)


def check_once(told):
    assert "code" not in told["first"], told["first"]
    assert signed_with(told["first"]["token"])[0] == told["setup"]["access_key_id"]
    check_next_call(told)


def check_next_call(told):
    """It is served as if nothing had happened, and nothing more is held than before."""
    second, setup = told["second"], told["setup"]
    assert "code" not in second, second
    assert signed_with(second["token"]) == (setup["access_key_id"], setup["session_token"])
    start, first, last = told["held"]
    assert start == first == last, told["held"]
    # Nor is it by a process that the call began: it would hold its own connection.
    assert not told["hanging"], told["hanging"]


@contextlib.contextmanager
def side_by_side(binding, folder):
    """Everything above, by name: most of the time is waiting.

    The longest waits cost nothing, so all are begun at once. Of the rest only so many run together
    that none of them is late for want of a processor.
    """
    with ThreadPoolExecutor(16) as waiting, ThreadPoolExecutor(6) as working:
        told = {}
        for case in cases.every():
            pool = waiting if case["mode"] == "hang" else working
            told[cases.name(case)] = pool.submit(
                misbehave, binding, case, folder / cases.name(case)
            )
        for name in setups.SETUPS:
            told[name] = working.submit(beside_boto3, binding, name, folder / name)
        yield told
