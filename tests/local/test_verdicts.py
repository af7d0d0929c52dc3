"""The same 200 tokens, good and bad, by three verifiers that share no code: `rdsiam local`, the PAM
module behind a real PostgreSQL, and the verifier of tests/standin as a module."""

import json
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import verifier
from conftest import token
from signer import REFUSALS, make_token, spoilt_texts

SEED = int(os.environ.get("RDSIAM_SEED", "1"))
COUNT = 200
# RDS takes what the AWS SDK for Go makes, without a slash, and so does `rdsiam local`. The stand-in
# is strict there, so that a signer without it shows.
SLASH = "wrong path {'path': ''}"
STANDIN = {k: v for k, v in os.environ.items() if k.startswith("STANDIN_")}
# As signer.py makes them: the one with a session token, and one without.
KEYS = [
    ("ASIATEMPORARYEXAMPLE", "TEMPORARY+SECRET/EXAMPLE", "SESSION+TOKEN/EXAMPLE=="),
    ("AKIASTATICEXAMPLE", "STATIC+SECRET/EXAMPLE", None),
]


def boto3_tokens(database, key):
    identity = dict(
        zip(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"), key, strict=True)
    )
    yield "boto3", token(database, **identity)
    yield "boto3, another user", token(database, user="other", **identity)
    yield "boto3, another port", token(database, port=1, **identity)
    yield "boto3, another region", token(database, region_name="eu-west-1", **identity)


def tokens(database, now):
    """What is tried, and the token."""
    chance = random.Random(SEED)
    ours = {"host": database.host, "port": database.sign_port, "user": database.user, "at": now}
    found = []
    for key in KEYS:
        found += boto3_tokens(database, key)
        for expires in (60, 899, 900):
            found.append((f"expires {expires}", make_token(key, **ours, expires=expires)))
        for age in (1, 30, 300, 600, 840, -60, -240):
            found.append((f"signed {age} s ago", make_token(key, **ours, age=age)))
        found.append(("order", make_token(key, **ours, edit=lambda pairs: pairs[::-1])))
    for changes, reason in REFUSALS:
        changed = {**ours, **changes}
        found.append((f"{reason} {changes}", make_token(KEYS[0], **changed)))
    good = make_token(KEYS[0], **ours)
    # A NUL, or nothing at all, is no password that libpq sends.
    found += [(reason, text) for text, reason in spoilt_texts(good)]
    found.append(("unknown key", make_token(("AKIAUNKNOWN", "x", None), **ours)))
    while len(found) < COUNT:
        key = chance.choice(KEYS)
        text = make_token(key, **ours, age=chance.randrange(600))
        at = chance.randrange(len(text))
        new = chance.choice("0aA%&=/?.+~-")
        found.append((f"character {at} to {new}", text[:at] + new + text[at + 1 :]))
    return found[:COUNT]


def by_login(host, address, port, ca, user):
    """Whether a server lets the user in, with its words."""

    def judge(text):
        try:
            psycopg.connect(
                host=host,
                hostaddr=address,
                port=port,
                user=user,
                dbname="app",
                password=text,
                sslmode="verify-full",
                sslrootcert=ca,
                gssencmode="disable",
            ).close()
        except psycopg.OperationalError as error:
            if f'FATAL:  PAM authentication failed for user "{user}"' in str(error):
                return False
            raise
        return True

    return judge


@pytest.fixture
def standin(monkeypatch):
    assert STANDIN, "run by tests/standin/standin run -- ..., as make test-local does"
    return STANDIN


def test_three_verifiers_agree_on_200_tokens(start, standin):
    host, port, user = standin["STANDIN_HOST"], standin["STANDIN_PORT"], standin["STANDIN_USER"]
    keys = [":".join(filter(None, key)) for key in KEYS]
    server = start(
        *("--database", "none:postgres", "--endpoint", f"{host}:{port}", "--user", user),
        *(option for key in keys for option in ("--access-key", key)),
    )
    database = server.postgres
    known = Path(standin["STANDIN_CONFIG"])
    config = before = json.loads(known.read_text())
    config["keys"].update({k: {"secret": s, "session_token": t} for k, s, t in KEYS})
    known.write_text(json.dumps(config))
    ours = by_login(host, database.hostaddr, database.port, server.ca, user)
    pam = by_login(host, standin["STANDIN_HOSTADDR"], port, standin["STANDIN_CA"], user)

    def module(text, now):
        try:
            verifier.verify(text, user, config, now)
        except verifier.Refused:
            return False
        return True

    now = int(time.time())
    found = tokens(database, now)
    assert len(found) == COUNT
    assert len({text for _, text in found}) > COUNT * 0.95

    def judge(text):
        return ours(text), pam(text), module(text, now)

    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(judge, [text for _, text in found]))
    known.write_text(json.dumps(before))
    different = {
        name: verdict
        for (name, _), verdict in zip(found, verdicts, strict=True)
        if len(set(verdict)) != 1
    }
    assert different == {SLASH: (True, False, False)}, f"seed {SEED}: (local, PAM, module)"
    good = sum(verdict[0] for verdict in verdicts)
    assert 20 <= good <= COUNT - 100, good
    # The journal has one line for each of these, and nothing of a token.
    logins = server.logins()
    assert [len(logins), sum(login["accepted"] for login in logins)] == [COUNT, good]
    assert not any(secret in json.dumps(logins) for key in KEYS for secret in key[1:] if secret)


def test_a_verifier_that_accepts_everything_would_be_seen(start, standin):
    """The comparison is one that can fail."""
    server = start("--database", "none:postgres", "--user", standin["STANDIN_USER"])
    database = server.postgres
    judge = by_login(
        database.host, database.hostaddr, database.port, server.ca, standin["STANDIN_USER"]
    )
    assert judge(token(database))
    assert not judge(token(database, user="other"))
