"""`rdsiam local` as a cluster of Aurora DSQL: whose tokens it takes, in whose words it refuses, and
that the helpers for drivers understand these words."""

import json
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import psycopg
import pytest
import verifier
from conftest import ROOT, postgres, refused, run
from signer import make_token

HOST = "abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws"
USERS = ("--user", "app", "--user", "admin")
# All that DSQL says, under the SQLSTATE 08006.
WORDS = "FATAL:  unable to accept connection, access denied"
KEY = ("ASIATEMPORARYEXAMPLE", "TEMPORARY+SECRET/EXAMPLE", "SESSION+TOKEN/EXAMPLE==")


@pytest.fixture
def cluster(start):
    return start("--database", "none:postgres", "--endpoint", HOST, *USERS)


def token(user="app", host=HOST, life=900, region="us-east-1"):
    client = boto3.Session().client("dsql", region_name=region)
    which = "_admin" if user == "admin" else ""
    return getattr(client, f"generate_db_connect{which}_auth_token")(host, region, life)


def reason(cluster):
    return cluster.logins()[-1]["reason"]


def test_tokens_of_boto3_for_this_login_are_taken_and_no_others(cluster):
    for user in ("app", "admin"):
        for life in (1, 60, 900, 604_800):
            connection = postgres(cluster, token(user, life=life), user)
            assert connection.execute("SELECT current_user").fetchone() == (user,)
            connection.close()
    # As the SDK for Go has it.
    postgres(cluster, token().replace("/?", "?", 1), "app").close()
    for wrong, user, why in [
        (token("admin"), "app", "wrong-action"),
        (token("app"), "admin", "wrong-action"),
        (token(host="other.dsql.us-east-1.on.aws"), "app", "wrong-host"),
        (token(host=HOST + ":5432"), "app", "wrong-host"),
        (token(region="eu-west-1"), "app", "wrong-region"),
        (token(life=604_801), "app", "wrong-expires"),
        (token()[:-1], "app", "bad-signature"),
        (token(), "nobody", "unknown-user"),
    ]:
        assert WORDS in refused(postgres, cluster, wrong, user)
        assert reason(cluster) == why


def test_a_token_of_rds_is_refused(cluster):
    database = cluster.postgres
    rds = boto3.Session().client("rds").generate_db_auth_token(HOST, database.sign_port, "app")
    assert WORDS in refused(postgres, cluster, rds, "app")
    assert WORDS in refused(postgres, cluster, token(), "app", sslmode="disable")
    assert reason(cluster) == "no-tls"


def test_the_policy_names_the_cluster_and_the_action(start, tmp_path):
    policy = tmp_path / "policy.json"
    arn = "arn:aws:dsql:us-east-1:123456789012:cluster/abcdefghijklmnopqrstuvwxyz"
    statement = {"Effect": "Allow", "Action": "dsql:DbConnect", "Resource": arn}
    policy.write_text(json.dumps({"Statement": statement}))
    cluster = start(
        *("--database", "none:postgres", "--endpoint", HOST, *USERS), "--policy", policy
    )
    postgres(cluster, token(), "app").close()
    assert WORDS in refused(postgres, cluster, token("admin"), "admin")
    assert reason(cluster) == "not-allowed"
    assert "dsql:DbConnectAdmin" in cluster.logins()[-1]["message"]


def test_a_cluster_is_no_mysql():
    done = run("--database", "none:mysql", "--endpoint", HOST)
    assert done.returncode == 252
    assert "--endpoint" in done.stderr


def test_two_verifiers_agree_on_200_tokens(start):
    """The one of tests/standin shares no code with this one."""
    cluster = start(
        *("--database", "none:postgres", "--endpoint", HOST, *USERS),
        *("--access-key", ":".join(KEY)),
    )
    chance, now, found = random.Random(1), int(time.time()), []

    def made(action="DbConnect", address=HOST, **more):
        more = {"service": "dsql", "at": now, **more}
        return make_token(KEY, address=address, own=[("Action", action)], **more)

    for user in ("app", "admin"):
        for action in ("DbConnect", "DbConnectAdmin", "connect"):
            for life in (1000, 604_800, 604_801):
                found.append((user, made(action, expires=life)))
        found += [(user, made(service="rds-db")), (user, made(address=HOST + ":5432"))]
    while len(found) < 200:
        text = made(age=chance.randrange(600))
        at = chance.randrange(len(text))
        found.append(("app", text[:at] + chance.choice("0aA%&=/?.+~-") + text[at + 1 :]))
    keys = {KEY[0]: {"secret": KEY[1], "session_token": KEY[2]}}
    config = {"dsql_endpoints": [HOST], "region": "us-east-1", "keys": keys}

    def both(login):
        user, text = login
        try:
            postgres(cluster, text, user).close()
            ours = True
        except psycopg.OperationalError as error:
            ours = False if WORDS in str(error) else str(error)
        try:
            verifier.verify_dsql(text, user, config)
        except verifier.Refused:
            return ours, False
        return ours, True

    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(both, found))
    assert all(ours == theirs for ours, theirs in verdicts)
    assert 4 <= sum(theirs for _, theirs in verdicts) <= 40


SECOND_TRY = """
import asyncio, importlib, sys
import rdsiam
name, host, port, address, ca, user = sys.argv[1:]
module = importlib.import_module("rdsiam." + name)
cache = rdsiam.TokenCache(host, int(port), user)
cache.get_token()
where = {"sign_host": host, "host": address, "port": int(port), "user": user, "ca": ca}
where["cache"] = cache
where["dbname" if name.startswith("psycopg") else "database"] = "postgres"
made = module.connect(**where)
if asyncio.iscoroutine(made):
    asyncio.run(made)
"""


@pytest.mark.parametrize("name", ["psycopg", "psycopg2", "pg8000", "asyncpg"])
def test_a_helper_of_python_tries_again_after_these_words(cluster, name):
    database = cluster.postgres
    cluster.fault("refuse=1")
    given = [name, HOST, database.port, database.hostaddr, cluster.ca, "admin"]
    done = subprocess.run(
        [sys.executable, "-c", SECOND_TRY, *map(str, given)],
        cwd=ROOT / "bindings-python/python",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert [login["accepted"] for login in cluster.logins()] == [False, True]


def test_the_helpers_of_node_try_again_after_these_words(cluster):
    database = json.dumps({**cluster.postgres._asdict(), "ca": cluster.ca, "user": "admin"})
    for name in ("pg", "postgres"):
        cluster.reset()
        cluster.fault("refuse=1")
        done = subprocess.run(
            ["node", ROOT / "tests/local/dsql.js", name, database],
            cwd=ROOT / "bindings-node",
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (0, "admin\n"), done.stderr
        assert [login["accepted"] for login in cluster.logins()] == [False, True]
