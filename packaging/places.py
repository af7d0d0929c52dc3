"""Where things are: what ships, what it is made with, and what may be deleted."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "packaging"

# What ships.
DIST = ROOT / "build" / "dist"
# Compilers, tools, roots and targets, kept between runs.
WORK = ROOT / "build" / "dist-work"
TOOLCHAIN = WORK / "toolchain"
TARGET = WORK / "target"
TOOLS = WORK / "tools"
ROOTS = WORK / "roots"


def version() -> str:
    """The one place for the version is `workspace.package` in Cargo.toml."""
    found = re.search(r'^\[workspace\.package\]\nversion = "(.+)"', _manifest(), re.MULTILINE)
    assert found is not None
    return found[1]


def _manifest() -> str:
    return (ROOT / "Cargo.toml").read_text()
