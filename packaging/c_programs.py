"""Builds the programs that prove a C archive, out of the archive alone: by its pkg-config files,
and by those for CMake."""

import shlex
import shutil
import sys
import tarfile
from pathlib import Path

import c_archive
import elf
import toolchain
from places import DIST, HERE, ROOT, WORK
from platforms import Platform
from run import run


def archive_of(platform: Platform) -> Path:
    return DIST / "c" / f"{c_archive.name(platform)}.tar.gz"


def build(platform: Platform, kind: str) -> Path:
    """The programs `vectors`, `token` and `token-cmake`, shared or static, with the library if they
    need it."""
    work = WORK / "c-programs" / platform.name
    folder = work / kind
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # A user's folder may have such a name.
    place = work / "any where"
    with tarfile.open(archive_of(platform)) as packed:
        packed.extractall(place, filter="data")
    unpacked = place / c_archive.name(platform)
    package = "rdsiam" if kind == "shared" else "rdsiam-static"
    pkg_config = {"PKG_CONFIG_PATH": str(unpacked / "lib/pkgconfig")}
    options = shlex.split(run(["pkg-config", "--cflags", "--libs", package], env=pkg_config))
    header = run([sys.executable, ROOT / "tests/c/vectors.py"])
    (work / "vectors.h").write_text(header)
    for name, source in (
        ("vectors", ROOT / "tests/c/test_vectors.c"),
        ("token", HERE / "proofs/prove.c"),
    ):
        run(
            [
                *_compiler(platform, kind),
                "-std=gnu99",
                f"-I{work}",
                f"-I{ROOT}/tests/c",
                source,
                "-o",
                folder / name,
                *options,
            ]
        )
    shutil.copy(_by_cmake(platform, unpacked, work / "cmake") / kind / "token-cmake", folder)
    for name in ("vectors", "token", "token-cmake"):
        _needs_the_c_library_alone(folder / name, platform, kind)
    if kind == "shared":
        for library in (unpacked / "lib").glob("librdsiam.so.*"):
            shutil.copy(library, folder, follow_symlinks=True)
    return folder


def _needs_the_c_library_alone(program: Path, platform: Platform, kind: str) -> None:
    allowed = elf.GLIBC | {platform.loader} if platform.libc == "glibc" else {"libc.so"}
    if kind == "shared":
        allowed = allowed | {"librdsiam.so.1"}
    needed = elf.read(program).needed
    if needed - allowed:
        raise elf.Wrong(f"{program.name}, {kind}, needs {', '.join(sorted(needed - allowed))}")


def _by_cmake(platform: Platform, unpacked: Path, folder: Path) -> Path:
    """Both kinds of `token-cmake`, for which the C library is a shared one."""
    shutil.rmtree(folder, ignore_errors=True)
    configure = ["cmake", "-S", HERE / "proofs", "-B", folder, f"-DCMAKE_PREFIX_PATH={unpacked}"]
    configure += ["-DCMAKE_SYSTEM_NAME=Linux", f"-DCMAKE_SYSTEM_PROCESSOR={platform.cpu}"]
    compiler = shlex.join(str(word) for word in _compiler(platform, "shared"))
    run(configure, env={"CC": compiler})
    found = f"rdsiam_DIR:PATH={unpacked}/lib/cmake/rdsiam\n"
    if found not in (folder / "CMakeCache.txt").read_text():
        raise SystemExit(f"dist: CMake did not take the files of {unpacked.name}")
    run(["cmake", "--build", folder])
    return folder


def _compiler(platform: Platform, kind: str) -> list[str | Path]:
    zig: list[str | Path] = [toolchain.tool("python-zig"), "cc", "-target", platform.zig]
    # Zig links programs for musl without a dynamic linker unless it is told not to.
    dynamic = ["-dynamic"] if platform.libc == "musl" and kind == "shared" else []
    return [*zig, "-fno-sanitize=all", *dynamic]
