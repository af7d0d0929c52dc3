"""Importing rdsiam is quick, because it loads nothing else."""

import json
import sys

import rdsiam
from support import PYTHON_SOURCE, run_python

FIRST_TOKEN = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import rdsiam
rdsiam.generate_db_auth_token("h", 5432, "app", "us-east-1")
print(*sorted(set(sys.modules) - before))
"""

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


def test_a_first_token_loads_two_files() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "SECRETKEYEXAMPLE"}
    done = run_python("-S", "-E", "-c", FIRST_TOKEN, str(PYTHON_SOURCE), **keys)
    assert done.stdout.split() == ["rdsiam", "rdsiam._rdsiam"], done.stderr


def test_what_is_loaded_later_is_seen_before() -> None:
    program = (
        "import rdsiam, types; before = dir(rdsiam); assert 'TokenCache' not in vars(rdsiam);"
        "assert isinstance(rdsiam.errors, types.ModuleType);"
        "from rdsiam import *; assert issubclass(ClockError, RdsIamError);"
        "assert set(rdsiam.__all__) <= set(before) and before == sorted(before);"
        "assert not hasattr(rdsiam, 'Tokencache') and not hasattr(rdsiam._rdsiam, 'Tokencache');"
        "assert RDSClient is type(rdsiam.client('rds')) and vars(rdsiam)['RDSClient'] is RDSClient"
    )
    done = run_python("-c", program)
    assert done.returncode == 0, done.stderr


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
