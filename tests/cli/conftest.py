"""The command `rdsiam`, as somebody at a shell runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
COMMAND = os.environ.get("RDSIAM_COMMAND", str(TARGET / "debug/rdsiam"))
# The environment that the tests' own tools are in.
BIN = Path(sys.executable).parent
HOST = "mydb.abc123.us-east-1.rds.amazonaws.com"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "SECRETKEYEXAMPLE"}
# What a machine may have set of its own.
FOREIGN = ("AWS_", "PG", "MYSQL_", "RDSIAM_")


class Command:
    """Runs the command with nothing of the machine's but its programs."""

    def __init__(self, home):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
        nothing = {
            "HOME": str(home),
            "AWS_CONFIG_FILE": str(home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }
        self.home, self.env = home, {**kept, **nothing}

    def __call__(self, *arguments, env=KEYS, given="", program=COMMAND, cwd=None, timeout=60):
        return subprocess.run(
            [program, *map(str, arguments)],
            env={**self.env, **(env or {})},
            input=given,
            capture_output=True,
            text=True,
            cwd=cwd or self.home,
            timeout=timeout,
        )


@pytest.fixture
def rdsiam(tmp_path):
    return Command(tmp_path)


@pytest.fixture(scope="session")
def standin():
    """The variables of the databases, which `make test-cli` starts."""
    found = {k: v for k, v in os.environ.items() if k.startswith("STANDIN_")}
    assert found, "run by tests/standin/standin run -- ..., as make test-cli does"
    return found
