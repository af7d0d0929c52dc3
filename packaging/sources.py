"""What is built where it is installed: Rust's crate and Python's source distribution."""

import shutil
import tempfile
from pathlib import Path

import cargo
import toolchain
from places import DIST, ROOT, WORK, version
from platforms import PLATFORMS
from run import run


def crate() -> list[Path]:
    """`cargo package` builds what it packed, as somebody would who takes it from the registry."""
    env = cargo.environment(PLATFORMS[0])
    target = WORK / "target" / "crate"
    run(
        ["cargo", "package", "-q", "--locked", "--allow-dirty", "--no-verify", "-p", "rdsiam"],
        cwd=ROOT,
        env={
            "PATH": toolchain.path(),
            "CARGO_TARGET_DIR": str(target),
            "SOURCE_DATE_EPOCH": env["SOURCE_DATE_EPOCH"],
        },
    )
    (DIST / "rust").mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copy(target / "package" / f"rdsiam-{version()}.crate", DIST / "rust"))]


def sdist() -> list[Path]:
    """A workspace of its own with core and binding."""
    with tempfile.TemporaryDirectory() as work:
        run(
            ["maturin", "sdist", "-m", "bindings-python/Cargo.toml", "-o", work],
            cwd=ROOT,
            env={"PATH": toolchain.path(), "SOURCE_DATE_EPOCH": cargo.source_date()},
        )
        (made,) = Path(work).glob("*.tar.gz")
        (DIST / "python").mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copy(made, DIST / "python"))]
