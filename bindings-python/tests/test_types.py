"""A file of users' code passes mypy strict and pyright strict, with the drivers' types in it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from support import PYTHON_SOURCE

USERS = Path(__file__).parent / "typing_helpers.py"


def test_mypy_strict(tmp_path: Path) -> None:
    # As where rdsiam is installed: what is in it is the users' no more.
    config = tmp_path / "mypy.ini"
    config.write_text(
        f"[mypy]\nstrict = true\nmypy_path = {PYTHON_SOURCE}\ncache_dir = {tmp_path}\n"
        "[mypy-rdsiam.*]\nfollow_imports = silent\n"
    )
    assert checked("mypy", "--config-file", str(config), str(USERS)).startswith(
        "Success: no issues"
    )


def test_pyright_strict(tmp_path: Path) -> None:
    shutil.copy(USERS, tmp_path)
    settings = {
        "include": [USERS.name],
        "extraPaths": [str(PYTHON_SOURCE)],
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": "error",
        "enableTypeIgnoreComments": False,
        "pythonVersion": "3.10",
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    said = checked("pyright", "-p", str(tmp_path), "--pythonpath", sys.executable)
    assert "0 errors, 0 warnings" in said


def checked(tool: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", tool, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
