"""The wheel rdsiam-cli: the static program among the scripts, and no Python."""

import tempfile
from pathlib import Path

import cargo
import command
import toolchain
from places import DIST, ROOT, version
from platforms import Platform
from run import run

NAME = "rdsiam_cli"


def tags(platform: Platform) -> list[str]:
    """The program needs no C library, so one wheel is for all of them. These are the oldest names
    that pip has for each."""
    cpu = platform.cpu
    systems = (f"manylinux_2_17_{cpu}", f"manylinux2014_{cpu}", f"musllinux_1_1_{cpu}")
    return [f"py3-none-{system}" for system in systems]


def build(platform: Platform) -> list[Path]:
    if not command.ships_for(platform):
        return []
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / f"{NAME}-{version()}"
        scripts = folder / f"{folder.name}.data/scripts"
        scripts.mkdir(parents=True)
        command.place_program(platform, scripts / "rdsiam")
        information = folder / f"{folder.name}.dist-info"
        command.place_licences(platform, information / "licenses")
        (information / "METADATA").write_text(_metadata())
        (information / "WHEEL").write_text(_wheel(platform))
        (DIST / "python").mkdir(parents=True, exist_ok=True)
        pack = [toolchain.tool("python"), "-m", "wheel", "pack", "-d", DIST / "python", folder]
        run(pack, env={"SOURCE_DATE_EPOCH": cargo.source_date()})
    (packed,) = (DIST / "python").glob(f"{NAME}-{version()}-py3-none-*_{platform.cpu}.whl")
    return [packed]


def _metadata() -> str:
    repository = "https://github.com/rdsiam/rdsiam"
    licences = (*command.LICENCES, "THIRD-PARTY.txt")
    lines = [
        "Metadata-Version: 2.4",
        "Name: rdsiam-cli",
        f"Version: {version()}",
        f"Summary: {command.SUMMARY}",
        "Author: The rdsiam developers",
        "License-Expression: Apache-2.0 OR MIT",
        *(f"License-File: {name}" for name in licences),
        "Keywords: aws,rds,aurora,iam,authentication,postgresql,mysql",
        "Classifier: Environment :: Console",
        "Classifier: Operating System :: POSIX :: Linux",
        "Classifier: Programming Language :: Rust",
        "Classifier: Topic :: Database",
        f"Project-URL: Repository, {repository}",
        f"Project-URL: Changelog, {repository}/blob/main/CHANGELOG.md",
        f"Project-URL: Issues, {repository}/issues",
        "Requires-Python: >=3.8",
        "Description-Content-Type: text/markdown",
    ]
    return "\n".join([*lines, "", (ROOT / "cli/README.md").read_text()])


def _wheel(platform: Platform) -> str:
    lines = ["Wheel-Version: 1.0", "Generator: rdsiam packaging", "Root-Is-Purelib: false"]
    return "\n".join([*lines, *(f"Tag: {tag}" for tag in tags(platform)), ""])
