"""Where things are: what ships, what it is made with, and what may be deleted."""

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
    import tomllib

    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
    return str(manifest["workspace"]["package"]["version"])
