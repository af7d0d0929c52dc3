"""The launcher of @rdsiam/cli starts the program of this processor, and ends as it ends."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from command_npm import LAUNCHER
from places import ROOT
from platforms import PLATFORMS

CPU = next(p.npm_cpu for p in PLATFORMS if p.cpu == os.uname().machine)


def installed(folder: Path, script: str) -> list[str]:
    """The launcher beside a program, as npm puts them."""
    scope = folder / "node_modules/@rdsiam"
    package = scope / f"cli-linux-{CPU}"
    package.mkdir(parents=True)
    (scope / "cli").mkdir()
    shutil.copy(ROOT / "cli/npm" / LAUNCHER, scope / "cli")
    (package / "package.json").write_text(f'{{"name": "@rdsiam/cli-linux-{CPU}"}}')
    (package / "rdsiam").write_text(f"#!/bin/sh\n{script}\n")
    (package / "rdsiam").chmod(0o755)
    return ["node", str(scope / "cli" / LAUNCHER)]


def test_arguments_input_and_output_are_the_programs(tmp_path: Path) -> None:
    launcher = installed(tmp_path, 'cat; printf "[%s]" "$@"; echo "to stderr" >&2')
    done = subprocess.run(
        [*launcher, "token", "two words", ""], input="in ", capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("in [token][two words][]", "to stderr\n")


@pytest.mark.parametrize("status", [0, 1, 252, 255])
def test_the_exit_status_is_the_programs(tmp_path: Path, status: int) -> None:
    assert subprocess.run(installed(tmp_path, f"exit {status}")).returncode == status


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGINT"])
def test_a_program_that_a_signal_ends_ends_the_launcher_by_it(tmp_path: Path, name: str) -> None:
    done = subprocess.run(installed(tmp_path, f"kill -{name.removeprefix('SIG')} $$"))
    assert done.returncode == -signal.Signals[name]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_reaches_the_program(tmp_path: Path, name: str) -> None:
    trap = f"trap 'echo told; exit 7' {name.removeprefix('SIG')}"
    launcher = installed(tmp_path, f"{trap}\necho ready\nfor i in $(seq 200); do sleep 0.05; done")
    with subprocess.Popen(launcher, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "ready\n"
        started.send_signal(signal.Signals[name])
        assert started.stdout.readline() == "told\n"
        assert started.wait(timeout=20) == 7


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    launcher = installed(tmp_path, "true")
    shutil.rmtree(tmp_path / f"node_modules/@rdsiam/cli-linux-{CPU}")
    done = subprocess.run(launcher, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (255, "")
    assert done.stderr.startswith(f"rdsiam: @rdsiam/cli-linux-{CPU} is not installed; ")


def test_a_program_that_cannot_start_is_named(tmp_path: Path) -> None:
    launcher = installed(tmp_path, "true")
    (tmp_path / f"node_modules/@rdsiam/cli-linux-{CPU}/rdsiam").chmod(0o644)
    done = subprocess.run(launcher, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (255, "")
    assert "does not start: EACCES" in done.stderr
