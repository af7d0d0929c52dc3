"""What the package says of itself: extras, lowest versions, entry points, the command."""

import importlib
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

import rdsiam
from helpers import HELPERS
from support import HOST, run_python

PACKAGE = Path(__file__).parents[1]
if sys.version_info >= (3, 11):
    import tomllib

    PROJECT: dict[str, Any] = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]


def checked() -> dict[str, tuple[str, str]]:
    """By the name of the extra: the distribution and the version that helpers check."""
    text = "".join(file.read_text() for file in (PACKAGE / "python/rdsiam").rglob("*.py"))
    calls = re.findall(r'_versions\.check\("(.+?)", "(.+?)", "(.+?)", ', text)
    assert len(calls) > len(set(calls)) > 10
    return {extra: (name, version) for extra, name, version in set(calls)}


def test_the_extras_are_the_lowest_versions_that_helpers_check() -> None:
    extras = dict(PROJECT["optional-dependencies"])
    # These belong to no helper's driver.
    for other in ("psycopg-pool", "testing"):
        del extras[other]
    lowest = checked()
    assert extras == {e: [f"{name}>={version}"] for e, (name, version) in lowest.items()}


def test_the_lowest_versions_are_tested() -> None:
    lines = run_python(str(PACKAGE / "requirements.py"), "lowest").stdout.split()
    tested = dict(line.lower().split("==") for line in lines)
    for name, version in checked().values():
        assert tested.get(name.lower(), tested.get(f"{name}-binary")) == version


OLD = {name: helper.old for name, helper in HELPERS.items() if helper.old[2]}
OLD["sqlalchemy"] = ("sqlalchemy", "SQLAlchemy", "2.0.29")
OLD["django.postgresql.base"] = ("django", "Django", "4.2.16")


