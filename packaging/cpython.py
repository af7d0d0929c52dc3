"""CPython for musl, which no registry has: built with zig from Debian's sources, for the proofs."""

import shutil
import tempfile
from pathlib import Path
from shlex import quote

import toolchain
from debian import Suite
from places import HERE, WORK
from platforms import Platform
from run import run, say

VERSION = "3.13"
SUITE = "trixie"
PREFIX = "/usr/local"
PROGRAM = f"{PREFIX}/bin/python{VERSION}"
# What configure would find out by running a program.
_KNOWN = ("ac_cv_file__dev_ptmx=yes", "ac_cv_file__dev_ptc=no", "ac_cv_buggy_getaddrinfo=no")


def add(platform: Platform, builder: Path, root: Path) -> None:
    """Interpreter and standard library, by those of the same version in the folder `builder`."""
    made = WORK / "cpython" / platform.name
    if not (made / PROGRAM.lstrip("/")).exists():
        say(f"builds CPython {VERSION} for {platform.name}")
        # Its scripts take no folder with a space.
        with tempfile.TemporaryDirectory() as work:
            _build(platform, builder, Path(work), made)
    shutil.copytree(made, root, symlinks=True, dirs_exist_ok=True)
    _offer_driver(platform, root / "offered")


def _offer_driver(platform: Platform, folder: Path) -> None:
    """The one that brings its own OpenSSL, which is not built here."""
    command: list[str | Path] = [toolchain.tool("pip"), "download", "-q", "--require-hashes"]
    command += ["--no-deps", "--only-binary=:all:", f"--platform={platform.wheel}"]
    requirements = HERE / "proofs/requirements-psycopg2.txt"
    run([*command, f"--python-version={VERSION}", "-d", folder, "-r", requirements])


def _build(platform: Platform, builder: Path, work: Path, made: Path) -> None:
    compilers = _compilers(platform, work)
    zlib, cpython = (_unpacked(name, work / name) for name in ("zlib", f"python{VERSION}"))
    # With which pip reads wheels.
    run(["./configure", "--static"], cwd=zlib, env=compilers | {"CFLAGS": "-O2 -fPIC"})
    run(["make", "libz.a"], cwd=zlib)
    host = f"{platform.cpu}-linux-musl"
    run(
        [
            "./configure",
            f"--host={host}",
            "--build=x86_64-linux-gnu",
            f"--with-build-python={_runnable(builder, work)}",
            f"--prefix={PREFIX}",
            "--disable-test-modules",
            "--without-ensurepip",
            *_KNOWN,
            "PKG_CONFIG=false",
            "OPT=-O1 -DNDEBUG",
            f"ZLIB_CFLAGS=-I{zlib}",
            f"ZLIB_LIBS={zlib}/libz.a",
        ],
        cwd=cpython,
        env=compilers,
    )
    run(["make", "-j2"], cwd=cpython)
    run(["make", "altinstall", f"DESTDIR={work}/made"], cwd=cpython)
    for unneeded in ("include", "share"):
        shutil.rmtree(work / "made" / PREFIX.lstrip("/") / unneeded)
    made.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(work / "made", made)


def _unpacked(package: str, to: Path) -> Path:
    to.mkdir(parents=True)
    run(["tar", "-xf", Suite(SUITE).source(package), "-C", to])
    (folder,) = to.iterdir()
    return folder


def _compilers(platform: Platform, work: Path) -> dict[str, str]:
    """CC and its like, as programs."""
    zig = quote(str(toolchain.tool("python-zig")))
    commands = {
        "CC": f"cc -target {platform.zig} -dynamic -fno-sanitize=all -Wno-date-time",
        "AR": "ar",
        "RANLIB": "ranlib",
    }
    for name, command in commands.items():
        # `make` names modules of CPython's source to its own Python by these.
        unset = "unset PYTHONHOME PYTHONPATH _PYTHON_SYSCONFIGDATA_NAME"
        toolchain.script(work / name, f"exec {zig} {command}", f"{unset}\n")
    # By this musl is told from others, and zig's own headers lack it.
    cpp = {"CPP": f"{work}/CC -E -D__DEFINED_va_list"}
    return {name: str(work / name) for name in commands} | cpp


def _runnable(root: Path, work: Path) -> Path:
    """A CPython of Debian, on a machine whose C library is older."""
    program = work / "python"
    libraries = quote(f"{root}/usr/lib/x86_64-linux-gnu")
    loader = f"{quote(f'{root}/lib64/ld-linux-x86-64.so.2')} --library-path {libraries}"
    home = f"PYTHONHOME={quote(f'{root}/usr')}"
    toolchain.script(program, f"{home} exec {loader} {quote(f'{root}/usr/bin/python{VERSION}')}")
    return program
