"""Installs the peers, and of rdsiam what ships, each into a folder of its own under build/bench."""

import functools
import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from places import BUILD, HERE, PREFIX, PYTHON, ROOT, node_package, python_package

PYTHON_PEERS = ["aws-advanced-python-wrapper", "awscli", "awscrt", "boto3", "botocore"]
NODE = HERE / "node"


def run(*command: object, cwd: Path = ROOT, **environment: object) -> None:
    words = [str(word) for word in command]
    env = {**os.environ, **{name: str(value) for name, value in environment.items()}}
    # What they say goes to a file: the figures are to be readable.
    with open(BUILD / "install.log", "a") as log:
        done = subprocess.run(words, cwd=cwd, env=env, stdout=log, stderr=log, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)} failed: see {BUILD}/install.log")


def folder_of(folder: Path, sources: Sequence[Path], fill: Callable[[Path], None]) -> None:
    """Fills an empty folder, unless it was filled from just these sources."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    stamp = folder.with_name(folder.name + ".from")
    if folder.exists() and stamp.exists() and stamp.read_text() == digest:
        return
    print(f"installing {folder.relative_to(BUILD)}", flush=True)
    stamp.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    fill(folder)
    stamp.write_text(digest)


def python_peers() -> None:
    """By pip's --target, so that no peer changes another: botocore signs by awscrt if it can."""
    constraints = HERE / "python/constraints.txt"
    for name in PYTHON_PEERS:
        folder_of(python_package(name), [constraints], functools.partial(pip, name))


def pip(package: object, folder: Path) -> None:
    constraints = HERE / "python/constraints.txt"
    run(PYTHON, "-m", "pip", "install", "--target", folder, "-c", constraints, package)


def npm(folder: Path, *arguments: object) -> None:
    for file in ("package.json", "package-lock.json"):
        shutil.copy(NODE / file, folder)
    run("npm", "ci", *arguments, cwd=folder)


def bundle(folder: Path) -> None:
    npm(folder)
    run(
        *("node_modules/.bin/esbuild", "./node_modules/@aws-sdk/rds-signer", "--bundle"),
        *("--platform=node", "--minify", "--outfile=rds-signer.js"),
        cwd=folder,
    )


def node_peers() -> None:
    lock = [NODE / "package.json", NODE / "package-lock.json"]
    folder_of(node_package("rds-signer"), lock, lambda folder: npm(folder, "--omit=dev"))
    folder_of(node_package("bundle"), lock, bundle)


def our_python() -> None:
    wheels = BUILD / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    run(
        *(ROOT / ".venv/bin/maturin", "build", "--release", "-m", "bindings-python/Cargo.toml"),
        *("-o", wheels, "-i", "python3"),
    )
    (wheel,) = wheels.iterdir()
    # Each wheel has the time of its making in it: what it is known by is its list of hashes.
    record = BUILD / "wheel.record"
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith(".dist-info/RECORD"))
        record.write_bytes(opened.read(name))
    folder_of(python_package("rdsiam"), [record], functools.partial(pip, wheel))


def our_node() -> None:
    """As packaging/npm.py has it: JavaScript in one package, the addon in that of this platform."""
    source, packed = ROOT / "bindings-node", BUILD / "node-packed"
    shutil.rmtree(packed, ignore_errors=True)
    main, native = packed / "rdsiam", packed / "native"
    main.mkdir(parents=True)
    run(
        *("npx", "napi", "build", "--platform", "--release", "--no-js", "--output-dir", native),
        cwd=source,
    )
    (addon,) = native.glob("*.node")
    run("npm", "run", "compile", cwd=source)
    manifest = json.loads((source / "package.json").read_text())
    name, version = f"@rdsiam/{addon.name.split('.')[1]}", manifest["version"]
    (native / "package.json").write_text(
        json.dumps({"name": name, "version": version, "main": addon.name, "files": [addon.name]})
    )
    for unshipped in ("devDependencies", "scripts", "napi", "overrides"):
        del manifest[unshipped]
    manifest |= {"files": ["dist"], "optionalDependencies": {name: version}}
    (main / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")
    shutil.copytree(source / "dist", main / "dist")
    for file in ("README.md", "../LICENSE-APACHE", "../LICENSE-MIT"):
        shutil.copy(source / file, main)
    for package in (main, native):
        run("npm", "pack", "--pack-destination", packed, cwd=package)
    tarballs = sorted(packed.glob("*.tgz"))
    folder_of(
        node_package("rdsiam"),
        tarballs,
        lambda folder: run("npm", "install", "--prefix", folder, *tarballs, cwd=folder),
    )


def native_programs() -> None:
    """Those in Rust, C and Go, by their own build tools, which know what is new."""
    rust = HERE / "rust/Cargo.toml"
    run(
        "cargo",
        "build",
        "--release",
        "--locked",
        "--manifest-path",
        rust,
        CARGO_TARGET_DIR=BUILD / "rust",
    )
    run("tests/tools/prefix.sh", "release")
    found = {"PKG_CONFIG_PATH": PREFIX / "lib/pkgconfig"}
    out = BUILD / "c"
    out.mkdir(exist_ok=True)
    run("tests/bench/c/build.sh", out, **found)
    go = ROOT / "examples/go/rdsiam/rdsiamaws"
    run("go", "test", "-c", "-o", BUILD / "token.test", ".", cwd=go, **found)


def everything() -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "install.log").write_text("")
    if not PYTHON.exists():
        run("python3", "-m", "venv", BUILD / "venv")
    python_peers()
    node_peers()
    print("building what ships", flush=True)
    our_python()
    our_node()
    native_programs()
