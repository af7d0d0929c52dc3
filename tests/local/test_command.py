"""The command by itself: its child, its end, and what it says of wrong options."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import COMMAND, run

SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


def test_the_command_gets_the_variables_and_no_others():
    env = {**os.environ, "AWS_PROFILE": "mine", "AWS_SESSION_TOKEN": "mine", "PGHOST": "kept"}
    done = run("--", sys.executable, "-c", SHOW, env=env)
    told = json.loads(done.stdout)
    assert "AWS_PROFILE" not in told
    assert "AWS_SESSION_TOKEN" not in told
    assert told["PGHOST"] == "kept"
    assert told["AWS_REGION"] == told["AWS_DEFAULT_REGION"] == "us-east-1"
    assert told["RDSIAM_LOCAL_POSTGRES_HOST"] == told["RDSIAM_LOCAL_MYSQL_HOST"] == "localhost"
    assert told["RDSIAM_LOCAL_POSTGRES_PORT"] == told["RDSIAM_LOCAL_POSTGRES_SIGN_PORT"]
    # The file went with the end.
    assert not Path(told["RDSIAM_LOCAL_CA"]).exists()


def test_the_exit_status_is_that_of_the_command():
    assert run("--", "sh", "-c", "exit 7").returncode == 7
    assert run("--", "sh", "-c", "kill -9 $$").returncode == 137
    missing = run("--", "/nowhere/program")
    assert (missing.returncode, "/nowhere/program" in missing.stderr) == (127, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_reaches_the_command(number, tmp_path):
    script = "trap 'echo got; exit 3' TERM INT HUP; echo ready; while :; do sleep 0.05; done"
    process = subprocess.Popen(
        [COMMAND, "local", "--", "sh", "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.communicate(timeout=20)[0] == "got\n"
    assert process.returncode == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_without_a_command_it_serves_until_a_signal(number):
    process = subprocess.Popen([COMMAND, "local"], stdout=subprocess.PIPE, text=True)
    lines = []
    while "MYSQL_DATABASE" not in (lines[-1:] or [""])[0]:
        lines.append(process.stdout.readline())
    assert "unset AWS_PROFILE\n" in lines
    assert any(line.startswith("export RDSIAM_LOCAL_CONTROL='http://127.0.0.1:") for line in lines)
    assert process.poll() is None
    process.send_signal(number)
    assert process.wait(20) == 0
    process.stdout.close()


def test_it_ends_with_the_program_that_started_it(tmp_path):
    """Also where that was killed."""
    starter = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([{COMMAND!r}, 'local', '--until-input-ends', '--json'],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "p.stdout.readline(); print(p.pid, flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True)
    pid = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--database", "nothing"], 252, "--database is no URL and none of the words"),
        (["--database", "redis://localhost"], 252, "unknown scheme"),
        (["--user", "=x"], 252, "--user is USER"),
        (["--endpoint", "My Host"], 252, "--endpoint is HOST"),
        (["--port", "1", "--port", "2", "--port", "3"], 252, "--port is given 3 times"),
        (["--access-key", "AKID"], 252, "--access-key is ID:SECRET"),
        (["--region", "US East"], 252, "--region has other characters"),
        (["--account", "12345678901"], 252, "--account is no account: give its 12 digits"),
        (["--account", "12345678901x"], 252, "12 digits"),
        (["--policy", "/nowhere.json"], 253, "--policy /nowhere.json"),
        (["--ca", "/nowhere/ca.pem"], 255, "the file of the CA"),
        (["--keys", "none"], 252, "container"),
    ],
)
def test_a_wrong_option_is_named(options, status, words):
    done = run(*options, "--", "true")
    assert (done.returncode, words in done.stderr) == (status, True), done.stderr


def test_a_port_in_use_is_said():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--port", port, "--", "true")
    assert done.returncode == 255
    assert f"127.0.0.1:{port}" in done.stderr


def test_the_help_begins_with_examples():
    done = run("--help")
    assert done.stdout.startswith("Examples:\n  rdsiam local -- pytest")
