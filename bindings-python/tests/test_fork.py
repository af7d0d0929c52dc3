"""Forks while other threads hit, miss, refresh, fail and invalidate: no child hangs, and each gets
tokens that the stand-in's verifier takes, its own or those it inherited."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from support import PYTHON_SOURCE, run_python, until

HERE = Path(__file__).parent
# More in `make stress`.
FORKS = int(os.environ.get("RDSIAM_FORKS", "120"))
EMULATOR = HERE.parents[1] / "tests" / "emulator"
sys.path.insert(0, str(EMULATOR))

# How ruff would sort these depends on the folder that it is started in.
# isort: off
import emulator  # noqa: E402
import setups  # noqa: E402
# isort: on

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


def forks(how: str, count: int, **env: str) -> int:
    # The server of forkserver looks for modules there alone.
    env["PYTHONPATH"] = f"{PYTHON_SOURCE}{os.pathsep}{HERE}"
    done = run_python(str(HERE / "forks.py"), how, str(count), timeout=60 + count, **env)
    assert done.returncode == 0, done.stderr
    made, amid = map(int, done.stdout.split())
    assert made == count
    return amid


def test_hundreds_of_forks_amid_refreshes() -> None:
    # It is known to be a test of what is under way.
    assert forks("os", FORKS) > FORKS / 4


def test_forks_amid_the_default_chain(tmp_path: Path) -> None:
    with emulator.Emulator() as served:
        forks("chain", FORKS // 2, **setups.make(served, "container-token", tmp_path)["env"])


def test_forks_amid_the_chain_and_its_processes(tmp_path: Path) -> None:
    answer, config = tmp_path / "answer", tmp_path / "config"
    answer.write_text('{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S"}')
    config.write_text(f"[profile process]\ncredential_process = cat {answer}\n")
    forks("chain", FORKS // 2, AWS_CONFIG_FILE=str(config), AWS_PROFILE="process")


@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_multiprocessing(method: str) -> None:
    forks(method, FORKS // 2)


class Connection(http.client.HTTPConnection):
    """Over a socket of the file system, which needs no free port."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.host)


def ask(path: str, number: int) -> dict[str, Any]:
    connection = Connection(path)
    try:
        connection.request("GET", f"/?{number}", headers={"Host": "x"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        told: dict[str, Any] = json.loads(body)
        return told
    finally:
        connection.close()


def listens(path: str) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.connect(path)
        return True
    return False


def test_gunicorn_with_preloading(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    # A worker ends after a few requests, so that there are many forks.
    options = ["--preload", "--workers=4", "--max-requests=8", f"--bind=unix:{path}", "-t", "30"]
    # It would be in the home of whoever runs this, and have a thread.
    options += ["--no-control-socket", "--graceful-timeout=5"]
    with (
        open(tmp_path / "log", "w+") as log,
        subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options, "prefork_app:application"],
            env={**os.environ, "PYTHONPATH": f"{PYTHON_SOURCE}{os.pathsep}{HERE}"},
            cwd=HERE,
            stdout=log,
            stderr=log,
        ) as server,
    ):
        try:
            until(lambda: listens(path) or server.poll() is not None)
            with ThreadPoolExecutor(6) as pool:
                told = list(pool.map(lambda number: ask(path, number), range(320)))
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                raise
        log.seek(0)
        printed = log.read()
    assert "WORKER TIMEOUT" not in printed
    workers = {answer["process"] for answer in told}
    arbiter = told[0]["arbiter"]
    assert len(workers) >= 30
    assert arbiter not in workers
    # Its own where it had to be new; inherited ones are served as well.
    assert all(a["key"] == f"AKID{a['process']}" for a in told if a["new"])
    assert any(a["key"] == f"AKID{arbiter}" for a in told)
