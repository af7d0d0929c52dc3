"""`make release` changes the version everywhere, once, and stops."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository of what is tracked now."""
    clone = tmp_path / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if (
            name.endswith((".toml", ".lock", ".json", ".py", "CHANGELOG.md"))
            and (ROOT / name).exists()
        ):
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)
    for command in (["init", "-q"], ["add", "-A", "-f"], ["commit", "-qm", "all"]):
        subprocess.run(["git", *command], cwd=clone, check=True, env=_identity())
    return clone


def _identity() -> dict[str, str]:
    who = {
        f"GIT_{role}_{what}": "t" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    return {**os.environ, **who}


def release(clone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(clone / "packaging/release.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=_identity())


def changed(clone: Path) -> set[str]:
    command = ["git", "show", "--format=", "--name-only"]
    return set(
        subprocess.run(
            command, cwd=clone, capture_output=True, text=True, check=True
        ).stdout.split()
    )


def test_the_version_is_the_same_everywhere() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "packaging/release.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_release_changes_every_manifest_and_lock_file_and_the_changelog(clone: Path) -> None:
    (old,) = re.findall(r'^version = "(.+)"', (clone / "Cargo.toml").read_text(), re.MULTILINE)
    assert release(clone, "0.9.7").returncode == 0
    assert release(clone, "--check").returncode == 0
    assert not re.search(rf'"=?{re.escape(old)}"', (clone / "Cargo.toml").read_text())
    assert changed(clone) >= {
        "Cargo.toml",
        "Cargo.lock",
        "CHANGELOG.md",
        "bindings-node/package.json",
        "bindings-node/package-lock.json",
    }
    assert '"0.9.7"' in (clone / "bindings-node/package.json").read_text()
    assert "## [Unreleased]\n\n## [0.9.7] - 20" in (clone / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("file", ["Cargo.lock", "bindings-node/package.json"])
def test_a_forgotten_place_is_named(clone: Path, file: str) -> None:
    path = clone / file
    path.write_text(
        path.read_text()
        .replace('version": "0.', 'version": "9.')
        .replace('name = "rdsiam"\nversion = "0.', 'name = "rdsiam"\nversion = "9.')
    )
    done = release(clone, "--check")
    assert done.returncode == 1
    assert file in done.stderr


def test_nothing_is_changed_where_git_cannot_commit(clone: Path) -> None:
    subprocess.run(["git", "config", "user.useConfigOnly", "true"], cwd=clone, check=True)
    nobody = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    command = [sys.executable, str(clone / "packaging/release.py"), "0.9.7"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | nobody
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert done.stderr.startswith("release: git does not know who commits")
    assert not subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, check=True
    ).stdout


def test_what_is_no_version_or_was_released_is_refused(clone: Path) -> None:
    for words in (("1.0",), (), ("1.0.0-rc.1",), ("1.0.0", "1.0.1")):
        done = release(clone, *words)
        assert done.returncode == 1
        assert "is no version: make release VERSION=1.2.3" in done.stderr
    assert release(clone, "0.9.8").returncode == 0
    assert "already" in release(clone, "0.9.8").stderr
    (clone / "Cargo.toml").write_text((clone / "Cargo.toml").read_text() + "\n")
    assert "commit what has changed" in release(clone, "0.9.9").stderr
