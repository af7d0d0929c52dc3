"""The interpreters that the package is for, and subinterpreters, which are refused."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support import PYTHON_SOURCE, run_python

# Before 3.13 the module has another name, and before 3.12 there is only one kind: "legacy", which
# shares the lock of the main interpreter.
PROGRAM = """
import sys
kind, first = sys.argv[1:]
if first == "main":
    import rdsiam
if sys.version_info >= (3, 13):
    import _interpreters as interpreters
    made = interpreters.create(kind)
elif sys.version_info >= (3, 12):
    import _xxsubinterpreters as interpreters
    made = interpreters.create(isolated=kind == "isolated")
else:
    import _xxsubinterpreters as interpreters
    made = interpreters.create()
interpreters.run_string(made, '''
try:
    import rdsiam
except ImportError as error:
    print(error)
else:
    print("it was loaded")
''')
interpreters.destroy(made)
import rdsiam
try:
    rdsiam.TokenCache("", 1, "u")
except rdsiam.InvalidArgumentError:
    print("the main interpreter is well")
"""


@pytest.mark.parametrize("first", ["main", "sub"])
@pytest.mark.parametrize("kind", ["legacy", "isolated"])
def test_a_subinterpreter_is_refused(kind: str, first: str) -> None:
    done = run_python("-c", PROGRAM, kind, first)
    assert (done.returncode, done.stderr) == (0, "")
    text, well = done.stdout.splitlines()
    assert "rdsiam" in text
    assert "not support" in text
    assert "subinterpreters" in text
    assert well == "the main interpreter is well"


def interpreters() -> dict[str, str]:
    """Those of this machine that the package is for, by their version."""
    home = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    folders = [*os.environ["PATH"].split(os.pathsep), *map(str, Path(home).glob("versions/*/bin"))]
    found = {f"{sys.version_info[0]}.{sys.version_info[1]}": sys.executable}
    for folder in folders:
        for minor in range(10, 20):
            program = os.path.join(folder, f"python3.{minor}")
            # What pyenv has in the path may be of a version that is not chosen.
            if os.access(program, os.X_OK) and "shims" not in folder:
                found.setdefault(f"3.{minor}", program)
    return found


EACH = """
import asyncio, sys
import rdsiam
async def provider():
    return {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "SECRETKEYEXAMPLE"}
host = "mydb.abc123.us-east-1.rds.amazonaws.com"
cache = rdsiam.TokenCache(host, 5432, "app", credentials=provider)
assert asyncio.run(cache.get_token_async()) is cache.get_token()
assert rdsiam.explain(cache.get().token).problems == ()
try:
    rdsiam.TokenCache("", 5432, "app")
except rdsiam.InvalidArgumentError as error:
    print("%d.%d" % sys.version_info[:2], error.code)
"""


@pytest.mark.parametrize("version", interpreters())
def test_one_library_is_for_each_interpreter(version: str) -> None:
    env = {**os.environ, "PYTHONPATH": str(PYTHON_SOURCE)}
    command = [interpreters()[version], "-W", "error", "-c", EACH]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.stdout == f"{version} ERR_RDSIAM_INVALID_ARGUMENT\n", done.stderr


def test_the_classifiers_name_no_other_interpreter() -> None:
    lines = (PYTHON_SOURCE.parent / "pyproject.toml").read_text().splitlines()
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(lines))
    assert f'requires-python = ">={named[0]}"' in lines
    assert set(interpreters()) <= set(named)
    assert named == [f"3.{minor}" for minor in range(10, 10 + len(named))]
