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


def test_the_unwinder_of_whoever_unwinds_it_has_to_be_needed(tmp_path: Path) -> None:
    unwinder = "libgcc_s.so.1"
    built = library(tmp_path, OLD, "-s", "-Wl,--no-as-needed", "-lgcc_s")
    assert elf.check(built, HERE, ["rdsiam_old"], 1_000_000, unwinder)["floor"] == "glibc 2.2.5"
    with pytest.raises(elf.Wrong, match="has an unwinder of its own"):
        elf.check(library(tmp_path, OLD, "-s"), HERE, ["rdsiam_old"], 1_000_000, unwinder)


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


PROGRAM = "int main(void) { return 0; }"


def program(folder: Path, *options: str) -> Path:
    (folder / "program.c").write_text(PROGRAM)
    built = folder / "program"
    subprocess.run(["cc", folder / "program.c", "-o", built, "-s", *options], check=True)
    return built


def static_refusal(path: Path, on: Platform = HERE, most: int = 2_000_000) -> str:
    with pytest.raises(elf.Wrong) as refused:
        elf.check_static(path, on, most)
    return str(refused.value)


def test_a_static_program_needs_nothing(tmp_path: Path) -> None:
    assert elf.check_static(program(tmp_path, "-static-pie"), HERE, 2_000_000)["needed"] == []


def test_a_program_at_a_fixed_address_is_refused(tmp_path: Path) -> None:
    assert "has a fixed address" in static_refusal(program(tmp_path, "-static"))


def test_a_program_that_needs_a_library_is_not_static(tmp_path: Path) -> None:
    refused = static_refusal(program(tmp_path))
    assert "needs libc.so.6" in refused
    assert "needs /lib" in refused


def test_a_static_program_is_for_its_processor_stripped_small_and_executable(
    tmp_path: Path,
) -> None:
    built = program(tmp_path, "-static-pie")
    assert "is for" in static_refusal(built, OTHER)
    assert "more than 1000" in static_refusal(built, most=1000)
    built.chmod(0o644)
    assert "is not executable" in static_refusal(built)
    subprocess.run(["cc", tmp_path / "program.c", "-o", built, "-static-pie"], check=True)
    assert "is not stripped" in static_refusal(built)
