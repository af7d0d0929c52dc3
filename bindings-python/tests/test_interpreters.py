"""Subinterpreters are refused with a text that says what to do, and the main one is not hurt."""

import pytest

from support import run_python

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
