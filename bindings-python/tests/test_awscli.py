"""`patch_boto3` under the AWS CLI, whose command signs with a client of the botocore it brings.

The CLI of the registry has no tests of its own, so it is run here, patched and as it comes.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import rdsiam
from support import HOST, PYTHON_SOURCE, run_python

PEERS = Path(__file__).parents[2] / "build" / "peers"

# Runs each command at the same second and prints what the CLI answered, and how often we signed.
BOTH = """
import contextlib, datetime, io, json, os, sys
from unittest import mock
import awscli.clidriver
patched, cases, signed = sys.argv[1] == "patched", json.load(open(sys.argv[2])), []
import botocore
assert "awscli" in botocore.__file__, botocore.__file__
if patched:
    import rdsiam
    rdsiam.patch_boto3()
    import rdsiam._boto3
    sign = rdsiam._boto3._sign
    rdsiam._boto3._sign = lambda *given: signed.append(1) or sign(*given)
clock = datetime.datetime(2024, 6, 1, 12, 0, 1, tzinfo=datetime.timezone.utc)
told = []
for arguments, more in cases:
    out, err = io.StringIO(), io.StringIO()
    command = ["rds", "generate-db-auth-token", *arguments]
    with (
        mock.patch.dict(os.environ, more),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch("datetime.datetime") as stopped,
    ):
        stopped.now.return_value = clock
        stopped.utcnow.return_value = clock.replace(tzinfo=None)
        try:
            code = awscli.clidriver.create_clidriver().main(command)
        except SystemExit as error:
            code = error.code
    told.append([code, out.getvalue(), err.getvalue()])
print(json.dumps([told, len(signed)]))
"""

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "SECRETKEYEXAMPLE"}
HERE = {**KEYS, "AWS_DEFAULT_REGION": "us-east-1"}
TEMPORARY = {**HERE, "AWS_SESSION_TOKEN": "FwoGZXIvYXdzEJr+/=" * 40}


def command(host: str = HOST, port: str = "5432", user: str = "app", *more: str) -> list[str]:
    return ["--hostname", host, "--port", port, "--username", user, *more]


TOKENS: list[tuple[list[str], dict[str, str]]] = [
    (command(), HERE),
    (command(), TEMPORARY),
    (command(port="443"), HERE),
    (command(user="a b+c/d@é!'()*"), HERE),
    (command(HOST, "3306", "app", "--region", "eu-central-1"), TEMPORARY),
    (command(HOST, "3306", "app", "--output", "json"), HERE),
    (command(HOST, "3306", "app", "--region", "eu-west-3", "--profile", "other"), {}),
    (command("db.example.com"), HERE),
]
FAILURES: list[tuple[str, list[str], dict[str, str]]] = [
    ("the following arguments are required: --port", ["--hostname", HOST, "--username", "a"], HERE),
    ("invalid literal for int", command(port="abc"), HERE),
    ("Unable to locate credentials", command(), {"AWS_DEFAULT_REGION": "us-east-1"}),
    ("You must specify a region", command("db.example.com"), KEYS),
    ("config profile (none) could not be found", [*command(), "--profile", "none"], HERE),
    ("Partial credentials", command(), {**HERE, "AWS_SECRET_ACCESS_KEY": ""}),
]
# The CLI signs these.
NONSENSE = [(command(host=""), HERE), (command(port="0"), HERE), (command(user=""), HERE)]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Of the CLI as it comes, and patched: what it answered, and how often we signed."""
    folder = tmp_path_factory.mktemp("awscli")
    credentials = folder / "credentials"
    credentials.write_text(
        "[other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = SECRETOTHER\n"
    )
    cases = [*TOKENS, *[case[1:] for case in FAILURES], *NONSENSE]
    file = folder / "cases.json"
    file.write_text(json.dumps(cases))
    env = {
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_CONFIG_FILE": str(folder / "no-config"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": os.pathsep.join([str(PEERS / "awscli"), str(PYTHON_SOURCE)]),
    }
    found = []
    for which in ("plain", "patched"):
        done = run_python("-W", "ignore", "-c", BOTH, which, str(file), **env)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    return found[0], found[1]


def test_the_command_prints_the_same_tokens(answers: Any) -> None:
    (plain, _), (patched, signed) = answers
    told = set()
    for (arguments, _), theirs, ours in zip(TOKENS, plain, patched, strict=False):
        assert ours == theirs, arguments
        code, out, _ = ours
        assert code == 0
        assert out.endswith("\n")
        host, port, user = arguments[1], arguments[3], arguments[5]
        assert out.startswith(f"{host}:{port}/?Action=connect&DBUser=")
        token = rdsiam.explain(out.rstrip("\n"))
        assert (token.host, token.port, token.user) == (host, int(port), user)
        assert "X-Amz-Date=20240601T120001Z&X-Amz-Expires=900&" in out
        told.add((token.region, token.access_key_id, "X-Amz-Security-Token=" in out))
    assert told == {
        ("us-east-1", "AKIDEXAMPLE", False),
        ("us-east-1", "AKIDEXAMPLE", True),
        ("eu-central-1", "AKIDEXAMPLE", True),
        ("eu-west-3", "AKIDOTHER", False),
    }
    # They were made here; and so were the refusals below.
    assert signed == len(TOKENS) + len(NONSENSE)


def test_what_fails_fails_as_in_the_cli(answers: Any) -> None:
    (plain, none), (patched, _) = answers
    assert none == 0
    rest = list(zip(plain, patched, strict=True))[len(TOKENS) :]
    for text, arguments, _ in FAILURES:
        theirs, ours = rest.pop(0)
        assert ours == theirs, arguments
        assert ours[0] != 0
        assert text in ours[2], arguments
    for arguments, _ in NONSENSE:
        theirs, ours = rest.pop(0)
        assert theirs[0] == 0, arguments
        assert ours[0] == 255, arguments
        assert ours[1] == ""
        assert any(word in ours[2] for word in ("host", "port", "user")), ours
    assert rest == []


def test_the_botocore_beside_it_is_another_one() -> None:
    """So that the tests above are of the one that the CLI brings."""
    import botocore

    assert not Path(botocore.__file__).is_relative_to(PEERS)
    assert Path(sys.prefix) in Path(botocore.__file__).parents
