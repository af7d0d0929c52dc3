"""The programs of docs/valkey.md that are marked `<!-- run: valkey -->`: each prints its user."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs/tools"))
from pages import blocks  # noqa: E402

COMMAND = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug/rdsiam"
MARKED = [
    block
    for block in blocks(ROOT / "docs/valkey.md")
    if (block.mark, block.detail) == ("run", "valkey")
]
KEYS = ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")


def program(block):
    """The command that runs it, with the stand-in's address; its names are those of the page."""
    code = block.code.replace("master.my-cache.abc123.use1.cache.amazonaws.com", "localhost")
    code = code.replace("6379", os.environ["VALKEY_PORT"])
    if block.language == "sh":
        words = shlex.split(code.replace("\\\n", " "))
        place = ["-p", os.environ["VALKEY_PORT"], "--ca", os.environ["VALKEY_CA"]]
        return [
            COMMAND,
            words[1],
            *place,
            *words[2:-1],
            os.environ["VALKEY_CLIENT"],
            "ACL",
            "WHOAMI",
        ]
    return {"python": [sys.executable, "-c", code], "js": ["node", "-e", code]}[block.language]


@pytest.mark.parametrize("block", MARKED, ids=str)
def test_a_program_of_the_page_logs_in(block):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        program(block),
        env={
            **kept,
            **{f"AWS_{name}": os.environ[f"VALKEY_{name}"] for name in KEYS},
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONPATH": str(ROOT / "bindings-python/python"),
            # To the program the stand-in's authority is one of the system's.
            "SSL_CERT_FILE": os.environ["VALKEY_CA"],
            "NODE_EXTRA_CA_CERTS": os.environ["VALKEY_CA"],
        },
        cwd=ROOT / "bindings-node",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip()) == (0, os.environ["VALKEY_USER"]), done.stderr


def test_each_client_has_a_program():
    assert [block.language for block in MARKED] == ["python", "js", "js", "sh"]
