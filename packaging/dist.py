"""Makes, checks and proves what ships: dist.py [STEP...] [PLATFORM...]

Steps are build, check, prove and manifest; all of them by default, for all platforms. README.md
beside this says how to add an artefact."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import c_archive
import checks
import command
import command_npm
import command_wheel
import go_module
import layer
import ledger
import npm
import platforms
import proofs
import sbom_files
import sources
import toolchain
import wheels
from places import DIST
from platforms import Platform
from run import say

# What is built for each platform. A layer is made of wheels and npm packages; maturin comes after
# what cargo builds, because each compiles anew what depends on the other's environment.
FOR_EACH_PLATFORM: tuple[Callable[[Platform], list[Path]], ...] = (
    c_archive.build,
    npm.build_platform,
    wheels.build,
    layer.build,
    sbom_files.build,
    command.build,
    command_wheel.build,
    command_npm.build_platform,
)
# What is built once.
ONCE: tuple[Callable[[], list[Path]], ...] = (
    sources.crates,
    sources.sdist,
    npm.build_main,
    command_npm.build_main,
)
STEPS = ("build", "check", "prove", "manifest")


def build(chosen: list[Platform]) -> None:
    toolchain.prepare()
    shutil.rmtree(DIST, ignore_errors=True)
    for once in ONCE:
        _say(once())
    for platform in chosen:
        for make in FOR_EACH_PLATFORM:
            _say(make(platform))
    _say(go_module.build(chosen))


def _say(made: list[Path]) -> None:
    for path in made:
        say(f"{path.relative_to(DIST)}: {path.stat().st_size} bytes")


def main(words: list[str]) -> None:
    steps = [word for word in words if word in STEPS] or list(STEPS)
    chosen = platforms.named([word for word in words if word not in STEPS])
    if "build" in steps:
        build(chosen)
    if "check" in steps:
        checks.check_all()
    if "prove" in steps:
        proofs.prove_all(chosen)
    if "manifest" in steps:
        ledger.write()


if __name__ == "__main__":
    main(sys.argv[1:])
