"""What can be told from the artefacts of the command without running them."""

import tempfile
import zipfile
from pathlib import Path

import command_npm
import command_wheel
import contents
import elf
import ledger
import toolchain
from platforms import PLATFORMS, Platform
from run import run

MEGABYTE = 1_000_000
MAX_PROGRAM = 9 * MEGABYTE
MAX_PACKED = 4 * MEGABYTE


def covers(path: Path) -> bool:
    ours = path.name.startswith(("rdsiam_cli-", "rdsiam-cli-"))
    return path.parent.name == "command" or (ours and path.suffix in (".whl", ".tgz"))


def check(path: Path) -> None:
    contents.bound(path, MAX_PACKED)
    platform = platform_of(path)
    if platform is not None:
        _program(path, platform)
    if path.suffix == ".whl":
        assert platform is not None
        _wheel(path, platform)
    elif path.parent.name == "npm":
        run([contents.js_tool("publint"), "run", path, "--strict"])
        ledger.record(path, "publint", "passed")


def platform_of(path: Path) -> Platform | None:
    """None for the package that is JavaScript alone."""
    for platform in PLATFORMS:
        npm_name = command_npm.package_name(platform).removeprefix("@").replace("/", "-")
        if f"{npm_name}-" in path.name or platform.cpu in path.name:
            return next(p for p in PLATFORMS if p.cpu == platform.cpu and p.libc == "musl")
    return None


def _program(path: Path, platform: Platform) -> None:
    with tempfile.TemporaryDirectory() as work:
        contents.unpack(path, Path(work))
        (program,) = (found for found in Path(work).rglob("rdsiam") if found.is_file())
        ledger.record(path, "static program", elf.check_static(program, platform, MAX_PROGRAM))
        if not list(Path(work).rglob("THIRD-PARTY.txt")):
            raise elf.Wrong(f"{path.name} has no licences of what is linked")


def _wheel(path: Path, platform: Platform) -> None:
    run([toolchain.tool("twine"), "check", "--strict", path])
    ledger.record(path, "twine check", "passed")
    with tempfile.TemporaryDirectory() as work:
        # Compares each file with its digest in RECORD.
        run([toolchain.tool("python"), "-m", "wheel", "unpack", "-d", work, path])
    with zipfile.ZipFile(path) as file:
        (name,) = (n for n in file.namelist() if n.endswith(".dist-info/WHEEL"))
        text = file.read(name).decode()
    found = [line.removeprefix("Tag: ") for line in text.splitlines() if line.startswith("Tag: ")]
    promised = command_wheel.tags(platform)
    named = path.stem.split("-", 2)[2].rsplit("-", 1)[1].split(".")
    if sorted(found) != sorted(promised) or sorted(named) != sorted(
        tag.rsplit("-", 1)[1] for tag in promised
    ):
        raise elf.Wrong(f"{path.name} is tagged {found}, and {promised} is promised")
    ledger.record(path, "tags", promised)
