"""A library that is not fit to ship is refused, and the text says why."""

import platform
import subprocess
from pathlib import Path

import elf
import pytest
from platforms import PLATFORMS, Platform

HERE = next(p for p in PLATFORMS if p.cpu == platform.machine() and p.libc == "glibc")
OTHER = next(p for p in PLATFORMS if p.cpu != platform.machine() and p.libc == "glibc")
# Of glibc 2.36.
NEW = "unsigned arc4random(void); unsigned rdsiam_new(void) { return arc4random(); }"
OLD = "#include <string.h>\nunsigned long rdsiam_old(const char *t) { return strlen(t); }"


def library(folder: Path, text: str, *options: str) -> Path:
    (folder / "library.c").write_text(text)
    built = folder / "library.so"
    command = ["cc", "-shared", "-fPIC", "-O0", folder / "library.c", "-o", built, *options]
    subprocess.run(command, check=True)
    return built


def refusal(path: Path, on: Platform, exports: list[str], most: int = 1_000_000) -> str:
    with pytest.raises(elf.Wrong) as refused:
        elf.check(path, on, exports, most)
    return str(refused.value)


def test_a_stripped_library_with_the_right_exports_is_taken(tmp_path: Path) -> None:
    found = elf.check(library(tmp_path, OLD, "-s"), HERE, ["rdsiam_old"], 1_000_000)
    assert found["needed"] == ["libc.so.6"]
    assert found["exports"] == 1


def test_symbols_that_are_too_new_are_named(tmp_path: Path) -> None:
    built = library(tmp_path, NEW, "-s")
    assert "needs glibc 2.36, and 2.17 is promised" in refusal(built, HERE, ["rdsiam_new"])


def test_another_library_may_not_be_needed(tmp_path: Path) -> None:
    built = library(tmp_path, OLD, "-s", "-Wl,--no-as-needed", "-lgcc_s")
    assert "needs libgcc_s.so.1" in refusal(built, HERE, ["rdsiam_old"])


def test_another_processor_or_c_library_is_refused(tmp_path: Path) -> None:
    built = library(tmp_path, OLD, "-s")
    assert "is for " in refusal(built, OTHER, ["rdsiam_old"])
    musl = next(p for p in PLATFORMS if p.cpu == HERE.cpu and p.libc == "musl")
    assert "needs libc.so.6" in refusal(built, musl, ["rdsiam_old"])


@pytest.mark.parametrize("exports", [[], ["rdsiam_old", "rdsiam_gone"]])
def test_exports_are_those_of_the_list(tmp_path: Path, exports: list[str]) -> None:
    assert "exports " in refusal(library(tmp_path, OLD, "-s"), HERE, exports)


def test_what_is_not_stripped_or_too_large_is_refused(tmp_path: Path) -> None:
    told = refusal(library(tmp_path, OLD, "-g"), HERE, ["rdsiam_old"], 100)
    assert "is not stripped" in told
    assert "more than 100" in told
