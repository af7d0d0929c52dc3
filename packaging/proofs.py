"""Installs what ships in bare roots, without compilers or a network, and runs it there."""

import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import unquote

import command_proofs
import cpython
import misfits
import proof_setting
import roots
import toolchain
from places import DIST, HERE, ROOT, WORK, version
from platforms import Platform
from run import run, say

PYPI = WORK / "pypi"
NPM = WORK / "npm"


def download() -> None:
    """The drivers of the proofs, while there is a network."""
    requirements = HERE / "proofs/requirements.txt"
    stamp = PYPI / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != requirements.read_text():
        shutil.rmtree(PYPI, ignore_errors=True)
        command: list[str | Path] = [
            toolchain.tool("pip"),
            "download",
            "-q",
            "--require-hashes",
            "--no-deps",
        ]
        run([*command, "--only-binary=:all:", "-d", PYPI, "-r", requirements])
        stamp.write_text(requirements.read_text())
    _download_npm()
    # The drivers of Go's program; its build has no network.
    run(["go", "mod", "download"], cwd=ROOT / "examples/go/rdsiam/rdsiampgx")
    run(["go", "mod", "download"], cwd=ROOT / "examples/go/rdsiam/rdsiammysql")


def _download_npm() -> None:
    lock = HERE / "proofs/package-lock.json"
    stamp = NPM / "package-lock.json"
    if stamp.exists() and stamp.read_text() == lock.read_text():
        return
    shutil.rmtree(NPM, ignore_errors=True)
    NPM.mkdir(parents=True)
    for name, entry in json.loads(lock.read_text())["packages"].items():
        if name:
            package = name.removeprefix("node_modules/")
            run(["npm", "pack", "--silent", f"{package}@{entry['version']}"], cwd=NPM)
    stamp.write_text(lock.read_text())


def prove_all(platforms: list[Platform]) -> None:
    """In a network of this process's own, which has loopback alone, with the stand-in."""
    if "STANDIN_HOST" not in os.environ:
        roots.superuser()
        download()
        for root in _of(platforms):
            root.download()
        command = ["unshare", "--net", sys.executable, str(HERE / "proofs.py"), "--inside"]
        subprocess.run([*command, *(platform.name for platform in platforms)], check=True)
        return
    for root in _of(platforms):
        _prove(root)


def _of(platforms: list[Platform]) -> list[roots.Root]:
    return [root for root in roots.chosen() if root.platform in platforms]


def _prove(root: roots.Root) -> None:
    root.make()
    say(f"proves {root.name}")
    (tag,) = root.tags
    by_tag = {"python": _python, "node": _node, "bun": _bun, "c": _c, "go": _go}
    (by_tag | command_proofs.BY_TAG)[tag](root)


def _python(root: roots.Root) -> None:
    offered = root.folder / "offered"
    shutil.copytree(PYPI, offered, dirs_exist_ok=True)
    # All that ships; which one fits is pip's to say.
    for wheel in (DIST / "python").glob("*.whl"):
        shutil.copy(wheel, offered)
    variables = proof_setting.variables(root)
    _pip_install(root, variables)
    report = json.loads((root.folder / "report.json").read_text())
    (url,) = (
        item["download_info"]["url"]
        for item in report["install"]
        if item["metadata"]["name"] == "rdsiam"
    )
    for name in ("prove.py", "vectors.py", "ending.py"):
        shutil.copy(HERE / "proofs" / name, root.folder)
    installed = variables | {"PYTHONPATH": "/site"}
    printed = root.run([root.program, "/prove.py", "/vectors"], installed)
    root.run([root.program, "/ending.py"], installed)
    wheel = DIST / "python" / unquote(url.rsplit("/", 1)[1])
    proof_setting.keep(root, wheel, json.loads(printed))
    misfits.keep(wheel, root, misfits.python(root, wheel, variables))
    _layer(root, "python", ["/prove.py", "/vectors"], {"PYTHONPATH": "/opt/python:/site"})


def _pip_install(root: roots.Root, variables: dict[str, str]) -> None:
    """rdsiam and a driver below /site, out of what is in /offered."""
    (pip,) = (path.name for path in (root.folder / "offered").glob("pip-*.whl"))
    driver = "pg8000" if root.platform.libc == "glibc" else "psycopg2-binary"
    options = ["install", "-q", "--no-index", "--no-cache-dir", "--only-binary=:all:", "rdsiam"]
    options += ["--no-compile", "--disable-pip-version-check", driver]

    def places(top: str) -> list[str]:
        return [
            f"--find-links={top}/offered",
            f"--target={top}/site",
            f"--report={top}/report.json",
        ]

    if root.platform.libc == "musl" and root.platform.cpu != roots.NATIVE:
        # pip starts the dynamic linker of musl as a program, which the emulator does not do. The
        # machine's pip is told for which platform.
        told = [f"--platform={root.platform.wheel}", f"--python-version={cpython.VERSION}"]
        run([toolchain.tool("pip"), *options, *places(str(root.folder)), *told])
    else:
        root.run([root.program, f"/offered/{pip}/pip", *options, *places("")], variables)


def _node(root: roots.Root) -> None:
    _javascript(root, proof_setting.npm_install(root))


def _bun(root: roots.Root) -> None:
    _javascript(root, ["add", "--silent", "--cwd=/app"])


