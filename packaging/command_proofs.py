"""The command in bare roots: the program alone, as pip installs it, and as npm does."""

import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import proof_setting
import roots
from places import DIST, version
from roots import Root


def _alone(root: Root) -> None:
    """Unpacked into a root without a C library, a shell or any other file."""
    path = DIST / "command" / f"rdsiam-{version()}-{root.platform.cpu}-linux.tar.gz"
    with tarfile.open(path) as packed:
        packed.extractall(root.folder, filter="data")
    program = f"/{path.name.removesuffix('.tar.gz')}/rdsiam"
    proof_setting.keep(root, path, _facts(root, [program], "alone"))


def _pip(root: Root) -> None:
    """pip chooses among all wheels, and puts the program where scripts are."""
    from proofs import PYPI

    offered = root.folder / "offered"
    offered.mkdir()
    (pip,) = PYPI.glob("pip-*.whl")
    for wheel in (pip, *(DIST / "python").glob("*.whl")):
        shutil.copy(wheel, offered)
    install = [root.program, f"/offered/{pip.name}/pip", "install", "-q", "--no-index"]
    install += ["--find-links=/offered", "--target=/site", "--disable-pip-version-check"]
    root.run([*install, "--no-cache-dir", "rdsiam-cli"], {})
    (path,) = (DIST / "python").glob(f"rdsiam_cli-{version()}-*_{root.platform.cpu}.whl")
    proof_setting.keep(root, path, _facts(root, ["/site/bin/rdsiam"], "by pip"))


def _npm(root: Root) -> None:
    """npm chooses the processor's package, and the launcher starts its program."""
    from registry import Registry

    (root.folder / "app").mkdir()
    (root.folder / "app/package.json").write_text("{}")
    install = [root.program, *proof_setting.npm_install(root)]
    with Registry(DIST / "npm") as url:
        root.run([*install, f"--registry={url}", "@rdsiam/cli"], {})
    scope = root.folder / "app/node_modules/@rdsiam"
    installed = sorted(path.name for path in scope.iterdir())
    processor = f"cli-linux-{root.platform.npm_cpu}"
    if installed != ["cli", processor]:
        raise SystemExit(f"dist: {root.name}: npm chose {installed}")
    linked = Path("/app/node_modules/.bin/rdsiam")
    if not os.access(root.folder / linked.relative_to("/"), os.X_OK):
        raise SystemExit(f"dist: {root.name}: npm made no program of the launcher")
    start = [root.program, str(linked)]
    if root.platform.cpu != roots.NATIVE:
        # The launcher would start the program outside of the emulator.
        start = [f"/app/node_modules/@rdsiam/{processor}/rdsiam"]
    facts = _facts(root, start, "by npm")
    for package in ("cli", processor):
        proof_setting.keep(root, DIST / "npm" / f"rdsiam-{package}-{version()}.tgz", facts)


def _facts(root: Root, program: list[str], how: str) -> dict[str, object]:
    """The version, a token that logs in, what the token says of itself, and a failure."""
    variables = proof_setting.variables(root)
    told = root.run([*program, "--version"], variables)
    assert told == f"rdsiam {version()}\n", told
    host, port, user = (variables[f"STANDIN_{name}"] for name in ("HOST", "PORT", "USER"))
    token = root.run([*program, "token", "-h", host, "-p", port, "-U", user], variables).strip()
    login = proof_setting.psql(token)
    explained = root.run([*program, "explain", token], variables)
    assert host in explained, explained
    assert user in explained, explained
    without = {k: v for k, v in variables.items() if not k.startswith("AWS_")}
    failed = root.status([*program, "token", "-h", host, "-p", port, "-U", user], without)
    # That of the AWS CLI for settings that are not there.
    assert failed == 253, failed
    return {"runtime": f"{told.strip()}, {how}", "machine": root.platform.cpu, "login": login}


BY_TAG: dict[str, Callable[[Root], None]] = {
    "command": _alone,
    "command-pip": _pip,
    "command-npm": _npm,
}
