"""A bill of materials beside each package that has none inside, as maturin's wheels have."""

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
        run([toolchain.tool("python"), HERE / "sbom.py", package, platform.name, to])
        made.append(to)
    return made
