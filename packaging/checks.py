"""What can be told from an artefact without running it."""

import json
import tempfile
import zipfile
from pathlib import Path

import command_checks
import contents
import elf
import ledger
import sources
import toolchain
import wheels
from places import ROOT
from platforms import PLATFORMS, Platform
from run import run, say

MEGABYTE = 1_000_000
# As promised: packed in a wheel or an npm package, unpacked in a layer.
MAX_LIBRARY = 5 * MEGABYTE
MAX_PACKED = int(2.6 * MEGABYTE)
MAX_LAYER = 5 * MEGABYTE
EXPORTS = {
    "python": ["PyInit__rdsiam"],
    "node": ["napi_register_module_v1"],
    "c": (ROOT / "ffi/symbols.txt").read_text().split(),
}


WORKFLOW = ROOT / ".github/workflows/release.yml"
ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"


def check_all() -> None:
    strict = ["--offline", "--no-progress", "--pedantic", "--min-severity=low"]
    run([toolchain.tool("zizmor"), *strict, WORKFLOW])
    # It finds shellcheck there.
    run(["go", "run", ACTIONLINT, WORKFLOW], env={"PATH": toolchain.path()})
    for path in ledger.artefacts():
        check(path)


def check(path: Path) -> None:
    say(f"checks {path.name}")
    kind = path.parent.name
    if kind != "sbom":
        contents.bare_of_folders(path)
    if command_checks.covers(path):
        command_checks.check(path)
    elif path.suffix == ".whl" and path.name.startswith("rdsiam-"):
        contents.bound(path, MAX_PACKED)
        glibc = "-manylinux" in path.name
        _library(path, "*.so", EXPORTS["python"], wheels.UNWINDER if glibc else "")
        _wheel(path)
    elif kind == "npm":
        _npm(path)
    elif kind == "c":
        _library(path, "librdsiam.so.*.*.*", EXPORTS["c"])
    elif kind == "lambda":
        _layer(path)
    elif path.name.endswith(".tar.gz") and kind == "python":
        run([toolchain.tool("twine"), "check", "--strict", path])
        ledger.record(path, "twine check", "passed")
        sources.build_sdist(path)
        ledger.record(path, "built by pip outside of the workspace", "passed")
    elif path.suffix == ".crate":
        sources.build_crate(path)
        ledger.record(path, "built outside of the workspace", "passed")


def platform_of(path: Path) -> Platform | None:
    """By the name that each packager gives it."""
    for platform in PLATFORMS:
        for name in (platform.wheel, platform.npm, f"{platform.cpu}-linux-{platform.abi}"):
            if name in path.name:
                return platform
    return None


def _library(path: Path, pattern: str, exports: list[str], unwinder: str = "") -> None:
    platform = platform_of(path)
    if platform is None:
        raise elf.Wrong(f"{path.name} is for no platform that ships")
    with tempfile.TemporaryDirectory() as work:
        contents.unpack(path, Path(work))
        (library,) = Path(work).rglob(pattern)
        found = elf.check(library, platform, exports, MAX_LIBRARY, unwinder)
        ledger.record(path, "library", found)
        if not list(Path(work).rglob("THIRD-PARTY.txt")):
            raise elf.Wrong(f"{path.name} has no licences of what is linked")


def _wheel(path: Path) -> None:
    platform = platform_of(path)
    assert platform is not None
    # It takes Alpine's name for the C library alone, and musl answers to zig's too. That nothing
    # else is needed there, elf.py knows.
    if platform.libc == "glibc":
        _auditwheel(path, platform.wheel)
    run([toolchain.tool("twine"), "check", "--strict", path])
    ledger.record(path, "twine check", "passed")
    if "-abi3-" in path.name:
        report = json.loads(run([toolchain.tool("abi3audit"), "--strict", "--report", path]))
        (spec,) = report["specs"].values()
        results = [found["result"] for found in spec["wheel"]]
        if [(result["baseline"], result["computed"]) for result in results] != [("3.10", "3.10")]:
            raise elf.Wrong(f"{path.name}: {results}")
        ledger.record(path, "abi3audit", "0 violations of CPython 3.10's stable ABI")


def _auditwheel(path: Path, tag: str) -> None:
    shown = run([toolchain.tool("auditwheel"), "show", path], env={"PATH": toolchain.path()})
    if f'"{tag}"' not in " ".join(shown.split()):
        raise elf.Wrong(f"{path.name}: auditwheel does not find {tag}: {shown}")
    ledger.record(path, "auditwheel", tag)


def _npm(path: Path) -> None:
    contents.bound(path, MAX_PACKED)
    if platform_of(path) is not None:
        _library(path, "*.node", EXPORTS["node"])
    run([contents.js_tool("publint"), "run", path, "--strict"])
    ledger.record(path, "publint", "passed")
    if platform_of(path) is None:
        # Those who resolve as Node 10 did find types by `typesVersions`.
        run([contents.js_tool("attw"), path])
        ledger.record(path, "attw", "passed")


def _layer(path: Path) -> None:
    with zipfile.ZipFile(path) as file:
        unpacked = sum(entry.file_size for entry in file.infolist())
    if unpacked > MAX_LAYER:
        raise elf.Wrong(f"{path.name} has {unpacked} bytes unpacked, more than {MAX_LAYER}")
    ledger.record(path, "unpacked bytes", unpacked)
