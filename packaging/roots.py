"""Bare roots to install into: runtimes without compilers."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import cpython
import runtimes
from debian import Suite
from places import HERE, ROOTS, WORK
from platforms import PLATFORMS, Platform
from run import run, say

NATIVE = "x86_64"
# With which an x86_64 machine runs aarch64.
EMULATOR = "/usr/bin/qemu-aarch64-static"
_COMMON = ("libc6", "libgcc-s1", "libstdc++6", "zlib1g", "libexpat1", "libbz2-1.0", "liblzma5")
# What Python's standard library is linked with, beside that.
_PYTHON = {
    "bookworm": ("libssl3", "libffi8", "libuuid1", "libcrypt1"),
    "trixie": ("libssl3t64", "libffi8", "libuuid1", "libcrypt1", "libzstd1"),
    "sid": ("libssl3t64", "libffi8", "libuuid1", "libcrypt1", "libzstd1"),
}


@dataclass(frozen=True)
class Root:
    """A runtime in a root of its own."""

    name: str
    platform: Platform
    suite: str
    """of Debian, or none for a root without packages"""
    packages: tuple[str, ...]
    program: str
    """the runtime, or none for programs in C"""
    add: Callable[[Path], None] | None = None
    """what puts the runtime into the root, where the packages do not have it"""
    tags: frozenset[str] = field(default_factory=frozenset)

    @property
    def folder(self) -> Path:
        return ROOTS / self.name

    @property
    def pristine(self) -> Path:
        return ROOTS / "pristine" / self.name

    def download(self) -> None:
        """What it consists of, while there is a network."""
        say(f"makes the root {self.name}")
        suffix = "" if self.platform.cpu == NATIVE else f":{self.platform.debian}"
        packages = [f"{package}{suffix}" for package in self.packages]
        self.pristine.mkdir(parents=True, exist_ok=True)
        if packages:
            Suite(self.suite).unpack(packages, self.pristine)
        if self.add:
            self.add(self.pristine)
        if self.platform.cpu != NATIVE:
            emulator = self.pristine / EMULATOR.lstrip("/")
            emulator.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(_emulator(), emulator)

    def make(self) -> None:
        """A new one: what an earlier proof has installed is gone."""
        shutil.rmtree(self.folder, ignore_errors=True)
        run(["cp", "-a", self.pristine, self.folder])

    def run(self, command: list[str], env: dict[str, str]) -> str:
        """The output of a program inside, which sees these variables and no others."""
        done = self._run(command, env)
        if done.returncode != 0:
            raise SystemExit(f"dist: {self.name}: {' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def status(self, command: list[str], env: dict[str, str]) -> int:
        """The exit status of a program inside."""
        return self._run(command, env).returncode

    def _run(self, command: list[str], env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        emulator = [] if self.platform.cpu == NATIVE else [EMULATOR]
        base = {"HOME": "/tmp", "LC_ALL": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true"}
        return subprocess.run(
            [str(HERE / "in_root.sh"), str(self.folder), *emulator, *command],
            env={"PATH": "/usr/bin:/usr/sbin", **base, **env},
            capture_output=True,
            text=True,
            check=False,
        )


def _emulator() -> Path:
    """qemu of Debian, not installed."""
    root = WORK / "qemu"
    Suite("bookworm").unpack(["qemu-user-static"], root)
    return root / EMULATOR.lstrip("/")


def _python(platform: Platform, suite: str, version: str) -> Root:
    packages = (
        f"python{version}-minimal",
        f"libpython{version}-minimal",
        f"libpython{version}-stdlib",
        *_COMMON,
        *_PYTHON[suite],
    )
    name = f"python{version}-{platform.name}"
    return Root(
        name, platform, suite, packages, f"/usr/bin/python{version}", tags=frozenset({"python"})
    )


def _machine_python(version: str) -> Root:
    """CPython of this machine, where it has one that Debian has not."""
    packages = (*_COMMON, *_PYTHON["bookworm"])
    add = partial(runtimes.add_machine_python, version)
    program = f"{runtimes.MACHINE_PREFIX}/bin/python{version}"
    name = f"python{version}-{_X86.name}"
    return Root(name, _X86, "bookworm", packages, program, add, frozenset({"python"}))


def _python_musl(platform: Platform) -> Root:
    version = cpython.VERSION
    builder = _python(_X86, cpython.SUITE, version)

    def add(root: Path) -> None:
        builder.download()
        cpython.add(platform, builder.pristine, root)

    name = f"python{version}-{platform.name}"
    return Root(name, platform, "trixie", ("musl",), cpython.PROGRAM, add, frozenset({"python"}))


def _node(platform: Platform, version: str) -> Root:
    name = f"node{version}-{platform.name}"
    package = f"node-linux-{platform.npm_cpu}@{version}"
    add = partial(runtimes.add_npm, package, "/usr/bin/node")
    return Root(name, platform, "bookworm", _COMMON, "/usr/bin/node", add, frozenset({"node"}))


def _node_musl(platform: Platform) -> Root:
    name = f"node24-{platform.name}"
    add = partial(runtimes.add_node_for_musl, platform)
    program = runtimes.MUSL_NODE
    # It does not start with the musl 1.2.3 of Debian 12.
    return Root(name, platform, "trixie", ("musl",), program, add, frozenset({"node"}))


def _commands(cpu: str) -> tuple[Root, ...]:
    """The command alone, in a root that has no file of any package; by pip; and by npm."""
    platform = _BY_NAME[f"{cpu}-musl"]
    python, node = _python(platform, "bookworm", "3.11"), _node(platform, "24")
    return (
        Root(f"command-{cpu}", platform, "", (), "", tags=frozenset({"command"})),
        replace(python, name=f"command-pip-{cpu}", tags=frozenset({"command-pip"})),
        replace(node, name=f"command-npm-{cpu}", tags=frozenset({"command-npm"})),
    )


_BY_NAME = {platform.name: platform for platform in PLATFORMS}
_X86 = _BY_NAME["x86_64-gnu"]
_ARM = _BY_NAME["aarch64-gnu"]

ALL = (
    _python(_X86, "bookworm", "3.11"),
    _python(_X86, "trixie", "3.13"),
    _python(_X86, "sid", "3.14"),
    _python(_X86, "sid", "3.15"),
    *(
        _machine_python(version)
        for version in runtimes.MACHINE_PYTHONS
        if runtimes.machine_python(version) is not None
    ),
    _python(_ARM, "bookworm", "3.11"),
    _node(_X86, "20"),
    _node(_X86, "22"),
    _node(_X86, "24"),
    _node(_ARM, "24"),
    Root(
        "bun-x86_64-gnu",
        _X86,
        "bookworm",
        ("libc6",),
        "/usr/bin/bun",
        partial(runtimes.add_npm, "@oven/bun-linux-x64-baseline@1.4.5", "/usr/bin/bun"),
        frozenset({"bun"}),
    ),
    _python_musl(_BY_NAME["x86_64-musl"]),
    _python_musl(_BY_NAME["aarch64-musl"]),
    _node_musl(_BY_NAME["x86_64-musl"]),
    _node_musl(_BY_NAME["aarch64-musl"]),
    # Without libgcc_s: what Go and C link needs the C library alone.
    Root("go-x86_64-gnu", _X86, "bookworm", ("libc6",), "", tags=frozenset({"go"})),
    Root("go-aarch64-gnu", _ARM, "bookworm", ("libc6",), "", tags=frozenset({"go"})),
    # Nothing at all: what zig links for musl is static.
    Root("go-x86_64-musl", _BY_NAME["x86_64-musl"], "", (), "", tags=frozenset({"go"})),
    Root("go-aarch64-musl", _BY_NAME["aarch64-musl"], "", (), "", tags=frozenset({"go"})),
    # The oldest glibc of Debian, for C; the oldest that a library asks for is in the manifest.
    Root("c-x86_64-gnu", _X86, "bullseye", ("libc6",), "", tags=frozenset({"c"})),
    Root("c-aarch64-gnu", _ARM, "bookworm", ("libc6",), "", tags=frozenset({"c"})),
    Root(
        "c-x86_64-musl", _BY_NAME["x86_64-musl"], "bookworm", ("musl",), "", tags=frozenset({"c"})
    ),
    Root(
        "c-aarch64-musl", _BY_NAME["aarch64-musl"], "bookworm", ("musl",), "", tags=frozenset({"c"})
    ),
    *_commands("x86_64"),
    *_commands("aarch64"),
)


def chosen() -> list[Root]:
    """All, or those that ROOTS names: ROOTS="python3.14-x86_64-gnu" """
    names = os.environ.get("ROOTS", "").split()
    return [root for root in ALL if not names or root.name in names]


def superuser() -> None:
    if os.geteuid() != 0:
        raise SystemExit("dist: bare roots need root, for chroot")
