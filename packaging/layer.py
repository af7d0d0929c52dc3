"""Layers for AWS Lambda, which are unpacked to /opt: one for Python's functions and one for Node's,
each for both architectures."""

import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

import archive
import npm
from places import DIST, version
from platforms import Platform

# Where Lambda's runtimes look, below /opt.
PYTHON = "python"
NODE = "nodejs/node_modules"


def build(platform: Platform) -> list[Path]:
    if platform.libc != "glibc":
        # Lambda's own runtimes are Amazon Linux.
        return []
    made = []
    for language, add in (("python", _add_python), ("nodejs", _add_node)):
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work) / "layer"
            folder.mkdir()
            add(platform, folder)
            (DIST / "lambda").mkdir(parents=True, exist_ok=True)
            name = f"rdsiam-layer-{language}-{version()}-{platform.npm_cpu}.zip"
            made.append(archive.zipped(folder, DIST / "lambda" / name))
    return made


def _add_python(platform: Platform, folder: Path) -> None:
    (wheel,) = (DIST / "python").glob(f"rdsiam-*-abi3-*{platform.wheel}*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder / PYTHON)
    # The bill of materials stays in the wheel; a function is billed and started by its size.
    (bill,) = (folder / PYTHON).glob("*.dist-info/sboms")
    shutil.rmtree(bill)


def _add_node(platform: Platform, folder: Path) -> None:
    for name, tarball in (
        ("rdsiam", "rdsiam"),
        (npm.package_name(platform), f"rdsiam-{platform.npm}"),
    ):
        place = folder / NODE / name
        place.mkdir(parents=True)
        with tarfile.open(DIST / "npm" / f"{tarball}-{version()}.tgz") as packed:
            packed.extractall(place.parent, filter="data")
        shutil.copytree(place.parent / "package", place, dirs_exist_ok=True)
        shutil.rmtree(place.parent / "package")
        # Nobody compiles in a function; the declarations are in the package.
        for declaration in place.rglob("*.d.*ts"):
            declaration.unlink()
