"""Builds for a platform with the toolchain that ships, in a way that does not show in the bytes."""

import os
import shlex
import subprocess
from pathlib import Path

import toolchain
from places import ROOT, TARGET, TOOLCHAIN
from platforms import Platform
from run import run


def source_date() -> str:
    """The time of the last commit, in place of the time of the build."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return given or run(["git", "log", "-1", "--format=%ct"], cwd=ROOT).strip()


def remapped() -> list[tuple[Path, str]]:
    """The folders of this machine, and what stands for them in panics and debug information."""
    home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    crates = [(index, "/crates") for index in sorted((home / "registry/src").glob("*"))]
    return [*crates, (toolchain.rust_source(), "/rust"), (ROOT, "/rdsiam")]


def environment(platform: Platform, *, static: bool = False) -> dict[str, str]:
    """What cargo, maturin and the build scripts of crates read."""
    flags = [f"--remap-path-prefix={folder}={name}" for folder, name in remapped()]
    c_flags = [f"-ffile-prefix-map={folder}={name}" for folder, name in remapped()]
    if platform.libc == "musl":
        flags.append(f"-Ctarget-feature={'+' if static else '-'}crt-static")
    target = TARGET / (platform.name + ("-static" if static else ""))
    name = platform.triple.replace("-", "_")
    linker = str(toolchain.linker(platform))
    env = {
        "PATH": toolchain.path(),
        "CARGO": str(TOOLCHAIN / "bin/cargo"),
        "RUSTC": str(TOOLCHAIN / "bin/rustc"),
        # Folders may have spaces in their names.
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags),
        "CC_SHELL_ESCAPED_FLAGS": "1",
        "CARGO_TARGET_DIR": str(target),
        f"CARGO_TARGET_{name.upper()}_LINKER": linker,
        f"CC_{name}": linker,
        f"AR_{name}": str(TOOLCHAIN / f"bin/{platform.cpu}-linux-gnu-ar"),
        f"CFLAGS_{name}": shlex.join(c_flags),
        # No SOURCE_DATE_EPOCH: what is compiled has no date, and a change of it compiles C anew.
        "PYO3_BUILD_EXTENSION_MODULE": "1",
        "CARGO_INCREMENTAL": "0",
    }
    if not platform.has_prebuilt_std:
        # To build the standard library from its source is not yet promised by stable Rust.
        env["RUSTC_BOOTSTRAP"] = "1"
    return env


def std_options(platform: Platform) -> list[str]:
    return [] if platform.has_prebuilt_std else ["-Zbuild-std=std,panic_unwind"]


def build(platform: Platform, package: str, *, static: bool = False) -> Path:
    """Builds a package for release, and returns the folder of what it became."""
    env = environment(platform, static=static)
    verb = "rustc" if static else "build"
    command = ["cargo", verb, "--locked", "--release", "-q", "-p", package]
    command += ["--target", platform.triple, *std_options(platform)]
    if static:
        # Zig has the C library and its start-up code; Debian's Rust has neither. It does not know
        # the option that Rust gives for a static program at any address, and knows these two.
        command += ["--", "-Clink-self-contained=no", "-Clink-args=-static -pie"]
    # Minutes long: what cargo says goes to whoever waits.
    subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, check=True)
    return Path(env["CARGO_TARGET_DIR"]) / platform.triple / "release"
