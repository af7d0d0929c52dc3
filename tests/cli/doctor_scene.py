"""A database that `rdsiam doctor` finds nothing wrong with, for tests to break."""

import json

import servers
from services import ACCOUNT

ALLOWED = "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-ABCDEFGHIJKL01234/"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"


class Scene:
    """A set-up that works, for a test to break."""

    def __init__(self, rdsiam, standin, services, folder, stack):
        self.rdsiam, self.services, self.folder, self.stack = rdsiam, services, folder, stack
        self.standin = standin
        self.host, self.port = standin["STANDIN_HOST"], standin["STANDIN_PORT"]
        self.sign_port = self.port
        self.dialled, self.user, self.database = "127.0.0.1", standin["STANDIN_USER"], "app"
        self.ca, self.engine, self.more = standin["STANDIN_CA"], "postgres", []
        # Nobody is there, so that no question leaves this machine.
        self.name_server = "127.0.0.1:9"
        self.env = {
            "AWS_ACCESS_KEY_ID": standin["STANDIN_ACCESS_KEY_ID"],
            "AWS_SECRET_ACCESS_KEY": standin["STANDIN_SECRET_ACCESS_KEY"],
            "AWS_SESSION_TOKEN": standin["STANDIN_SESSION_TOKEN"],
            **services.env,
        }
        services.instance("mydb")
        services.instance("mymaria", Engine="mariadb")

    def mariadb(self):
        self.host = self.standin["STANDIN_MARIADB_HOST"]
        self.port = self.sign_port = self.standin["STANDIN_MARIADB_PORT"]
        self.engine = "mysql"

    def proxy(self):
        self.host = "myproxy.proxy-abc123xyz.us-east-1.rds.amazonaws.com"

    def keys(self, profile):
        """Credentials from a profile, in place of the environment."""
        for name in list(self.env):
            if name.startswith(("AWS_ACCESS", "AWS_SECRET", "AWS_SESSION")):
                del self.env[name]
        (self.folder / "config").write_text(f"[default]\n{profile}\n")

    def serve(self, handle):
        self.port = self.stack.enter_context(servers.serve(handle))

    def answers(self, *answers, **dates):
        context, self.ca = servers.certificate(self.folder, self.host, **dates)
        self.serve(servers.postgres(context, *answers))

    def arguments(self):
        signed = ["--sign-host", self.host, "--sign-port", self.sign_port]
        return [
            *("-h", self.dialled, "-p", self.port, *(signed if self.host else [])),
            *("-U", self.user, "-d", self.database, "--engine", self.engine),
            *(["--ca", self.ca] if self.ca else []),
            *("--timeout", "2", "--dns-server", self.name_server, *self.more),
        ]

    def run(self, *more):
        return self.rdsiam("doctor", *self.arguments(), *more, env=self.env)

    def examine(self):
        done = self.run("--json")
        assert done.stderr == "", done.stderr
        return done.returncode, json.loads(done.stdout)
