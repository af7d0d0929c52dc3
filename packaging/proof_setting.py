"""What a program of a proof finds in its root, and what is kept of what it did."""

import os
import shutil
from pathlib import Path

import ledger
import roots
from places import ROOT, version
from run import run


def variables(root: roots.Root) -> dict[str, str]:
    """What a program finds in its environment, and the files that it is about."""
    env = os.environ
    shutil.copy(env["STANDIN_CA"], root.folder / "db-ca.pem")
    shutil.copytree(ROOT / "tests/vectors", root.folder / "vectors", dirs_exist_ok=True)
    (root.folder / "etc").mkdir(exist_ok=True)
    hosts = f"{env['STANDIN_HOSTADDR']} {env['STANDIN_HOST']} {env['STANDIN_MARIADB_HOST']}\n"
    (root.folder / "etc/hosts").write_text(f"127.0.0.1 localhost\n{hosts}")
    (root.folder / "etc/nsswitch.conf").write_text("hosts: files\n")
    shared = {
        name: env[name] for name in ("STANDIN_HOST", "STANDIN_PORT", "STANDIN_USER", "STANDIN_DB")
    }
    return shared | {
        "STANDIN_CA": "/db-ca.pem",
        "RDSIAM_VERSION": version(),
        "AWS_ACCESS_KEY_ID": env["STANDIN_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": env["STANDIN_SECRET_ACCESS_KEY"],
        "AWS_SESSION_TOKEN": env["STANDIN_SESSION_TOKEN"],
    }


def psql(token: str) -> str:
    """A token of a program that has no driver, tried from outside."""
    env = os.environ
    where = (
        f"host={env['STANDIN_HOST']} hostaddr={env['STANDIN_HOSTADDR']} port={env['STANDIN_PORT']}"
    )
    who = f"user={env['STANDIN_USER']} dbname={env['STANDIN_DB']}"
    tls = f"sslmode=verify-full sslrootcert={env['STANDIN_CA']}"
    command = [
        f"{env['STANDIN_BINDIR']}/psql",
        f"{where} {who} {tls}",
        "-Atc",
        "SELECT current_user",
    ]
    found = run(command, env={"PGPASSWORD": token}).strip()
    assert found == env["STANDIN_USER"]
    return found


def keep(root: roots.Root, path: Path, facts: dict[str, object]) -> None:
    suite = f", Debian {root.suite}" if root.suite else ""
    how = "natively" if root.platform.cpu == roots.NATIVE else "under qemu"
    ledger.record(path, f"run on {root.name}{suite}, {how}", facts)


def npm_install(root: roots.Root) -> list[str]:
    """npm of this machine in the root, and the words by which Node installs with it into /app."""
    shutil.copytree(Path(run(["npm", "root", "-g"]).strip()) / "npm", root.folder / "npm")
    quiet = ["--silent", "--no-audit", "--no-fund"]
    return ["/npm/bin/npm-cli.js", "install", *quiet, "--prefix=/app"]
