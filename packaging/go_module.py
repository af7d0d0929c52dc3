"""Go's package with the static libraries of all platforms in it, so that `go build` links it and
nothing has to be installed. `-tags installed` and `-tags static` take the installed library."""

import shutil
import tarfile
import tempfile
from pathlib import Path

import archive
import c_archive
import toolchain
from places import DIST, ROOT, version
from platforms import Platform
from run import Failed, run

SOURCE = ROOT / "examples/go/rdsiam"
# The unwinder comes from the archive of gcc, so that a program needs the C library alone.
LINK = {
    "glibc": "-lgcc_eh -lgcc -lutil -lrt -lpthread -lm -ldl -lc",
    "musl": "-lgcc_eh -lgcc -lc",
}

OFFLINE = {"GOPROXY": "off", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local"}
# How the compiler finds out that its C library is the other one, and what to do then.
OTHER_LIBC = {
    "glibc": ("!defined(__GLIBC__)", "build with -tags musl for musl"),
    "musl": ("defined(__GLIBC__)", "build without -tags musl for glibc"),
}


def path() -> Path:
    return DIST / "go" / f"rdsiam-go-{version()}.tar.gz"


def build_consumer(folder: Path) -> Path:
    """Somebody else's program, built by the module alone, without a network."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(path()) as packed:
        packed.extractall(folder, filter="data")
    (module,) = folder.iterdir()
    shutil.copytree(ROOT / "tests/consumer/go", folder / "consumer")
    manifest = folder / "consumer/go.mod"
    manifest.write_text(manifest.read_text().replace("/opt/rdsiam/share/rdsiam/go", str(module)))
    run(["go", "build", "-o", folder / "login", "."], cwd=folder / "consumer", env=OFFLINE)
    needed = run(["readelf", "-dW", folder / "login"])
    if "librdsiam" in needed or "libgcc_s" in needed:
        raise SystemExit(f"dist: Go's program needs more than the C library: {needed}")
    return folder / "login"


def misfits(platform: Platform, folder: Path) -> dict[str, str]:
    """What `go build` says where nothing in the module fits, asked from a program's `folder`."""
    zig = f"{toolchain.tool('python-zig')} cc -fno-sanitize=all -target"
    cross = {"CGO_ENABLED": "1", "GOARCH": platform.go}
    cases = {
        "without cgo": ({"CGO_ENABLED": "0"}, "rdsiam needs cgo: set CGO_ENABLED=1"),
        "for riscv64": ({"GOARCH": "riscv64"}, "in the module for Linux on amd64 and arm64"),
        "for musl": (
            cross | {"CC": f"{zig} {platform.cpu}-linux-musl"},
            "rdsiam is linked for glibc here: build with -tags musl for musl",
        ),
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
    (folder / place).mkdir(parents=True)
    (folder / "include").mkdir(exist_ok=True)
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
        f"// #cgo LDFLAGS: ${{SRCDIR}}/{place}/librdsiam.a {LINK[platform.libc]}\n"
        'import "C"\n'
    )


def _prefer_bundled(file: Path) -> None:
    """The installed library is for those who ask, and for platforms that have none here."""
    text = file.read_text()
    (old,) = [line for line in text.splitlines() if line.startswith("//go:build")]
    wanted = "//go:build cgo && !static && (installed || !linux || !(amd64 || arm64))"
    file.write_text(text.replace(old, wanted))
