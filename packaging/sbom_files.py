"""A bill of materials beside each package that has none inside, as wheels have."""

from pathlib import Path

import command
import toolchain
from places import DIST, HERE, version
from platforms import Platform
from run import run


def build(platform: Platform) -> list[Path]:
    made = []
    packages = ["rdsiam-ffi", "rdsiam-node"]
    if command.ships_for(platform):
        packages.append(command.PACKAGE)
    for package in packages:
        to = DIST / "sbom" / f"{package}-{version()}-{platform.name}.cdx.json"
        made.append(write(package, platform, to))
    return made


def write(package: str, platform: Platform, to: Path) -> Path:
    """Of what is linked into a package."""
    run([toolchain.tool("python"), HERE / "sbom.py", package, platform.name, to])
    return to
