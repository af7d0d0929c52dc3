"""Python's wheels: one for every CPython from 3.10 on, and one for the build without the GIL."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import cargo
import licences
import sbom_files
import toolchain
from debian import Suite
from places import DIST, ROOT, WORK
from platforms import Platform
from run import run

STABLE_ABI = "python3.10"
# The stable ABI has no form for it before 3.15.
FREE_THREADED = "python3.14t"
UNWINDER = "libgcc_s.so.1"


def build(platform: Platform) -> list[Path]:
    return [_build(platform, interpreter) for interpreter in (STABLE_ABI, FREE_THREADED)]


def _build(platform: Platform, interpreter: str) -> Path:
    compatibility = platform.wheel.removesuffix(f"_{platform.cpu}")
    env = cargo.environment(platform)
    command = [
        "maturin",
        "build",
        "-q",
        "--release",
        "--locked",
        "--target",
        platform.triple,
    ]
    command += ["--compatibility", compatibility, "--interpreter", interpreter]
    if not platform.has_prebuilt_std:
        command.append("-Zbuild-std=std,panic_unwind")
    with tempfile.TemporaryDirectory() as work:
        command += ["-m", "bindings-python/Cargo.toml", "-o", work, *_unwinder(platform)]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, check=True)
        (made,) = Path(work).glob("*.whl")
        return _completed(platform, made)


def _unwinder(platform: Platform) -> list[str]:
    """What glibc's `pthread_exit` unwinds with, by which CPython ends threads up to 3.13.
    Zig links another unwinder in, and one cannot read what the other has begun: the process
    crashed. No glibc is without this library, for that reason; musl does not unwind there."""
    if platform.libc == "musl":
        return []
    folder = WORK / "libgcc"
    suffix = "" if platform.debian == "amd64" else f":{platform.debian}"
    Suite("bookworm").unpack([f"libgcc-s1{suffix}"], folder)
    library = folder / f"usr/lib/{platform.cpu}-linux-gnu/{UNWINDER}"
    # The name from here: with that of a folder of this machine the bytes would be others.
    return ["--", f"-Clink-arg={library.relative_to(ROOT)}"]


def _completed(platform: Platform, made: Path) -> Path:
    """Adds the licences of what is linked, and packs in an order that no disk decides."""
    wheel = [str(toolchain.tool("python")), "-m", "wheel"]
    work = made.parent / "unpacked"
    run([*wheel, "unpack", "-d", work, made])
    (folder,) = work.iterdir()
    (information,) = folder.glob("*.dist-info")
    licences.write("rdsiam-python", platform, information / "licenses" / "THIRD-PARTY.txt")
    # Maturin's names the folder of the build.
    shutil.rmtree(information / "sboms")
    sbom_files.write("rdsiam-python", platform, information / "sboms/rdsiam-python.cdx.json")
    metadata = information / "METADATA"
    known = "License-File: LICENSE-MIT\n"
    text = metadata.read_text()
    assert known in text
    metadata.write_text(text.replace(known, known + "License-File: THIRD-PARTY.txt\n", 1))
    (DIST / "python").mkdir(parents=True, exist_ok=True)
    dated = {"SOURCE_DATE_EPOCH": cargo.source_date()}
    run([*wheel, "pack", "-d", DIST / "python", folder], env=dated)
    # The tags in the name are in the order of the file WHEEL.
    (packed,) = (DIST / "python").glob(
        f"{'-'.join(made.name.split('-')[:4])}-*{platform.wheel}*.whl"
    )
    return packed