@pytest.mark.parametrize("helper", OLD)
def test_an_old_driver_is_named(helper: str) -> None:
    module, name, version = OLD[helper]
    program = (
        f"import {module} as driver; driver.__version__ = {version!r}\n"
        f"driver.version_info = {tuple(version.split('.'))!r}\n"
        "try:\n"
        f"    import rdsiam.{helper}\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    said = run_python("-c", program).stdout
    lowest = dict(checked().values())[name]
    assert said.startswith(f"rdsiam needs {name} {lowest} or newer, and {version} is installed; ")


def test_the_entry_points_lead_somewhere() -> None:
    points = PROJECT["entry-points"]
    assert set(points) == {"sqlalchemy.plugins", "pyinstaller40"}
    for group in points.values():
        for target in group.values():
            module, _, attribute = target.partition(":")
            assert callable(getattr(importlib.import_module(module), attribute))


def test_what_pyinstaller_does_not_see_is_in_the_hook() -> None:
    from rdsiam import _pyinstaller

    (folder,) = _pyinstaller.hook_dirs()
    hook = (Path(folder) / "hook-rdsiam.py").read_text()
    lazy = set(re.findall(r'"rdsiam\.([a-z_0-9.]+)"', hook))
    home = PACKAGE / "python" / "rdsiam"
    mine = {f.relative_to(home).with_suffix("").as_posix() for f in home.glob("_*.py")}
    mine = {name for name in mine if name not in ("__init__", "__main__", "_signature")}
    assert lazy == mine | {"errors"}
    assert "rds-roots.json" in hook


PACKED = """
import rdsiam, rdsiam.pymysql
keys = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "SECRETKEYEXAMPLE"}
cache = rdsiam.TokenCache("h.example", 3306, "app", "us-east-1", credentials=keys)
print(rdsiam.explain(cache.get().token).host, rdsiam.errors.ClockError.__name__)
from rdsiam import _ca
print(len(_ca._published()) > 100)
"""


def test_a_program_that_pyinstaller_packs_has_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PACKED)
    source = PACKAGE / "python"
    peers = PACKAGE.parent / "build" / "peers" / "pyinstaller"
    hooks = ["--additional-hooks-dir", str(source / "rdsiam" / "_pyinstaller")]
    made = subprocess.run(
        [sys.executable, "-m", "PyInstaller", "-y", "--log-level=ERROR", *hooks, "program.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(peers), str(source)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    packed = {path.name for path in (tmp_path / "dist" / "program" / "_internal").iterdir()}
    assert packed.isdisjoint(("botocore", "psycopg", "trio"))
    program = str(tmp_path / "dist" / "program" / "program")
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.stdout == "h.example ClockError\nTrue\n", done.stderr


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked outside the workspace."""
    folder = tmp_path_factory.mktemp("sdist")
    made = [sys.executable, "-m", "maturin", "sdist", "-m", str(PACKAGE / "Cargo.toml")]
    subprocess.run([*made, "-o", str(folder)], check=True, capture_output=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def test_the_source_distribution_holds_what_is_needed_and_no_tests(sdist: Path) -> None:
    files = {file.relative_to(sdist).as_posix() for file in sdist.rglob("*") if file.is_file()}
    assert {"Cargo.lock", "python/rdsiam/py.typed", "python/rdsiam/rds-roots.json"} <= files
    # What the build script reads.
    assert {"core/first-token.ld", "core/first-token.rs"} <= files
    # A module for tests of users.
    files.remove("python/rdsiam/testing.py")
    assert [file for file in files if "test" in file or file.endswith((".sh", ".so"))] == []
    assert not (sdist / "python" / "rdsiam" / "rds-roots.json").is_symlink()


def test_the_source_distribution_is_a_workspace_of_its_own(sdist: Path) -> None:
    """What pip does at first; a build takes minutes."""
    assert "locked" not in tomllib.loads((sdist / "pyproject.toml").read_text())["tool"]["maturin"]
    command = ["cargo", "metadata", "--offline", "--format-version", "1"]
    done = subprocess.run(command, cwd=sdist, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {Path(package["manifest_path"]).parent.name for package in told["packages"]} >= {
        "bindings-python",
        "core",
    }


def test_the_wheel_has_its_entry_points_and_its_data(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "maturin", "build", "-m", str(PACKAGE / "Cargo.toml")]
    done = subprocess.run(
        [*build, "-o", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
        points = opened.read(f"rdsiam-{rdsiam.__version__}.dist-info/entry_points.txt").decode()
    assert "[sqlalchemy.plugins]\nrdsiam=rdsiam.sqlalchemy:Plugin\n" in points.replace(" ", "")
    assert "hook-dirs=rdsiam._pyinstaller:hook_dirs\n" in points.replace(" ", "")
    needed = ("rds-roots.json", "py.typed", "_pyinstaller/hook-rdsiam.py", "django/mysql/mixin.py")
    assert {f"rdsiam/{name}" for name in needed} <= set(names)


def command(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return run_python("-m", "rdsiam", *arguments, **env)


KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "SECRETKEYEXAMPLE"}


def test_the_command_makes_and_explains_a_token() -> None:
    made = command("token", "--hostname", HOST, "--port", "5432", "--username", "app", **KEYS)
    assert made.returncode == 0, made.stderr
    told = rdsiam.explain(made.stdout.strip())
    assert (told.host, told.port, told.user, told.problems) == (HOST, 5432, "app", ())
    program = [sys.executable, "-m", "rdsiam", "explain"]
    env = {"PYTHONPATH": str(PACKAGE / "python")}
    done = subprocess.run(
        program, input=made.stdout, env=env, capture_output=True, text=True, check=True
    )
    # All but the seconds that remain.
    lines = str(told).splitlines()
    assert sum(line not in lines for line in done.stdout.splitlines()) <= 1
    assert len(done.stdout.splitlines()) == len(lines)
    assert "X-Amz-Signature" not in done.stdout


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    without = command("token", "--hostname", HOST, "--port", "5432", "--username", "app")
    assert without.returncode == 1
    assert without.stderr.startswith("rdsiam: no AWS credentials found")
    assert "Traceback" not in without.stderr
    assert command("token", "--hostname", HOST).returncode == 2
    missing = command("ca", RDSIAM_CA_BUNDLE=str(tmp_path / "none"))
    assert missing.returncode == 1
    assert "no certificates of RDS" in missing.stderr


def test_what_another_program_does_is_named() -> None:
    for elsewhere in ("psql", "exec", "doctor", "policy"):
        done = command(elsewhere, "--help")
        assert (done.returncode, done.stdout) == (2, "")
        assert "pip install rdsiam-cli" in done.stderr
    assert "rdsiam-cli" in command("--help").stdout


def test_the_command_finds_certificates() -> None:
    root = Path(__file__).parents[2] / "tests" / "ca" / "us-east-1.pem"
    done = command("ca", "--region", "us-east-1", RDSIAM_CA_BUNDLE=str(root))
    assert done.stdout == f"{root}\n", done.stderr
