"""Unpacks the Debian packages that a PostgreSQL of this stand-in needs, and installs nothing.

No script of a package runs, so no service is enabled, no file of the machine changes, and root is
not needed. Who removes the folder has removed all of it."""

import os
import re
import shutil
from pathlib import Path

from commands import call
from errors import Missing
from packages import LIBPQ_NEEDS, POSTGRES_NEEDS, missing_packages

# Of all that the packages depend on: programs and libraries, without the compiler of PostgreSQL's
# JIT.
USED = re.compile(r"(postgresql(-client)?-\d+|openssl|lib(?!.*-perl$|llvm|z3|c6)\S+)$")


def missing():
    """The packages whose content is not on this machine."""
    found = missing_packages(POSTGRES_NEEDS + LIBPQ_NEEDS)
    if "gcc" in found:
        raise Missing("there is no C compiler; type: apt-get install gcc libc6-dev")
    if found and not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise Missing("not on this machine, which has no apt-get: " + " ".join(found))
    return found


def unpack(folder):
    """What is missing, into a folder that is there: the variables with which it is used there."""
    folder = Path(folder).resolve()
    packages = missing()
    if not packages:
        return {}
    folder.chmod(0o711)  # the server's account must come through
    state, root = folder / "apt", folder / "root"
    for part in ("lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True)
    apt = ["apt-get", f"-oDir::State::Lists={state}/lists", f"-oDir::Cache={state}/cache"]
    apt += ["-oDebug::NoLocking=true", "-oAPT::Sandbox::User=root", "-oAcquire::Languages=none"]
    apt += [f"-oDir::Log={state}"]
    call([*apt, "update", "-q"])
    planned = call([*apt, "install", "-s", "--no-install-recommends", *packages])
    names = re.findall(r"^Inst (\S+)", planned, re.MULTILINE)
    call([*apt, "download", "-q", *filter(USED.match, names)], cwd=state)
    for package in state.glob("*.deb"):
        call(["dpkg-deb", "-x", package, root])
    shutil.rmtree(state)
    return variables(root)


def variables(root):
    """For the stand-in, and for whoever compiles and runs a program with libpq."""
    (libraries,) = (root / "usr/lib").glob("*-linux-*")
    added = {
        "PATH": root / "usr/bin",
        "CPATH": f"{root}/usr/include:{root}/usr/include/postgresql",
        "LIBRARY_PATH": libraries,
        "LD_LIBRARY_PATH": libraries,
    }
    before = {name: os.environ[name] for name in added if os.environ.get(name)}
    found = {n: f"{value}:{before[n]}" if n in before else value for n, value in added.items()}
    return {"STANDIN_ROOT": root, **found}
