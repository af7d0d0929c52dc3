#!/usr/bin/env python3
"""Writes order.ld of the Python and the Node face: the functions that a first token runs.

The linker puts them side by side, so that a process which only signs with the keys of its
environment touches a few pages of the library and not one here and there in all of it. Run this
after larger changes (`make order`); a name that no longer exists does no harm.
Usage: order.py [TARGET]    the folder of the builds, which keep their symbols
"""

import bisect
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST = "mydb.abc123.us-east-1.rds.amazonaws.com"
PYTHON = f"""
import rdsiam
rdsiam.generate_db_auth_token({HOST!r}, 5432, "app")
rdsiam.generate_db_auth_token({HOST!r}, 5432, "app")
"""
NODE = f"""
const {{ Signer }} = require(process.argv[1]);
const signer = new Signer({{ hostname: {HOST!r}, port: 5432, username: 'app' }});
signer.getAuthToken().then(() => signer.getAuthToken());
"""
# What valgrind's processor has no instructions for, and the entry.
ALSO = re.compile(r"4sha26sha256|^PyInit_|^napi_register")
HEAD = """/* Written by tests/tools/order.py: what a first token runs, put side by side. */
SECTIONS
{
  .text.order :
  {
"""
TAIL = """  }
}
INSERT BEFORE .text;
"""


def build(target):
    config = ["profile.release.strip='none'"]
    config += [f"profile.release.package.rdsiam-{face}.strip='none'" for face in ("python", "node")]
    options = [word for line in config for word in ("--config", line)]
    packages = ["-p", "rdsiam-python", "-p", "rdsiam-node"]
    command = ["cargo", "build", "--release", "--locked", "--target-dir", str(target)]
    subprocess.run([*command, *packages, *options], cwd=ROOT, check=True)


def recorded(command, environment, folder):
    """The lines of callgrind's record of a run."""
    out = Path(folder) / "record"
    valgrind = ["valgrind", "--tool=callgrind", "--dump-instr=yes", f"--callgrind-out-file={out}"]
    keep = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    keys = {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "SECRETKEYEXAMPLE",
        "AWS_SESSION_TOKEN": "FwoG/+=x" * 112,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    subprocess.run([*valgrind, *command], env=keep | keys | environment, check=True)
    return out.read_text().splitlines()


def executed(lines, library):
    """The addresses of the instructions of `library` that ran."""
    files, here, at, found = {}, None, 0, set()
    for line in lines:
        if named := re.match(r"(c?)ob=\((\d+)\)(?: (.*))?", line):
            call, number, name = named.groups()
            files.setdefault(number, name)
            here = here if call else files[number]
        elif where := re.match(r"(0x[0-9a-f]+|[+-]\d+|\*) ", line):
            step = where[1]
            at = int(step, 16) if step.startswith("0x") else at + int(step.strip("*") or 0)
            if here is not None and Path(here).name == library:
                found.add(at)
    return found


def functions(addresses, library):
    """The symbols that they belong to. callgrind's addresses are those in the file."""
    lines = subprocess.run(["nm", "--defined-only", library], capture_output=True, text=True)
    symbols = sorted(
        (int(address, 16), name)
        for address, kind, name in (line.split() for line in lines.stdout.splitlines())
        if kind in "tT"
    )
    starts = sorted({address for address, _ in symbols})
    ran = {starts[bisect.bisect_right(starts, address) - 1] for address in addresses}
    # Equal functions are one, which has the section of any of its names.
    return {name for address, name in symbols if address in ran or ALSO.search(name)}


def pattern(name):
    """Without the hashes, which each build and each compiler makes anew."""
    name = re.sub(r"17h[0-9a-f]{16}E.*", "17h*", name)
    name = re.sub(r"\.(llvm\.)?\d+$", "*", name)
    return re.sub(r"Cs[0-9A-Za-z]+_", "Cs*_", name)


def order(face, names):
    if len(names) < 50:
        sys.exit(f"{face}: only {len(names)} functions were seen")
    write(face, names)
    print(f"{face}: {len(names)} functions")


def write(face, names):
    ours = {pattern(name) for name in names if name.startswith(("_ZN", "_R")) or ALSO.search(name)}
    lines = [f"    *(.text.{name} .text.unlikely.{name})\n" for name in sorted(ours)]
    (ROOT / face / "order.ld").write_text(HEAD + "".join(lines) + TAIL)


def main():
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/order").resolve()
    # valgrind knows only what is in .text.
    for face in ("bindings-python", "bindings-node"):
        write(face, [])
    build(target)
    with tempfile.TemporaryDirectory() as folder:
        package = shutil.copytree(ROOT / "bindings-python/python/rdsiam", Path(folder) / "rdsiam")
        library = package / "_rdsiam.abi3.so"
        shutil.copy(target / "release/lib_rdsiam.so", library)
        python = [str(ROOT / ".venv/bin/python"), "-S", "-c", PYTHON]
        lines = recorded(python, {"PYTHONPATH": folder}, folder)
        order("bindings-python", functions(executed(lines, library.name), library))
        package = Path(folder) / "node"
        package.mkdir()
        shutil.copy(ROOT / "bindings-node/index.js", package)
        library = package / "rdsiam.linux-x64-gnu.node"
        shutil.copy(target / "release/librdsiam_node.so", library)
        # V8's own code would be run as foreign, and slowly.
        lines = recorded(["node", "--jitless", "-e", NODE, str(package)], {}, folder)
        order("bindings-node", functions(executed(lines, library.name), library))


if __name__ == "__main__":
    main()
