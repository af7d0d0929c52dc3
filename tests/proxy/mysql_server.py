"""A MySQL of Debian's unstable suite, since no stable one has it. It is unpacked into build/mysql
and run by its own libraries; nothing is installed."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pymysql
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "standin"))
from commands import as_account, call, free_port, own, server_account

FOLDER = ROOT / "build" / "mysql"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# Of all that it depends on: its programs and libraries.
UNUSED = re.compile(r"perl|gdbm|libdb|gcc-\d+-base")
OPTIONS = """\
--no-defaults
--basedir={usr}
--lc-messages-dir={usr}/share/mysql
--character-sets-dir={usr}/share/mysql/charsets
--plugin-dir={usr}/lib/mysql/plugin
--secure-file-priv=NULL
--datadir={folder}/data
--tmpdir={folder}
--socket={folder}/socket
--pid-file={folder}/pid
--log-error={folder}/log
--bind-address=127.0.0.1
--mysqlx=OFF
--innodb-buffer-pool-size=32M
"""


def unpack():
    """The folder with its files, made once."""
    root = FOLDER / "root"
    if root.exists():
        return root
    shutil.rmtree(FOLDER, ignore_errors=True)
    state = FOLDER / "apt"
    for part in ("lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True)
    (state / "status").touch()
    mirrors = call(["apt-get", "indextargets", "--format", "$(REPO_URI)"]).split()
    mirror = next(mirror for mirror in mirrors if mirror.endswith("/debian/"))
    (state / "sources").write_text(f"deb [signed-by={KEYRING}] {mirror} sid main\n")
    apt = ["apt-get", f"-oDir::State::Lists={state}/lists", f"-oDir::Cache={state}/cache"]
    apt += [f"-oDir::Etc::SourceList={state}/sources", "-oDir::Etc::SourceParts=/dev/null"]
    apt += [f"-oDir::State::Status={state}/status", "-oAPT::Sandbox::User=root"]
    apt += ["-oAcquire::Languages=none", "-oDebug::NoLocking=true", f"-oDir::Log={state}"]
    call([*apt, "update", "-q"])
    call([*apt, "install", "-y", "--download-only", "--no-install-recommends", "mysql-server-core"])
    for package in (state / "cache" / "archives").glob("*.deb"):
        if not UNUSED.match(package.name):
            call(["dpkg-deb", "-x", package, FOLDER / "unpacked"])
    shutil.rmtree(state)
    return (FOLDER / "unpacked").rename(root)


class MySQL:
    """One that runs, with the user `front` and the database `app`."""

    PASSWORD = "pass:word@/%"
    QUOTED = "pass%3Aword%40%2F%25"

    def __init__(self):
        # A short path: the socket's has a bound.
        self.folder = Path(tempfile.mkdtemp(prefix="mysql-", dir="/tmp"))
        self.port = free_port()
        self.account = server_account()
        own(self.folder, self.account)

    def command(self, *more):
        usr = unpack() / "usr"
        (libraries,) = (usr / "lib").glob("*-linux-gnu")
        (loader,) = (usr / "lib64").glob("ld-linux-*")
        options = OPTIONS.format(usr=usr, folder=self.folder).splitlines()
        server = [loader, "--library-path", libraries, usr / "sbin" / "mysqld", *options]
        return [str(word) for word in (*server, f"--port={self.port}", *more)]

    def __enter__(self):
        call(self.command("--initialize-insecure"), self.account, cwd=self.folder)
        self.process = subprocess.Popen(self.command(), cwd=self.folder, **as_account(self.account))
        end = time.monotonic() + 120
        while not (self.folder / "socket").exists():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < end
            time.sleep(0.1)
        with pymysql.connect(unix_socket=str(self.folder / "socket"), user="root") as root:
            cursor = root.cursor()
            cursor.execute("CREATE DATABASE app")
            method = "IDENTIFIED WITH caching_sha2_password BY"
            cursor.execute(f"CREATE USER front@'%%' {method} %s", (self.PASSWORD,))
            cursor.execute("GRANT ALL ON *.* TO front@'%'")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        shutil.rmtree(self.folder)

    @property
    def url(self):
        return f"mysql://front:{self.QUOTED}@127.0.0.1:{self.port}/app"
