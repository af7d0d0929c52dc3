"""Looks into artefacts: unpacks them, and bounds their size."""

import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

import cargo
import elf
from places import HERE, WORK
from run import run


def bound(path: Path, most: int) -> None:
    if path.stat().st_size > most:
        raise elf.Wrong(f"{path.name} has {path.stat().st_size} bytes, more than {most}")


def unpack(path: Path, to: Path) -> None:
    if path.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(path) as file:
            file.extractall(to)
            for entry in file.infolist():
                # Which zipfile leaves out.
                if mode := entry.external_attr >> 16 & 0o777:
                    (to / entry.filename).chmod(mode)
    else:
        with tarfile.open(path) as packed:
            packed.extractall(to, filter="data")


def bare_of_folders(path: Path) -> None:
    """No file of an artefact names a folder of the machine that built it."""
    with tempfile.TemporaryDirectory() as work:
        unpack(path, Path(work))
        for file in Path(work).rglob("*"):
            if file.is_file() and not file.is_symlink():
                content = file.read_bytes()
                for folder, _ in cargo.remapped():
                    if str(folder).encode() in content:
                        inside = file.relative_to(work)
                        raise elf.Wrong(f"{path.name}: {inside} names the folder {folder}")


def js_tool(name: str) -> Path:
    """publint and attw, by a lock file."""
    folder = WORK / "js-tools"
    if not (folder / "node_modules/.bin" / name).exists():
        folder.mkdir(parents=True, exist_ok=True)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "js-tools" / file, folder)
        run(["npm", "ci", "--silent"], cwd=folder)
    return folder / "node_modules/.bin" / name
