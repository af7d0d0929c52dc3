"""What several tests need."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PYTHON_SOURCE = Path(__file__).parents[1] / "python"
VECTORS = Path(__file__).parents[2] / "tests" / "vectors"

HOST = "mydb.abc123.us-east-1.rds.amazonaws.com"
LOGIN = (HOST, 5432, "app")
STATIC = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "SECRETKEYEXAMPLE"}


def ending_in(seconds: float, **more: Any) -> dict[str, Any]:
    return {**STATIC, "expires_at": time.time() + seconds, **more}


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def run_python(
    *arguments: str, source: Path = PYTHON_SOURCE, timeout: float = 60, **env: str
) -> subprocess.CompletedProcess[str]:
    """Runs an interpreter of its own, which sees rdsiam."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(source), **env},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
