"""What is built where it is installed: Rust's crates and Python's source distribution."""

import shutil
import tempfile
from pathlib import Path

import cargo
import toolchain
from places import DIST, ROOT, WORK, version
from run import run

# One for both: their dependencies are the same.
TARGET = WORK / "target" / "sources"
CRATES = ("rdsiam", "rdsiam-wire", "rdsiam-cli")


def _environment() -> dict[str, str]:
    return {
        "PATH": toolchain.path(),
        "CARGO_TARGET_DIR": str(TARGET),
        "SOURCE_DATE_EPOCH": cargo.source_date(),
    }


def crates() -> list[Path]:
    """Of the library, the protocols and the command, which asks for this version of both."""
    command = ["cargo", "package", "-q", "--locked", "--allow-dirty", "--no-verify"]
    command += [word for name in CRATES for word in ("-p", name)]
    run(command, cwd=ROOT, env=_environment())
    (DIST / "rust").mkdir(parents=True, exist_ok=True)
    made = [TARGET / "package" / f"{name}-{version()}.crate" for name in CRATES]
    return [Path(shutil.copy(path, DIST / "rust")) for path in made]


def sdist() -> list[Path]:
    """A workspace of its own with core and binding."""
    with tempfile.TemporaryDirectory() as work:
        command = ["maturin", "sdist", "-m", "bindings-python/Cargo.toml", "-o", work]
        run(command, cwd=ROOT, env=_environment())
        (made,) = Path(work).glob("*.tar.gz")
        (DIST / "python").mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copy(made, DIST / "python"))]


def build_crate(path: Path) -> None:
    """As a dependency of somebody else's: outside of the workspace, by the lock file in it."""
    with tempfile.TemporaryDirectory() as work:
        run(["tar", "-xzf", path, "-C", work])
        build = ["cargo", "build", "-q"]
        if path.stem == f"rdsiam-{version()}":
            build.append("--locked")
        else:
            # Its lock file names ours in the registry, where this version is not yet.
            for name in ("rdsiam", "rdsiam-wire"):
                ours = path.with_name(f"{name}-{version()}.crate")
                if ours == path:
                    continue
                run(["tar", "-xzf", ours, "-C", work])
                place = str(Path(work) / ours.stem)
                build += ["--config", f"patch.crates-io.{name}.path={place!r}"]
        run(build, cwd=Path(work) / path.stem, env=_environment())


def build_sdist(path: Path) -> None:
    """By pip, as where no wheel fits; without its optimisations, which take minutes."""
    with tempfile.TemporaryDirectory() as work:
        command = [toolchain.tool("pip"), "wheel", "-q", "--no-deps", "--no-build-isolation"]
        environment = {
            **_environment(),
            "MATURIN_PEP517_ARGS": "--profile dev",
        }
        run([*command, "-w", work, path], env=environment)
        (wheel,) = Path(work).glob("*.whl")
        run(
            [
                toolchain.tool("pip"),
                "install",
                "-q",
                "--no-deps",
                "--target",
                Path(work) / "site",
                wheel,
            ]
        )
        told = run(
            [toolchain.tool("python"), "-c", "import rdsiam; print(rdsiam.__version__)"],
            env={"PYTHONPATH": str(Path(work) / "site")},
        )
        assert told.strip() == version()
