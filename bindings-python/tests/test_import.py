"""Importing rdsiam is quick, because it loads nothing else."""

import json
import sys

import rdsiam
from support import PYTHON_SOURCE, run_python

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import rdsiam
new = sorted(name for name in set(sys.modules) - before)
cache = rdsiam.TokenCache("h", 1, "u", "us-east-1")
rdsiam.explain("x")
later = sorted(set(sys.modules) - before - set(new))
print(repr([new, later]).replace("'", '"'))
"""


def test_nothing_of_the_standard_library_is_loaded() -> None:
    done = run_python("-S", "-E", "-c", PROGRAM, str(PYTHON_SOURCE))
    assert done.returncode == 0, done.stderr
    new, later = json.loads(done.stdout)
    assert "rdsiam._rdsiam" in new
    assert [name for name in new + later if name.partition(".")[0] != "rdsiam"] == []


def test_all_that_is_public_is_there_and_documented() -> None:
    for name in rdsiam.__all__:
        thing = getattr(rdsiam, name)
        assert name == "__version__" or thing.__doc__, name
        if isinstance(thing, type):
            members = [m for m in vars(thing) if not m.startswith("_") and m != "code"]
            for member in members:
                described = getattr(thing, member)
                assert member == "retryable" or described.__doc__, f"{name}.{member}"
    # Beside the helpers' modules, which other tests may have loaded.
    mine = {n for n, thing in vars(rdsiam).items() if not isinstance(thing, type(sys))}
    assert set(rdsiam.__all__) >= {n for n in mine if not n.startswith("_")}


def test_the_version_is_that_of_the_crate() -> None:
    manifest = (PYTHON_SOURCE.parents[1] / "Cargo.toml").read_text()
    assert f'\nversion = "{rdsiam.__version__}"\n' in manifest
