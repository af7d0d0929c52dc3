"""What has to be on the machine, and how it gets there: installed, or unpacked for a while."""

import contextlib
import glob
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from commands import call
from errors import Missing, StandinError

# Where packages are unpacked that are not installed.
ROOT = os.environ.get("STANDIN_ROOT", "")


def find_bindir():
    """Where the programs of the PostgreSQL server are, or None."""
    found = []
    if pg_config := shutil.which("pg_config"):
        found.append(call([pg_config, "--bindir"]).strip())
    below = "usr/lib/postgresql/*/bin"
    folders = glob.glob(f"{ROOT}/{below}") or glob.glob(f"/{below}")
    found += sorted(folders, key=version_in, reverse=True)
    programs = ("initdb", "pg_ctl", "postgres", "psql")
    return next((d for d in found if all(Path(d, name).exists() for name in programs)), None)


def version_in(path):
    return [int(number) for number in re.findall("[0-9]+", path)]


def find_mariadb():
    """The MariaDB server, if what it needs for PAM is there too, or None."""
    programs = ("mariadb-install-db", "mariadb")
    server = shutil.which("mariadbd", path="/usr/sbin:/usr/bin:/usr/libexec:/usr/local/bin")
    folders = ("/usr/lib*/mysql", "/usr/lib*/mariadb", "/usr/lib/*/mariadb*")
    plugin = any(glob.glob(f"{folder}/plugin/auth_pam_v1.so") for folder in folders)
    return server if plugin and all(map(shutil.which, programs)) else None


def find_library(name):
    """A library that is preloaded, in whichever folder of this architecture it lies."""
    return next(
        iter(sorted(glob.glob(f"/usr/lib/*/{name}") + glob.glob(f"/usr/lib*/{name}"))), None
    )


def find_header(name):
    folders = ("/usr/include", "/usr/include/postgresql", "/usr/include/mariadb")
    places = [Path(f"{root}{folder}", name) for root in {ROOT, ""} for folder in folders]
    return next(filter(Path.exists, places), None)


# What it is, the Debian package that has it, where it is (None: missing).
POSTGRES_NEEDS = [
    ("PostgreSQL server", "postgresql", find_bindir),
    ("C compiler", "gcc libc6-dev", lambda: shutil.which("cc")),
    ("PAM headers", "libpam0g-dev", lambda: find_header("security/pam_ext.h")),
    ("openssl", "openssl", lambda: shutil.which("openssl")),
]
NEEDS = [
    *POSTGRES_NEEDS,
    ("MariaDB server", "mariadb-server", find_mariadb),
    ("nss_wrapper", "libnss-wrapper", lambda: find_library("libnss_wrapper.so")),
]
# Not needed here, but by the C programs that log in, and by tests/valkey.
LIBPQ_NEEDS = [("libpq headers", "libpq-dev", lambda: find_header("libpq-fe.h"))]
CLIENT_NEEDS = [
    *LIBPQ_NEEDS,
    ("Redis", "redis-server", lambda: shutil.which("redis-server")),
    ("libmariadb headers", "libmariadb-dev", lambda: find_header("mysql.h")),
]


def missing_packages(needs):
    return [name for _, packages, find in needs if not find() for name in packages.split()]


def install_command(packages):
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    return [*sudo, "apt-get", "install", "-y", "--no-install-recommends", *packages]


def require(needs):
    if packages := missing_packages(needs):
        raise Missing("not everything is here; type: " + shlex.join(install_command(packages)))


def check():
    for what, packages, find in NEEDS:
        print(f"{what}: {find() or 'missing, Debian package ' + packages}")
    require(NEEDS)


def install():
    packages = missing_packages(NEEDS + CLIENT_NEEDS)
    if not packages:
        return
    command = install_command(packages)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Missing("not root on a system with apt-get; type: " + shlex.join(command))
    print("standin: the tests need: " + shlex.join(command), flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], env=environment)
    with without_services():
        if subprocess.run(command, env=environment).returncode != 0:
            raise StandinError("apt-get failed: " + shlex.join(command))


@contextlib.contextmanager
def without_services():
    """Debian's packages make databases of their own and start them, unless these files are
    there: the first one keeps PostgreSQL from making a cluster, the second one keeps any
    package from starting a service. What they enable for the next start is disabled again."""
    no_cluster = Path("/etc/postgresql-common/createcluster.d/standin.conf")
    no_start = Path("/usr/sbin/policy-rc.d")
    with contextlib.ExitStack() as stack:
        stack.enter_context(temporary_file(no_cluster, "create_main_cluster = false\n"))
        if not no_start.exists():
            stack.enter_context(temporary_file(no_start, "#!/bin/sh\nexit 101\n"))
            no_start.chmod(0o755)
        before = enabled_services()
        yield
        for link in enabled_services() - before:
            link.unlink()


def enabled_services():
    """The links by which systemd starts a service, which is all that enabling makes."""
    return set(Path("/etc/systemd/system").glob("*.wants/*.service"))


@contextlib.contextmanager
def temporary_file(path, text):
    new = [folder for folder in path.parents[:2] if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    try:
        yield
    finally:
        path.unlink()
        for folder in new:
            with contextlib.suppress(OSError):  # by now the package has files there
                folder.rmdir()