def _javascript(root: roots.Root, install: list[str]) -> None:
    """A package manager chooses the platform, and the runtime runs it."""
    import npm
    from registry import Registry

    (root.folder / "app").mkdir()
    (root.folder / "app/package.json").write_text("{}")
    shutil.copy(HERE / "proofs/prove.js", root.folder / "app")
    variables = proof_setting.variables(root)
    with Registry(DIST / "npm", NPM) as url:
        root.run([root.program, *install, f"--registry={url}", "rdsiam", "pg"], variables)
    installed = sorted(path.name for path in (root.folder / "app/node_modules/@rdsiam").iterdir())
    if installed != [root.platform.npm]:
        raise SystemExit(f"dist: {root.name}: the package manager chose {installed}")
    name = npm.package_name(root.platform)
    facts = json.loads(root.run([root.program, "/app/prove.js", "/vectors", name], variables))
    packages = [
        DIST / "npm" / f"{package}-{version()}.tgz"
        for package in ("rdsiam", f"rdsiam-{root.platform.npm}")
    ]
    for package in packages:
        proof_setting.keep(root, package, facts)
    (addon,) = (root.folder / "app/node_modules" / name).glob("*.node")
    misfits.keep(packages[-1], root, misfits.javascript(root, addon, variables))
    # Without what npm installed, beside the driver.
    for folder in ("rdsiam", "@rdsiam"):
        shutil.rmtree(root.folder / "app/node_modules" / folder)
    paths = {"NODE_PATH": "/opt/nodejs/node_modules"}
    _layer(root, "nodejs", ["/app/prove.js", "/vectors", name], paths)


def _layer(root: roots.Root, language: str, program: list[str], paths: dict[str, str]) -> None:
    """Unpacked to /opt, as Lambda does."""
    path = DIST / "lambda" / f"rdsiam-layer-{language}-{version()}-{root.platform.npm_cpu}.zip"
    if root.platform.libc != "glibc":
        return
    with zipfile.ZipFile(path) as file:
        file.extractall(root.folder / "opt")
    shutil.rmtree(root.folder / "site/rdsiam", ignore_errors=True)
    printed = root.run([root.program, *program], proof_setting.variables(root) | paths)
    proof_setting.keep(root, path, json.loads(printed))


def _c(root: roots.Root) -> None:
    import c_programs

    variables = proof_setting.variables(root)
    facts: dict[str, object] = {"runtime": "C", "machine": root.platform.cpu}
    for kind in ("shared", "static"):
        folder = c_programs.build(root.platform, kind)
        shutil.copytree(folder, root.folder / kind)
        libraries = {"LD_LIBRARY_PATH": f"/{kind}"}
        facts[f"vectors, {kind}"] = root.run([f"/{kind}/vectors"], variables | libraries).strip()
        for name, built_by in (("token", "pkg-config"), ("token-cmake", "CMake")):
            token = root.run([f"/{kind}/{name}"], variables | libraries).strip()
            facts[f"login, {kind}, by {built_by}"] = proof_setting.psql(token)
    proof_setting.keep(root, c_programs.archive_of(root.platform), facts)


def _go(root: roots.Root) -> None:
    """A program that `go build` linked with the library in the module."""
    import go_module

    env = os.environ
    folder = WORK / "go-program" / root.platform.name
    built = {"by the module": go_module.build_consumer(root.platform, folder / "plain")}
    if root.platform.name == "x86_64-gnu":
        said = go_module.misfits(root.platform, folder / "plain/consumer")
        misfits.keep(go_module.path(), root, said)
        copied = go_module.build_consumer(root.platform, folder / "copy", vendored=True)
        built["by a vendored copy"] = copied
    program = {
        "MARIADB_HOST": env["STANDIN_MARIADB_HOST"],
        "MARIADB_PORT": env["STANDIN_MARIADB_PORT"],
        "PG_HOST": env["STANDIN_HOST"],
        "PG_PORT": env["STANDIN_PORT"],
        "DB_USER": env["STANDIN_USER"],
        "DB_NAME": env["STANDIN_DB"],
        "DB_CA": "/db-ca.pem",
    }
    user = env["STANDIN_USER"]
    facts: dict[str, object] = {"runtime": run(["go", "env", "GOVERSION"]).strip()}
    for how, path in built.items():
        shutil.copy(path, root.folder / "login")
        printed = root.run(["/login"], proof_setting.variables(root) | program)
        assert printed == f"postgres: {user}\nmariadb: {user}\n", printed
        facts[f"login, {how}"] = user
    proof_setting.keep(root, go_module.path(), facts)


def _loopback() -> None:
    """Switches lo on: a new network has it, and it is off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh", b"lo", 0x1 | 0x40)
        fcntl.ioctl(control, 0x8914, request)


def _inside(names: list[str]) -> None:
    _loopback()
    standin = [str(ROOT / "tests/standin/standin"), "run", "--"]
    subprocess.run(
        [*standin, sys.executable, str(HERE / "proofs.py"), "--proofs", *names], check=True
    )


if __name__ == "__main__":
    import platforms

    if sys.argv[1] == "--inside":
        _inside(sys.argv[2:])
    else:
        prove_all(platforms.named(sys.argv[2:]))
