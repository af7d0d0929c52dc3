"""The PostgreSQL server of a stand-in."""

import contextlib
import pwd
from pathlib import Path

from commands import ADDRESS, ENVIRONMENT, call, on_free_port
from errors import StandinError
from names import DATABASE, ODD_USER, USER
from packages import find_bindir

SUPERUSER = "postgres"
PAM_SERVICE = "rds-iam"

PG_HBA = f"""\
local   all all                              trust
hostssl all +rds_iam  127.0.0.1/32   pam pamservice={PAM_SERVICE}
host    all +rds_iam  127.0.0.1/32   reject
host    all all       127.0.0.1/32   scram-sha-256
"""

# The socket is where `trust` applies, so only the server's account may reach it.
POSTGRESQL_CONF = """
listen_addresses = '{address}'
unix_socket_directories = '{folder}/run'
unix_socket_permissions = 0700
ssl = on
ssl_cert_file = '{folder}/tls/postgres.pem'
ssl_key_file = '{folder}/tls/postgres.key'
max_connections = 200
shared_buffers = 16MB
fsync = off
synchronous_commit = off
full_page_writes = off
"""

ROLES = f"""
CREATE ROLE rds_iam NOLOGIN;
CREATE ROLE {USER} LOGIN IN ROLE rds_iam;
CREATE ROLE "{ODD_USER}" LOGIN IN ROLE rds_iam;
CREATE ROLE admin LOGIN IN ROLE rds_iam;
CREATE DATABASE {DATABASE} OWNER {USER};
"""


class Postgres:
    """The cluster in a stand-in's folder."""

    def __init__(self, folder, account):
        self.folder = folder
        self.account = account
        self.data = folder / "data"
        self.log = folder / "postgres.log"
        self.bindir = Path(find_bindir() or "")

    @classmethod
    def found_in(cls, folder):
        """The one in the folder, or None."""
        data = folder / "data"
        if not (data / "PG_VERSION").exists():
            return None
        return cls(folder, pwd.getpwuid(data.stat().st_uid))

    def call(self, program, *arguments, **environment):
        return call(
            [self.bindir / program, *arguments],
            self.account,
            cwd=self.folder,
            env={**ENVIRONMENT, **environment},
        )

    def launch(self):
        """Makes it and starts it: the port that it listens on."""
        self.create()
        port = on_free_port(self.start, self.log)
        for statement in ROLES.strip().splitlines():
            self.run_sql(port, statement)
        return port

    def create(self):
        self.call("initdb", "-D", self.data, "-U", SUPERUSER, "-E", "UTF8", "-A", "trust", "-N")
        settings = POSTGRESQL_CONF.format(address=ADDRESS, folder=self.folder)
        with open(self.data / "postgresql.conf", "a") as file:
            file.write(settings)
        (self.data / "pg_hba.conf").write_text(PG_HBA)

    def start(self, port):
        self.pg_ctl("start", "-l", self.log, "-o", f"-p {port}")

    def pg_ctl(self, action, *options):
        # The server reads its PAM service file from the folder, not from /etc/pam.d.
        return self.call(
            "pg_ctl",
            *(action, "-D", self.data, "-w", *options),
            LD_PRELOAD=str(self.folder / "pam_confdir.so"),
            PAM_CONFDIR=str(self.folder / "pam.d"),
        )

    def run_sql(self, port, statement):
        where = ["-h", self.folder / "run", "-p", str(port), "-U", SUPERUSER, "-d", "postgres"]
        self.call("psql", "-X", "-q", *where, "-c", statement)

    def stop(self):
        for how in ("fast", "immediate"):
            if self.runs():
                with contextlib.suppress(StandinError):
                    self.pg_ctl("stop", "-m", how, "-t", "20")
        if self.runs():
            raise StandinError(f"PostgreSQL in {self.data} does not stop")

    def runs(self):
        try:
            self.call("pg_ctl", "status", "-D", self.data)
            return True
        except StandinError:
            return False
