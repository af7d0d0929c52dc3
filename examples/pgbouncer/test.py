#!/usr/bin/env python3
"""PgBouncer logs in with tokens that are renewed behind it, for longer than one of them lives.

tests/standin/standin run -- .venv/bin/python examples/pgbouncer/test.py
"""

# unittest on purpose: there is nothing to install for it.
# ruff: noqa: PT009, PT027

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import psycopg

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BOUNCER = ROOT / "build" / "pgbouncer"
sys.path.insert(0, str(ROOT / "tests" / "standin"))

from commands import as_account, free_port, own, server_account  # noqa: E402

LIFE = 4


def standin(name):
    return os.environ["STANDIN_" + name]


class PgBouncer(unittest.TestCase):
    def setUp(self):
        self.account = server_account()
        self.folder = Path(tempfile.mkdtemp(prefix="rdsiam-pgbouncer-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.users = self.folder / "userlist.txt"
        self.port = free_port()
        shim = self.folder / "hosts.so"
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", shim, HERE / "hosts.c", "-ldl"],
            check=True,
        )
        (self.folder / "hosts").write_text(f"{standin('HOSTADDR')} {standin('HOST')}\n")
        (self.folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        self.users.touch(0o600)
        shutil.copy(standin("CA"), self.folder / "global-bundle.pem")
        config = self.configuration()
        (self.folder / "pgbouncer.ini").write_text(config)
        for path in (self.folder, *self.folder.iterdir()):
            own(path, self.account)
        libraries = next((BOUNCER / "usr" / "lib").glob("*-linux-gnu"))
        self.env = {
            "PATH": os.environ["PATH"],
            "LD_PRELOAD": str(shim),
            "LD_LIBRARY_PATH": str(libraries),
            "ETC": str(self.folder),
        }

    def configuration(self):
        """The one beside this file, for the stand-in, and with a new login for each client."""
        text = (HERE / "pgbouncer.ini").read_text()
        for what, here in (
            (r"(?<=host=)\S+", standin("HOST")),
            (r"(?<= port=)\d+", standin("PORT")),
            (r"(?<= dbname=)\S+", standin("DB")),
            (r"(?<=listen_port = )\d+", str(self.port)),
        ):
            text, count = re.subn(what, here, text)
            self.assertEqual(count, 1, what)
        more = ("server_lifetime = 0", "server_login_retry = 1", "query_wait_timeout = 2")
        return "\n".join([text, *more, "unix_socket_dir =", ""])

    def start(self):
        log = open(self.folder / "log", "wb")  # noqa: SIM115
        self.addCleanup(log.close)
        self.bouncer = subprocess.Popen(
            [BOUNCER / "usr" / "sbin" / "pgbouncer", "pgbouncer.ini"],
            cwd=self.folder,
            env=self.env,
            stdout=log,
            stderr=log,
            **as_account(self.account),
        )
        self.addCleanup(self.bouncer.wait)
        self.addCleanup(self.bouncer.terminate)
        self.until(lambda: (self.folder / "pgbouncer.pid").exists())

    def until(self, condition):
        deadline = time.monotonic() + 10
        while not condition():
            log = self.folder / "log"
            self.assertLess(time.monotonic(), deadline, log.read_text())
            time.sleep(0.05)

    def refresh(self, **changes):
        program = subprocess.Popen(
            [sys.executable, HERE / "refresh.py", self.users, self.folder / "pgbouncer.pid"],
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("AWS_")},
                "AWS_ACCESS_KEY_ID": standin("STATIC_ACCESS_KEY_ID"),
                "AWS_SECRET_ACCESS_KEY": standin("STATIC_SECRET_ACCESS_KEY"),
                "AWS_EC2_METADATA_DISABLED": "true",
                "DB_HOST": standin("HOST"),
                "DB_PORT": standin("PORT"),
                "DB_USER": standin("USER"),
                "TOKEN_SECONDS": str(LIFE),
                "PYTHONPATH": str(ROOT / "bindings-python" / "python"),
                **changes,
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(program.stdout.close)
        self.addCleanup(program.wait)
        self.addCleanup(program.terminate)
        if not changes:
            self.assertIn("a new token", program.stdout.readline())
            self.reloaded()
        return program

    def reloaded(self):
        """The signal is sent; PgBouncer reads the file in its next turn."""
        self.until(lambda: "SIGHUP" in (self.folder / "log").read_text())

    def ask(self):
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname="app",
            user=standin("USER"),
            sslmode="disable",
            connect_timeout=5,
        ) as connection:
            return connection.execute("select current_user").fetchone()[0]

    def test_logins_go_on_past_the_end_of_a_token(self):
        self.start()
        program = self.refresh()
        seen = {self.users.read_text()}
        end = time.monotonic() + 2.5 * LIFE
        logins = 0
        while time.monotonic() < end:
            self.assertEqual(self.ask(), standin("USER"))
            logins += 1
            seen.add(self.users.read_text())
            time.sleep(0.5)
        self.assertGreaterEqual(logins, 5)
        self.assertGreaterEqual(len(seen), 4)
        kept = self.users.stat()
        self.assertEqual(kept.st_mode & 0o777, 0o600)
        self.assertEqual(kept.st_uid, self.account.pw_uid)

        # Nobody renews it: PgBouncer goes on with the one that it has, and that one ends.
        program.terminate()
        program.wait()
        time.sleep(LIFE + 1)
        refused = "PAM authentication failed"
        log = self.folder / "log"
        self.assertNotIn(refused, log.read_text())
        with self.assertRaises(psycopg.OperationalError):
            self.ask()
        self.assertIn(refused, log.read_text())

    def test_it_outlives_a_pgbouncer_and_credentials_that_are_away(self):
        keys, config = self.folder / "keys", self.folder / "config"
        config.write_text(f"[default]\ncredential_process = cat {keys}\n")
        nothing = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        program = self.refresh(AWS_CONFIG_FILE=str(config), **nothing)
        self.assertIn("no new token", program.stdout.readline())
        names = {"AccessKeyId": "ACCESS_KEY_ID", "SecretAccessKey": "SECRET_ACCESS_KEY"}
        told = {key: standin(f"STATIC_{name}") for key, name in names.items()}
        keys.write_text(json.dumps({"Version": 1, **told}))
        self.assertIn("pgbouncer.pid", self.first_of(program, "No such file"))
        self.start()
        self.first_of(program, "a new token")
        self.reloaded()
        self.assertEqual(self.ask(), standin("USER"))

    def first_of(self, program, word):
        """The next line with a word in it, of the next twenty."""
        lines = []
        while len(lines) < 20:
            lines.append(program.stdout.readline())
            if word in lines[-1]:
                return lines[-1]
        raise AssertionError(f"{word} is in none of {lines}")

    def test_a_server_of_another_name_gets_no_token(self):
        self.start()
        self.refresh()
        (self.folder / "hosts").write_text(f"{standin('HOSTADDR')} other.example\n")
        text = (self.folder / "pgbouncer.ini").read_text()
        text = text.replace(f"host={standin('HOST')}", "host=other.example")
        (self.folder / "pgbouncer.ini").write_text(text)
        before = Path(standin("LOG")).read_text()
        os.kill(self.bouncer.pid, 1)
        time.sleep(0.5)
        with self.assertRaises(psycopg.OperationalError):
            self.ask()
        self.assertIn("not present in server certificate", (self.folder / "log").read_text())
        self.assertEqual(Path(standin("LOG")).read_text(), before)


if __name__ == "__main__":
    unittest.main(verbosity=1)
