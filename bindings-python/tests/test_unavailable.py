"""What `import rdsiam` says where the compiled part is missing or for another platform."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import rdsiam
from rdsiam import _rdsiam

PACKAGE = Path(rdsiam.__file__).parent
LIBRARY = Path(str(_rdsiam.__file__))
HERE = f"cpython {sys.version_info.major}.{sys.version_info.minor} on Linux "


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The compiled part of a copy of the package."""
    shutil.copytree(PACKAGE, tmp_path / "rdsiam")
    return tmp_path / "rdsiam" / LIBRARY.name


def imported(library: Path) -> str:
    """The last line of a program that imports the copy."""
    done = subprocess.run(
        [sys.executable, "-c", "import rdsiam"],
        env={"PYTHONPATH": str(library.parent.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr.strip().splitlines()[-1]


def test_a_missing_library_is_named_with_the_platforms_that_ship(library: Path) -> None:
    library.unlink()
    told = imported(library)
    assert told.startswith(f"ImportError: rdsiam has no compiled part for {HERE}")
    assert "none is installed; wheels are for CPython 3.10 and newer" in told
    assert "pip's --platform" in told


def test_a_library_for_another_processor_does_not_fit(library: Path) -> None:
    content = bytearray(library.read_bytes())
    # e_machine of the ELF header; 0xF3 is RISC-V.
    content[18:20] = b"\xf3\x00"
    library.write_bytes(content)
    assert "the one that is installed does not fit (" in imported(library)


def test_a_glibc_that_is_too_old_is_named(library: Path) -> None:
    content = library.read_bytes()
    assert re.search(rb"\0GLIBC_2\.", content)
    # A glibc that does not exist yet makes this one too old.
    library.write_bytes(content.replace(b"\0GLIBC_2.", b"\0GLIBC_9."))
    told = imported(library)
    assert re.search(r"with glibc 2\.\d+: .*does not fit \(.*GLIBC_9\.[\d.]+' not found", told)


def test_an_error_inside_of_the_library_stays_as_it_is() -> None:
    from rdsiam._unavailable import is_of_loader

    assert not is_of_loader(ImportError("rdsiam cannot be loaded by a subinterpreter"))
    assert is_of_loader(ModuleNotFoundError("No module named 'rdsiam._rdsiam'"))
