"""The MariaDB server of a stand-in, in place of RDS for MySQL: the same clear-text exchange."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import time
from pathlib import Path

from commands import ADDRESS, ENVIRONMENT, as_account, call, on_free_port
from errors import StandinError
from names import DATABASE, ODD_USER, USER
from packages import find_mariadb

PAM_SERVICE = "rds-iam-mariadb"
SECONDS_TO_START = 60
SECONDS_TO_STOP = 20

# v1 asks PAM within the server. The other, auth_pam, asks a program that runs as root, which
# would neither find the service file nor be there without an installation as root.
OPTIONS = """\
--no-defaults
--datadir={folder}/mariadb
--tmpdir={folder}/run
--socket={folder}/run/mariadb.sock
--pid-file={folder}/run/mariadb.pid
--log-error={folder}/mariadb.log
--bind-address={address}
--port={port}
--skip-name-resolve
--ssl-cert={folder}/tls/mariadb.pem
--ssl-key={folder}/tls/mariadb.key
--plugin-load-add=auth_pam_v1
--pam-use-cleartext-plugin=1
--character-set-server=utf8mb4
--innodb-buffer-pool-size=8M
--innodb-log-file-size=4M
--innodb-flush-log-at-trx-commit=0
"""

USERS = [
    f"CREATE DATABASE {DATABASE}",
    *[
        statement.format(user=user)
        for user in (USER, ODD_USER)
        for statement in (
            f"CREATE USER '{{user}}'@'%' IDENTIFIED VIA pam USING '{PAM_SERVICE}' REQUIRE SSL",
            f"GRANT ALL ON {DATABASE}.* TO '{{user}}'@'%'",
        )
    ],
]


class MariaDB:
    """The server whose files are in a stand-in's folder."""

    def __init__(self, folder, account):
        self.folder = folder
        self.account = account
        self.data = folder / "mariadb"
        self.log = folder / "mariadb.log"
        self.socket = folder / "run" / "mariadb.sock"
        # Written here and not by the server, so that one that was killed early is found too.
        self.pid_file = folder / "mariadb.pid"

    @classmethod
    def found_in(cls, folder):
        """The one in the folder, or None."""
        data = folder / "mariadb"
        if not data.exists():
            return None
        return cls(folder, pwd.getpwuid(data.stat().st_uid))

    def call(self, *command):
        return call(command, self.account, cwd=self.folder, env=ENVIRONMENT)

    def launch(self):
        """Makes it and starts it: the port that it listens on."""
        self.create()
        port = on_free_port(self.start, self.log)
        for statement in USERS:
            self.run_sql(statement)
        return port

    def create(self):
        # The administrator is the server's account, on the socket, and nobody else.
        administrator = f"--auth-root-socket-user={self.account.pw_name}"
        self.call(
            "mariadb-install-db",
            *("--no-defaults", f"--datadir={self.data}", "--skip-test-db", "--skip-name-resolve"),
            *("--auth-root-authentication-method=socket", administrator),
            "--innodb-log-file-size=4M",
            # Names in /tmp have a process id, which a server in another container can have too.
            f"--tmpdir={self.folder}/run",
        )

    def start(self, port):
        options = OPTIONS.format(folder=self.folder, address=ADDRESS, port=port).splitlines()
        # The server reads its PAM service file from the folder, not from /etc/pam.d.
        preload = {
            "LD_PRELOAD": str(self.folder / "pam_confdir.so"),
            "PAM_CONFDIR": str(self.folder / "pam.d"),
        }
        process = subprocess.Popen(
            [find_mariadb(), *options],
            cwd=self.folder,
            env={**ENVIRONMENT, **preload},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **as_account(self.account),
        )
        self.pid_file.write_text(f"{process.pid}\n")
        deadline = time.monotonic() + SECONDS_TO_START
        while not self.answers():
            if process.poll() is not None:
                raise StandinError(f"mariadbd left with {process.returncode}")
            if time.monotonic() > deadline:
                process.kill()
                raise StandinError(f"mariadbd did not listen within {SECONDS_TO_START} s")
            time.sleep(0.02)

    def answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def run_sql(self, statement):
        where = [f"--socket={self.socket}", f"--user={self.account.pw_name}"]
        self.call("mariadb", "--no-defaults", *where, "-e", statement)

    def stop(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + SECONDS_TO_STOP
            if self.runs():
                os.kill(self.pid(), number)
            while self.runs() and time.monotonic() < deadline:
                time.sleep(0.02)
        if self.runs():
            raise StandinError(f"MariaDB in {self.data} does not stop")

    def pid(self):
        return int(self.pid_file.read_text())

    def runs(self):
        """Whether the process of that number is still this server, and not another's."""
        try:
            with contextlib.suppress(ChildProcessError):  # of an earlier command
                os.waitpid(self.pid(), os.WNOHANG)
            command = Path(f"/proc/{self.pid()}/cmdline").read_bytes()
        except (OSError, ValueError):
            return False
        return f"--datadir={self.data}".encode() in command.split(b"\0")
