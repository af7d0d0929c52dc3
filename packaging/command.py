"""The command rdsiam: a static program for each processor, which needs no C library, in an archive.
The wheel and the npm package have the same program."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

import archive
import cargo
import licences
from places import DIST, ROOT, TOOLS, version
from platforms import Platform

PACKAGE = "rdsiam-cli"
SUMMARY = "IAM tokens for Amazon RDS and Aurora: logins with them, and why one was refused"
LICENCES = ("LICENSE-APACHE", "LICENSE-MIT")


def ships_for(platform: Platform) -> bool:
    """A static program runs beside any C library; musl is the one that can be linked in."""
    return platform.libc == "musl"


@cache
def program(platform: Platform) -> Path:
    return cargo.build(platform, PACKAGE, static=True) / "rdsiam"


def build(platform: Platform) -> list[Path]:
    if not ships_for(platform):
        return []
    name = f"rdsiam-{version()}-{platform.cpu}-linux"
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / name
        folder.mkdir()
        place_program(platform, folder / "rdsiam")
        shutil.copy(ROOT / "cli/README.md", folder)
        place_licences(platform, folder)
        (DIST / "command").mkdir(parents=True, exist_ok=True)
        return [archive.tar(folder, DIST / "command" / f"{name}.tar.gz")]


def place_program(platform: Platform, to: Path) -> None:
    shutil.copy(program(platform), to)
    to.chmod(0o755)


def place_licences(platform: Platform, folder: Path) -> None:
    """Those of rdsiam, of the crates, and of the C library that is linked in."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in LICENCES:
        shutil.copy(ROOT / name, folder)
    third_party = licences.write(PACKAGE, platform, folder / "THIRD-PARTY.txt")
    (musl,) = TOOLS.glob("lib/python*/site-packages/ziglang/lib/libc/musl/COPYRIGHT")
    with third_party.open("a") as file:
        file.write(f"{'-' * 78}\nmusl, the C library\n\n{musl.read_text().strip()}\n")
