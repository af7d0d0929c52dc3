"""A process that is stopped for longer than its tokens live, and goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import PYTHON_SOURCE, until

HERE = Path(__file__).parent
# Longer than a token's life here, which is 4 s.
FROZEN = 6.0

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")


def is_stopped(process: "subprocess.Popen[str]") -> bool:
    assert process.poll() is None, process.communicate()
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_no_dead_token_after_a_stop() -> None:
    processes = {
        scenario: subprocess.Popen(
            [sys.executable, str(HERE / "stops.py"), scenario],
            env={**os.environ, "PYTHONPATH": str(PYTHON_SOURCE), "FROZEN": str(FROZEN)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for scenario in ("idle", "refreshing", "waiting", "tasks")
    }
    try:
        for process in processes.values():
            until(lambda process=process: is_stopped(process), 30)  # type: ignore[misc]
        time.sleep(FROZEN)
        for process in processes.values():
            process.send_signal(signal.SIGCONT)
        printed = {name: process.communicate(timeout=30)[0] for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
    assert printed == dict.fromkeys(processes, "good\n")
