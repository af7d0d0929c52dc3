"""One compiler for everything that ships: Debian's Rust, which has the standard library of both
architectures and its source, and zig for C and linking. Nothing of it is installed."""

import os
import sys
from pathlib import Path
from shlex import quote

from debian import Suite
from places import HERE, TOOLCHAIN, TOOLS
from platforms import PLATFORMS, Platform
from run import run, say

RUST = "1.96"
PACKAGES = (
    "rustc-web",
    "cargo-web",
    f"libstd-rust-web-{RUST}",
    "libstd-rust-web-dev",
    "libstd-rust-web-dev:arm64",
    "rust-web-src",
    # What the two programs are linked with.
    "libllvm22",
    "libedit2",
    "libxml2",
    "libz3-4",
    "libbsd0",
    "libgit2-1.5",
    "libhttp-parser2.9",
    "libmbedcrypto7",
    "libmbedtls14",
    "libmbedx509-1",
    "libssh2-1",
    "libcurl4",
    "libsqlite3-0",
    # Makes one object of the static library.
    "binutils-common",
    "libbinutils",
    "libctf0",
    "libctf-nobfd0",
    "libgprofng0",
    "libjansson4",
    "binutils-x86-64-linux-gnu",
    "binutils-aarch64-linux-gnu",
    # With which actionlint reads the workflow's scripts.
    "shellcheck",
    "libgmp10",
    "libffi8",
)
# What cargo-zigbuild asks for instead of a search.
_ZIG = f"""export CARGO_ZIGBUILD_ZIG_COMMAND={quote(f"{TOOLS}/bin/python3")}
export CARGO_ZIGBUILD_ZIG_COMMAND_ARGS='-m ziglang'
"""
# Rust's programs, those of binutils for each processor, and a checker.
_CPUS = ("x86_64", "aarch64")
PROGRAMS = (
    "rustc",
    "rustdoc",
    "cargo",
    "shellcheck",
    *(f"{cpu}-linux-gnu-{tool}" for cpu in _CPUS for tool in ("ld", "ar", "objcopy")),
)


def prepare() -> None:
    """Downloads what is missing."""
    Suite("bookworm").unpack(PACKAGES, TOOLCHAIN)
    _tools()
    _wrap()
    found = run([TOOLCHAIN / "bin" / "rustc", "--version"])
    if not found.startswith(f"rustc {RUST}."):
        raise SystemExit(f"dist: this wants Rust {RUST} and Debian has {found.strip()}")


def _wrap() -> None:
    """Each program finds its libraries beside itself."""
    programs = TOOLCHAIN / "bin"
    # In a root of Debian that is a link to usr/bin.
    if programs.is_symlink():
        programs.unlink()
    programs.mkdir(exist_ok=True)
    libraries = TOOLCHAIN / "usr/lib/x86_64-linux-gnu"
    for name in PROGRAMS:
        program = TOOLCHAIN / "usr/bin" / name
        path = f"LD_LIBRARY_PATH={quote(str(libraries))}"
        script(programs / name, f"{path} exec {quote(str(program))}")
    # A subcommand of cargo-zigbuild drops what rustc tells other linkers. By one wrapper, cargo and
    # maturin share what they compiled.
    for platform in PLATFORMS:
        # Zig would link its own checks of C into the library.
        options = f"-fno-sanitize=all -target {platform.zig}"
        zig = f"exec {quote(str(tool('cargo-zigbuild')))} zig cc -- {options}"
        script(linker(platform), zig, _ZIG)


def script(file: Path, command: str, first: str = "") -> None:
    """Writes a program that passes its words on to a command."""
    file.write_text(f'#!/bin/sh\n{first}{command} "$@"\n')
    file.chmod(0o755)


def linker(platform: Platform) -> Path:
    """Compiles C and links for a platform."""
    return TOOLCHAIN / "bin" / f"zigcc-{platform.name}"


def _tools() -> None:
    """What comes from PyPI, each file known by its hash."""
    requirements = HERE / "requirements.txt"
    stamp = TOOLS / "requirements.txt"
    if stamp.exists() and stamp.read_text() == requirements.read_text():
        return
    say("installs zig, maturin and the checkers")
    run([sys.executable, "-m", "venv", TOOLS])
    run([TOOLS / "bin/pip", "install", "-q", "--require-hashes", "-r", requirements])
    stamp.write_text(requirements.read_text())


def path() -> str:
    """PATH with the toolchain in front."""
    return os.pathsep.join([str(TOOLCHAIN / "bin"), str(TOOLS / "bin"), os.environ["PATH"]])


def tool(name: str) -> Path:
    return TOOLS / "bin" / name


def rust_source() -> Path:
    return TOOLCHAIN / "usr/lib/rustlib/src/rust"


def versions() -> dict[str, str]:
    """What the manifest and the SBOM say about how this was built."""
    programs: dict[str, list[str | Path]] = {
        "rustc": [TOOLCHAIN / "bin/rustc", "--version"],
        "cargo": [TOOLCHAIN / "bin/cargo", "--version"],
        "zig": [tool("python-zig"), "version"],
        "cargo-zigbuild": [tool("cargo-zigbuild"), "--version"],
        "maturin": [tool("maturin"), "--version"],
    }
    return {name: run(command).strip() for name, command in programs.items()}
