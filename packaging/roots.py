"""Bare roots to install into: Debian's runtimes without compilers, and Node's own builds."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

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
    packages: tuple[str, ...]
    program: str
    """the runtime, or none for programs in C"""
    npm: str = ""
    """the version of npm's package of Node"""
    tags: frozenset[str] = field(default_factory=frozenset)

    @property
    def folder(self) -> Path:
        return ROOTS / self.name

    def make(self) -> Path:
        """A new one: what an earlier proof has installed is gone."""
        say(f"makes the root {self.name}")
        pristine = ROOTS / "pristine" / self.name
        suffix = "" if self.platform.cpu == NATIVE else f":{self.platform.debian}"
        Suite(self.suite).unpack([f"{package}{suffix}" for package in self.packages], pristine)
        if self.npm:
            self._add_node(pristine)
        shutil.rmtree(self.folder, ignore_errors=True)
        run(["cp", "-a", pristine, self.folder])
        if self.platform.cpu != NATIVE:
            shutil.copy(_emulator(), self.folder / EMULATOR.lstrip("/"))
        return self.folder

    def _add_node(self, root: Path) -> None:
        name = f"node-linux-{self.platform.npm_cpu}"
        target = root / "usr/bin/node"
        if not target.exists():
            folder = WORK / "node" / self.name
            folder.mkdir(parents=True, exist_ok=True)
            packed = run(["npm", "pack", "--silent", f"{name}@{self.npm}"], cwd=folder).split()[-1]
            run(["tar", "-xzf", packed], cwd=folder)
            shutil.copy(folder / "package/bin/node", target)

    def run(self, command: list[str], env: dict[str, str]) -> str:
        """The output of a program inside, which sees these variables and no others."""
        emulator = [] if self.platform.cpu == NATIVE else [EMULATOR]
        base = {"HOME": "/tmp", "LC_ALL": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true"}
        done = subprocess.run(
            [str(HERE / "in_root.sh"), str(self.folder), *emulator, *command],
            env={"PATH": "/usr/bin:/usr/sbin", **base, **env},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SystemExit(f"dist: {self.name}: {' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout


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


def _node(platform: Platform, version: str) -> Root:
    name = f"node{version.split('.')[0]}-{platform.name}"
    return Root(name, platform, "bookworm", _COMMON, "/usr/bin/node", version, frozenset({"node"}))


_BY_NAME = {platform.name: platform for platform in PLATFORMS}
_X86 = _BY_NAME["x86_64-gnu"]
_ARM = _BY_NAME["aarch64-gnu"]

ALL = (
    _python(_X86, "bookworm", "3.11"),
    _python(_X86, "trixie", "3.13"),
    _python(_X86, "sid", "3.14"),
    _python(_X86, "sid", "3.15"),
    _python(_ARM, "bookworm", "3.11"),
    _python(_ARM, "sid", "3.14"),
    _node(_X86, "20"),
    _node(_X86, "22"),
    _node(_X86, "24"),
    _node(_ARM, "24"),
    # Without libgcc_s: what Go links needs the C library alone.
    Root("go-x86_64-gnu", _X86, "bookworm", ("libc6",), "", tags=frozenset({"go"})),
    # The oldest glibc of Debian, for C; the oldest that a library asks for is in the manifest.
    Root("c-x86_64-gnu", _X86, "bullseye", ("libc6", "libgcc-s1"), "", tags=frozenset({"c"})),
    Root("c-aarch64-gnu", _ARM, "bookworm", ("libc6", "libgcc-s1"), "", tags=frozenset({"c"})),
    Root(
        "c-x86_64-musl", _BY_NAME["x86_64-musl"], "bookworm", ("musl",), "", tags=frozenset({"c"})
    ),
    Root(
        "c-aarch64-musl", _BY_NAME["aarch64-musl"], "bookworm", ("musl",), "", tags=frozenset({"c"})
    ),
)


def chosen() -> list[Root]:
    """All, or those that ROOTS names: ROOTS="python3.14-x86_64-gnu" """
    names = os.environ.get("ROOTS", "").split()
    return [root for root in ALL if not names or root.name in names]


def superuser() -> None:
    if os.geteuid() != 0:
        raise SystemExit("dist: bare roots need root, for chroot")
