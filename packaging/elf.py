"""What a library or a program says of itself: what it needs, offers and carries along."""

import re
from dataclasses import dataclass
from pathlib import Path

import cargo
from platforms import Platform
from run import run

# The C library of glibc comes in several files; no other library may be needed.
GLIBC = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1"}
MACHINES = {"x86_64": "Advanced Micro Devices X86-64", "aarch64": "AArch64"}


class Wrong(Exception):
    """An artefact is not what it should be; the text says how."""


@dataclass(frozen=True)
class Library:
    path: Path
    machine: str
    needed: frozenset[str]
    soname: str
    versions: frozenset[str]
    """GLIBC_2.17 and the like"""
    exports: tuple[str, ...]
    sections: frozenset[str]
    kind: str
    """DYN, or EXEC for a program at a fixed address"""
    interpreter: str
    """the dynamic linker that a program asks for"""

    @property
    def floor(self) -> str:
        """The lowest glibc that has all its symbols; empty for musl, which has no versions."""
        found = [version.removeprefix("GLIBC_") for version in self.versions]
        return max(found, key=lambda text: [int(part) for part in text.split(".")], default="")


def read(path: Path) -> Library:
    header = run(["readelf", "-hW", path])
    dynamic = run(["readelf", "-dW", path])
    symbols = run(["nm", "-D", "--defined-only", "--without-symbol-versions", path])
    return Library(
        path,
        "".join(re.findall(r"Machine:\s+(.*)", header)),
        frozenset(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)),
        "".join(re.findall(r"\(SONAME\).*\[(.*)\]", dynamic)),
        frozenset(re.findall(r"GLIBC_[0-9.]+\b", run(["readelf", "-VW", path]))),
        tuple(sorted(line.split()[-1] for line in symbols.splitlines() if line)),
        frozenset(re.findall(r"\]\s+(\.\S+)", run(["readelf", "-SW", path]))),
        "".join(re.findall(r"Type:\s+(\w+)", header)),
        "".join(re.findall(r"interpreter: (.*)\]", run(["readelf", "-lW", path]))),
    )


def check(
    path: Path, platform: Platform, exports: list[str], max_bytes: int, unwinder: str = ""
) -> dict[str, object]:
    """Raises `Wrong` if a shared library is not fit to ship; or else says what was found. One that
    has no unwinder of its own needs that library for it."""
    library = read(path)
    wrong = _wrong_for_all(library, platform, max_bytes)
    allowed = {"libc.so"} if platform.libc == "musl" else GLIBC | {platform.loader}
    if unwinder and unwinder not in library.needed:
        wrong.append(f"has an unwinder of its own, and not {unwinder}")
    if more := library.needed - allowed - {unwinder}:
        wrong.append(f"needs {', '.join(sorted(more))}")
    if platform.libc == "glibc" and _number(library.floor) > _number(platform.floor):
        wrong.append(f"needs glibc {library.floor}, and {platform.floor} is promised")
    if platform.libc == "musl" and library.versions:
        wrong.append("needs glibc")
    if list(library.exports) != sorted(exports):
        wrong.append(
            f"exports {sorted(set(library.exports) ^ set(exports))} that it should not, or lacks it"
        )
    if wrong:
        raise Wrong(f"{path.name}: {'; '.join(wrong)}")
    return {
        "needed": sorted(library.needed),
        "floor": f"{platform.libc} {library.floor or platform.floor}",
        "exports": len(library.exports),
        "bytes": path.stat().st_size,
    }


def check_static(path: Path, platform: Platform, max_bytes: int) -> dict[str, object]:
    """Raises `Wrong` if a program needs anything but the kernel; or else says what was found."""
    program = read(path)
    wrong = _wrong_for_all(program, platform, max_bytes)
    if program.needed:
        wrong.append(f"needs {', '.join(sorted(program.needed))}")
    if program.interpreter:
        wrong.append(f"needs {program.interpreter}")
    if program.kind != "DYN":
        wrong.append("has a fixed address")
    if not path.stat().st_mode & 0o111:
        wrong.append("is not executable")
    if wrong:
        raise Wrong(f"{path.name}: {'; '.join(wrong)}")
    return {"needed": [], "floor": "none", "bytes": path.stat().st_size}


def _wrong_for_all(found: Library, platform: Platform, max_bytes: int) -> list[str]:
    path, wrong = found.path, []
    if found.machine != MACHINES[platform.cpu]:
        wrong.append(f"is for {found.machine}")
    if found.sections & {".symtab", ".debug_info", ".debug_line"}:
        wrong.append("is not stripped")
    if path.stat().st_size > max_bytes:
        wrong.append(f"has {path.stat().st_size} bytes, more than {max_bytes}")
    content = path.read_bytes()
    for folder, _ in cargo.remapped():
        if str(folder).encode() in content:
            wrong.append(f"names a folder of the machine that built it: {folder}")
    return wrong


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")] if version else []
