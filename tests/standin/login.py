"""Logins with the command-line client of each server, to the stand-in of the environment."""

# unittest on purpose: there is nothing to install for it.
# ruff: noqa: PT009

import contextlib
import json
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from signer import make_token


class Server(unittest.TestCase):
    """What the two have in common. Each says where it is and how a client logs in."""

    prefix = "STANDIN_"
    refusal = ""

    def setUp(self):
        self.env = {k: v for k, v in os.environ.items() if k.startswith("STANDIN_")}
        self.host = self.env[self.prefix + "HOST"]
        self.port = self.env[self.prefix + "PORT"]
        self.user = self.env["STANDIN_USER"]
        self.temporary = self.key("STANDIN_")
        self.static = self.key("STANDIN_STATIC_")

    def key(self, prefix):
        secret, token = prefix + "SECRET_ACCESS_KEY", prefix + "SESSION_TOKEN"
        return self.env[prefix + "ACCESS_KEY_ID"], self.env[secret], self.env.get(token)

    def token(self, key, **changes):
        usual = {"host": self.host, "port": self.port, "at": int(time.time())}
        return make_token(key, **{**usual, **changes})

    def log_in(self, token, user, **options):
        """The client, after it printed who it is and whether there is TLS, or why not."""
        raise NotImplementedError

    def run_client(self, command, **environment):
        return subprocess.run(
            command,
            env={"PATH": os.defpath, "LC_ALL": "C", **environment},
            capture_output=True,
            text=True,
        )

    @contextlib.contextmanager
    def log_lines(self):
        """What the verifier logs meanwhile; none of it may give the secrets away."""
        log, lines = Path(self.env["STANDIN_LOG"]), []
        before = len(log.read_text())
        yield lines
        added = log.read_text()[before:]
        lines += added.splitlines()
        for secret in (*self.temporary[1:], self.static[1], "X-Amz-Signature="):
            self.assertNotIn(secret, added)

    def accept(self, token, user=None, **options):
        user = user or self.user
        with self.log_lines() as lines:
            done = self.log_in(token, user, **options)
        self.assertEqual((done.returncode, done.stdout), (0, f"{user}|t\n"), done.stderr)
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].endswith(f'accepted "{user}"'), lines)

    def refuse(self, token, reason):
        with self.log_lines() as lines:
            done = self.log_in(token, self.user)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(self.refusal, done.stderr)
        self.assertEqual(len(lines), 1, lines)
        self.assertIn(f": {reason}", lines[0])

    def fail_before_login(self, complaint, **options):
        with self.log_lines() as lines:
            done = self.log_in(self.token(self.static), self.user, **options)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(complaint, done.stderr)
        self.assertEqual(lines, [])

    @contextlib.contextmanager
    def changed_config(self):
        path = Path(self.env["STANDIN_CONFIG"])
        before = path.read_text()
        config = json.loads(before)
        try:
            yield config, lambda: path.write_text(json.dumps(config))
        finally:
            path.write_text(before)


class Postgres(Server):
    refusal = "PAM authentication failed for user"

    def log_in(self, token, user, **options):
        options = {
            "host": self.host,
            "hostaddr": self.env["STANDIN_HOSTADDR"],
            "port": self.port,
            "user": user,
            "dbname": self.env["STANDIN_DB"],
            "sslmode": "verify-full",
            "sslrootcert": self.env["STANDIN_CA"],
            **options,
        }
        query = "select current_user, ssl from pg_stat_ssl where pid = pg_backend_pid()"
        return self.run_client(
            [
                Path(self.env["STANDIN_BINDIR"], "psql"),
                *("-X", "-w", "-A", "-t", "-c", query),
                " ".join(f"{name}='{value}'" for name, value in options.items()),
            ],
            PGPASSWORD=token,
        )


class MariaDB(Server):
    prefix = "STANDIN_MARIADB_"
    refusal = "ERROR 1045 (28000): Access denied for user"

    def log_in(self, token, user, host=None, ca=None, tls=True):
        ca = ca or self.env["STANDIN_CA"]
        query = (
            "select substring_index(user(), '@127', 1), variable_value <> '' "
            "from information_schema.session_status where variable_name = 'ssl_version'"
        )
        done = self.run_client(
            [
                *("mariadb", "--no-defaults", "-N", "-B", "--protocol=tcp", "-e", query),
                *(f"--host={host or self.host}", f"--port={self.port}", f"--user={user}"),
                *([f"--ssl-ca={ca}", "--ssl-verify-server-cert"] if tls else ["--skip-ssl"]),
                self.env["STANDIN_DB"],
            ],
            MYSQL_PWD=token,
            LD_PRELOAD=self.env["STANDIN_NSS_WRAPPER"],
            NSS_WRAPPER_HOSTS=self.env["STANDIN_HOSTS"],
        )
        done.stdout = done.stdout.replace("\t1\n", "|t\n")
        return done


@contextlib.contextmanager
def other_ca():
    """The certificate of an authority that signed neither server's."""
    with tempfile.TemporaryDirectory() as folder:
        ca = Path(folder, "ca.pem")
        make_ca = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other -keyout /dev/null"
        subprocess.run([*make_ca.split(), "-out", ca], check=True, capture_output=True)
        yield ca
