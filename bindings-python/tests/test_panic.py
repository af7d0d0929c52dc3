"""A panic in any function is an ordinary exception, and the process lives on."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support import PYTHON_SOURCE, run_python

CRATE = PYTHON_SOURCE.parent
ROOT = CRATE.parent

# How to reach each place that has a guard.
CALLS = {
    "generate_db_auth_token": "rdsiam.generate_db_auth_token('h', 1, 'u', 'us-east-1')",
    "client": "rdsiam.client('rds')",
    "RDSClient.generate_db_auth_token": "rds.generate_db_auth_token('h', 1, 'u', 'us-east-1')",
    "RDSClient.__repr__": "repr(rds)",
    "DSQLClient.generate_db_connect_auth_token": (
        "dsql.generate_db_connect_auth_token('h', 'us-east-1')"
    ),
    "DSQLClient.generate_db_connect_admin_auth_token": (
        "dsql.generate_db_connect_admin_auth_token('h', 'us-east-1')"
    ),
    "DSQLClient.__repr__": "repr(dsql)",
    "ClientMeta.region_name": "rds.meta.region_name",
    "TokenCache": "rdsiam.TokenCache('h', 1, 'u')",
    "TokenCache.get_token": "cache.get_token()",
    "TokenCache.__call__": "cache()",
    "TokenCache._get": "cache.get()",
    "TokenCache._try_get_token": "asyncio.run(cache.get_token_async())",
    "TokenCache.invalidate": "cache.invalidate()",
    "TokenCache.login_refused": "cache.login_refused('x', 1)",
    "TokenCache.stats": "cache.stats()",
    "TokenCache.__repr__": "repr(cache)",
    "explain": "rdsiam.explain('x')",
    "url_quote": "rdsiam.url_quote('x')",
    "pgpass_quote": "rdsiam.pgpass_quote('x')",
    "odbc_quote": "rdsiam.odbc_quote('x')",
    "Explanation.to_dict": "told.to_dict()",
    "Explanation.__str__": "str(told)",
    "Explanation.__repr__": "repr(told)",
    "_sign_at": "_rdsiam._sign_at('h', 1, 'u', 'us-east-1', 'a', 's', None, 1, 900)",
    "_await_providers": "_rdsiam._await_providers()",
    "__getattr__": "_rdsiam.ClientMeta",
}

PROGRAM = """
import asyncio, os, sys
import rdsiam
from rdsiam import _rdsiam
rds = rdsiam.client("rds", region_name="us-east-1")
dsql = rdsiam.client("dsql", region_name="us-east-1")
cache = rdsiam.TokenCache("h", 1, "u", "us-east-1", credentials=lambda: ("no",))
cache = rdsiam.TokenCache("h", 1, "u", "us-east-1",
    credentials={"access_key_id": "a", "secret_access_key": "s"})
told = rdsiam.explain("x")
os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "a"
place, call = sys.argv[1:]
eval(call)
for round in range(2):
    os.environ["RDSIAM_PANIC_IN"] = place
    try:
        eval(call)
    except Exception as error:
        assert type(error) is rdsiam.InternalError, repr(error)
        assert (error.code, error.retryable) == ("ERR_RDSIAM_PANIC", False)
        assert place in str(error)
    else:
        sys.exit("no panic")
    del os.environ["RDSIAM_PANIC_IN"]
    eval(call)
print("alive")
"""


def guarded() -> set[str]:
    sources = [path.read_text() for path in (CRATE / "src").glob("*.rs")]
    return {name for text in sources for name in re.findall(r'\bguard\(\s*py,\s*"([^"]+)"', text)}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with an extension that panics when it is told to. The one that the
    other tests use is itself a copy, so this build does not touch it."""
    source = tmp_path_factory.mktemp("panic")
    subprocess.run([ROOT / "tests" / "tools" / "fault-build.sh"], check=True, capture_output=True)
    shutil.copytree(PYTHON_SOURCE / "rdsiam", source / "rdsiam")
    shutil.copy(ROOT / "build" / "fault" / "lib_rdsiam.so", source / "rdsiam" / "_rdsiam.abi3.so")
    return source


def test_every_guard_has_a_call_here() -> None:
    assert guarded() == set(CALLS)


def test_every_function_that_python_calls_has_a_guard() -> None:
    """But for getters and the garbage collector's functions, which only read a field."""
    unguarded = []
    for path in (CRATE / "src").glob("*.rs"):
        text = path.read_text()
        functions = re.findall(r"#\[pyfunction\].*?\n}\n", text, re.DOTALL)
        for block in re.findall(r"#\[pymethods\]\nimpl.*?\n}\n", text, re.DOTALL):
            functions += re.findall(r"(?:    #\[[^\n]*\n)*    fn .*?\n    }\n", block, re.DOTALL)
        for function in functions:
            if "guard(py, " not in function and "#[getter]" not in function:
                unguarded += re.findall(r"fn (\w+)", function)[:1]
    assert unguarded == ["__traverse__", "__clear__"]


@pytest.mark.parametrize("place", CALLS)
def test_a_panic_is_an_ordinary_exception(place: str, package: Path) -> None:
    done = run_python("-c", PROGRAM, place, CALLS[place], source=package)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr
    assert done.stderr.count(f"injected panic in {place}") == 2
