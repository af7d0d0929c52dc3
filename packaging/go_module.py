"""Go's package with the static libraries of all platforms in it, so that `go build` links it and
nothing has to be installed. `-tags installed` and `-tags static` take the installed library."""

import shutil
import tarfile
import tempfile
from pathlib import Path
from shlex import quote

import archive
import c_archive
import elf
import toolchain
from places import DIST, ROOT, version
from platforms import PLATFORMS, Platform
from run import Failed, run

SOURCE = ROOT / "examples/go/rdsiam"
OFFLINE = {"GOPROXY": "off", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local"}
# How the compiler finds out that its C library is the other one, and what to do then.
OTHER_LIBC = {
    "glibc": ("!defined(__GLIBC__)", "build with -tags musl for musl"),
    "musl": ("defined(__GLIBC__)", "build without -tags musl for glibc"),
}


def path() -> Path:
    return DIST / "go" / f"rdsiam-go-{version()}.tar.gz"


def build_consumer(platform: Platform, folder: Path, *, vendored: bool = False) -> Path:
    """Somebody else's program, built without a network by the module alone, or by what `go mod
    vendor` copied of it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(path()) as packed:
        packed.extractall(folder, filter="data")
    (module,) = folder.iterdir()
    shutil.copytree(ROOT / "tests/consumer/go", folder / "consumer")
    for inside in ("", "/rdsiammysql", "/rdsiampgx"):
        replace = f"-replace=rdsiam{inside}=../{module.name}{inside}"
        run(["go", "mod", "edit", replace], cwd=folder / "consumer")
    env = OFFLINE | _target(platform)
    if vendored:
        run(["go", "mod", "vendor"], cwd=folder / "consumer", env=env)
        # What is elsewhere may go then.
        shutil.rmtree(module)
        env |= {"GOFLAGS": "-mod=vendor"}
    tags = ["-tags=musl"] if platform.libc == "musl" else []
    run(["go", "build", *tags, "-o", folder / "login", "."], cwd=folder / "consumer", env=env)
    needed = elf.read(folder / "login").needed
    if more := needed - elf.GLIBC - {platform.loader, "libresolv.so.2"}:
        raise elf.Wrong(f"Go's program needs {', '.join(sorted(more))}")
    return folder / "login"


def _target(platform: Platform) -> dict[str, str]:
    """The compiler of this machine, where it fits; or else zig."""
    if platform.name == "x86_64-gnu":
        return {}
    zig = f"{quote(str(toolchain.tool('python-zig')))} cc -fno-sanitize=all -target {platform.zig}"
    return {"CGO_ENABLED": "1", "GOARCH": platform.go, "CC": zig}


def misfits(platform: Platform, folder: Path) -> dict[str, str]:
    """What `go build` says where nothing in the module fits, asked from a program's `folder`."""
    musl = _target(next(p for p in PLATFORMS if p.cpu == platform.cpu and p.libc == "musl"))
    cases = {
        "without cgo": ({"CGO_ENABLED": "0"}, "rdsiam needs cgo: set CGO_ENABLED=1"),
        "for riscv64": ({"GOARCH": "riscv64"}, "in the module for Linux on amd64 and arm64"),
        "for musl": (musl, "rdsiam is linked for glibc here: build with -tags musl for musl"),
    }
    said = {}
    for name, (variables, sentence) in cases.items():
        try:
            # The package alone: what it is compiled with is compiled for each case.
            run(["go", "build", "rdsiam"], cwd=folder, env=OFFLINE | variables)
        except Failed as error:
            lines = [line for line in str(error).splitlines() if sentence in line]
            if not lines:
                raise SystemExit(f"dist: go build {name} says {error}") from None
            said[name] = lines[0]
        else:
            raise SystemExit(f"dist: go build {name} succeeds")
    return said


def build(platforms: list[Platform]) -> list[Path]:
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / f"rdsiam-go-{version()}"
        shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("internal", "*_test.go"))
        for platform in platforms:
            _add(platform, folder)
        _prefer_bundled(folder / "link_shared.go")
        (DIST / "go").mkdir(parents=True, exist_ok=True)
        return [archive.tar(folder, path())]


def _add(platform: Platform, folder: Path) -> None:
    """The library of a platform, out of its C archive, and the file that links it."""
    place = f"lib/linux_{platform.go}_{platform.abi}"
    inside = c_archive.name(platform)
    # `go mod vendor` copies packages, with all files beside their Go files.
    for name in (place, "include"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "package.go").write_text(
            "// Package files has no code: package rdsiam is linked with what is beside this.\n"
            "package files\n"
        )
    with tarfile.open(DIST / "c" / f"{inside}.tar.gz") as packed:
        for member, to in (
            ("lib/librdsiam.a", f"{place}/librdsiam.a"),
            ("include/rdsiam.h", "include/rdsiam.h"),
            ("share/doc/rdsiam/THIRD-PARTY.txt", f"{place}/THIRD-PARTY.txt"),
        ):
            content = packed.extractfile(f"{inside}/{member}")
            assert content is not None
            (folder / to).write_bytes(content.read())
    musl = "musl" if platform.libc == "musl" else "!musl"
    # Or else the linker would name functions of the other C library.
    wrong, advice = OTHER_LIBC[platform.libc]
    (folder / f"link_linux_{platform.abi}_{platform.go}.go").write_text(
        f"//go:build cgo && linux && {platform.go} && {musl} && !installed && !static\n\n"
        "package rdsiam\n\n"
        "// #include <features.h>\n"
        f"// #if {wrong}\n"
        f"// #error rdsiam is linked for {platform.libc} here: {advice}\n"
        "// #endif\n"
        "// #cgo CFLAGS: -I${SRCDIR}/include\n"
        f"// #cgo LDFLAGS: ${{SRCDIR}}/{place}/librdsiam.a {c_archive.PRIVATE[platform.libc]}\n"
        'import "C"\n\n'
        "import (\n"
        '\t_ "rdsiam/include"\n'
        f'\t_ "rdsiam/{place}"\n'
        ")\n"
    )


def _prefer_bundled(file: Path) -> None:
    """The installed library is for those who ask, and for platforms that have none here."""
    text = file.read_text()
    (old,) = [line for line in text.splitlines() if line.startswith("//go:build")]
    wanted = "//go:build cgo && !static && (installed || !linux || !(amd64 || arm64))"
    file.write_text(text.replace(old, wanted))
