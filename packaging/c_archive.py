"""The C library for a platform: header, shared and static library, pkg-config and CMake files, the
Go package. It works wherever it is unpacked."""

import re
import shutil
import tempfile
from pathlib import Path

import archive
import cargo
import licences
from places import DIST, ROOT, TOOLCHAIN, version
from platforms import Platform
from run import run

# What a program links with the static library. The unwinder comes from the archive of gcc, so that
# it needs the C library alone, and none where it is linked with -static.
PRIVATE = {
    "glibc": "-lgcc_eh -lgcc -lutil -lrt -lpthread -lm -ldl -lc",
    "musl": "-lgcc_eh -lgcc -lc",
}


def name(platform: Platform) -> str:
    return f"rdsiam-c-{version()}-{platform.cpu}-linux-{platform.abi}"


def build(platform: Platform) -> list[Path]:
    built = cargo.build(platform, "rdsiam-ffi")
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / name(platform)
        place(platform, built, folder)
        (DIST / "c").mkdir(parents=True, exist_ok=True)
        return [archive.tar(folder, DIST / "c" / f"{folder.name}.tar.gz")]


def place(platform: Platform, built: Path, folder: Path) -> None:
    """Installs both libraries, so that the folder can be moved."""
    binutils = f"{TOOLCHAIN}/bin/{platform.cpu}-linux-gnu-"
    prefix = "/rdsiam"
    stage = folder.parent / "stage"
    tools = {"LD": f"{binutils}ld", "AR": f"{binutils}ar", "OBJCOPY": f"{binutils}objcopy"}
    where = {"DESTDIR": str(stage), "PREFIX": prefix, "LIBDIR": "", "INCLUDEDIR": ""}
    run(
        [ROOT / "ffi/install/install.sh", "install"],
        cwd=ROOT,
        env={**tools, **where, "BUILT": str(built), "PRIVATE": PRIVATE[platform.libc]},
    )
    shutil.move(stage / prefix.lstrip("/"), folder)
    for file in (folder / "lib/pkgconfig").glob("*.pc"):
        # pkg-config knows the folder of the file that it reads.
        text = re.sub(
            f"^prefix={prefix}$", r"prefix=${pcfiledir}/../..", file.read_text(), flags=re.M
        )
        file.write_text(text)
    licences.write("rdsiam-ffi", platform, folder / "share/doc/rdsiam/THIRD-PARTY.txt")
