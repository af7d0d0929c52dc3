"""`python -m rdsiam` and `npx rdsiam`: the same options, output and exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = [sys.executable, "-m", "rdsiam"]
NODE = ["node", str(ROOT / "bindings-node/dist/command.js")]
HOST = "mydb.abc123.us-east-1.rds.amazonaws.com"
LOGIN = ["--hostname", HOST, "--port", "5432", "--username", "app"]
CERTIFICATES = str(ROOT / "tests/ca/us-east-1.pem")
TOKEN = (
    f"{HOST}:5432/?Action=connect&DBUser=app&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
    "AKIDEXAMPLE%2F20200101%2Fus-east-1%2Frds-db%2Faws4_request&X-Amz-Date=20200101T000000Z"
    f"&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature={'0' * 64}"
)
ELSEWHERE = ("psql", "mysql", "exec", "doctor", "policy", "sql", "enable")


def run(
    program: list[str], words: list[str], given: str = "", **env: str
) -> "subprocess.CompletedProcess[str]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "RDSIAM_"))}
    settings = {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent/config",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
        "PYTHONPATH": str(ROOT / "bindings-python/python"),
    }
    return subprocess.run(
        [*program, *words],
        input=given,
        env={**kept, **settings, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def both(words: list[str], given: str = "", **env: str) -> "list[subprocess.CompletedProcess[str]]":
    return [run(program, words, given, **env) for program in (PYTHON, NODE)]


KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "SECRETKEYEXAMPLE"}


@pytest.mark.parametrize(
    "options", [[], ["--region", "eu-west-1"], ["--username=with space"]], ids=repr
)
def test_same_token(options: list[str]) -> None:
    # The order of the parameters is that of boto3 in one and of the JS SDK in the other.
    def parts(token: str) -> list[str]:
        assert token.endswith("\n")
        changing = ("X-Amz-Date=", "X-Amz-Signature=")
        endpoint, query = token.strip().split("?")
        return [endpoint, *sorted(p for p in query.split("&") if not p.startswith(changing))]

    python, node = both(["token", *LOGIN, *options], **KEYS)
    assert (python.returncode, node.returncode) == (0, 0), python.stderr + node.stderr
    assert parts(python.stdout) == parts(node.stdout)


@pytest.mark.parametrize("token", [TOKEN, TOKEN.replace("connect", "other"), "no token", ""])
def test_same_explanation(token: str) -> None:
    python, node = both(["explain"], token)
    assert (python.returncode, node.returncode) == (0, 0), python.stderr + node.stderr

    # Seconds go by between the two.
    def lines(text: str) -> list[str]:
        return [line for line in text.splitlines() if "ago" not in line and "remain" not in line]

    assert lines(python.stdout)
    assert lines(python.stdout) == lines(node.stdout)


def test_same_certificates() -> None:
    python, node = both(["ca", "--region", "us-east-1"], RDSIAM_CA_BUNDLE=CERTIFICATES)
    assert python.stdout == node.stdout == f"{CERTIFICATES}\n"


FAILURES = {
    "no credentials": (["token", *LOGIN], "no AWS credentials found", 1),
    "no certificates": (["ca"], "no certificates of RDS", 1),
    "no port": (["token", *LOGIN, "--port", "none"], "a whole number from 1 to 65535", 1),
    "no command": ([], "the following arguments are required: COMMAND", 2),
    "another command": (["tokens"], "argument COMMAND: invalid choice: 'tokens'", 2),
    "no user": (["token", *LOGIN[:4]], "the following arguments are required: --username", 2),
    "another option": (["token", *LOGIN, "--other"], "--other", 2),
    "another word": (["explain", "word"], "word", 2),
    **{name: ([name, "--help"], "are in the command rdsiam: ", 2) for name in ELSEWHERE},
}


@pytest.mark.parametrize("name", FAILURES)
def test_same_failure(name: str) -> None:
    words, text, status = FAILURES[name]
    for done in both(words, RDSIAM_CA_BUNDLE="/nonexistent.pem", **({} if status == 1 else KEYS)):
        assert (done.returncode, done.stdout) == (status, ""), done.stderr
        assert text in done.stderr
        assert "Traceback" not in done.stderr
        assert "    at " not in done.stderr


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["token", "--help"]])
def test_same_options_in_the_help(words: list[str]) -> None:
    python, node = both(words)
    assert (python.returncode, node.returncode) == (0, 0)

    def options(text: str) -> set[str]:
        return {word.strip("[],") for word in text.split() if word.strip("[],").startswith("--")}

    # What each says of itself, and how the other command is installed.
    own = {"--help", "--from", "--global"}
    assert options(python.stdout) - own == options(node.stdout) - own
    if "token" in words:
        assert options(node.stdout) > {"--hostname", "--profile"}
