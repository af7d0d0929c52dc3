#!/usr/bin/env python3
"""Builds the C examples without a warning and runs them against the stand-in.

    tests/standin/standin run -- python3 examples/c/test.py

A token is made useless before its time by taking its key from the server, which is what a program
sees when it comes back with a token that has expired: it has to get another one and go on.
"""

# unittest on purpose: there is nothing to install for it.
# ruff: noqa: PT009, PT027

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PREFIX = ROOT / "build" / "prefix"
OUT = ROOT / "build" / "examples-c"
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"]
PACKAGES = {
    "postgres": ["rdsiam", "libpq"],
    "mariadb": ["rdsiam", "libmariadb"],
    "workers": ["rdsiam", "libpq"],
    "plugin_host": [],
}
SECONDS = 30


def standin(name):
    return os.environ["STANDIN_" + name]


def build(name, packages):
    environment = {**os.environ, "PKG_CONFIG_PATH": str(PREFIX / "lib" / "pkgconfig")}
    options = ["-I" + str(PREFIX / "include"), "-pthread", "-ldl"]
    if packages:
        command = ["pkg-config", "--cflags", "--libs", *packages]
        found = subprocess.run(
            command, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        options = found.stdout.split()
    rpath = f"-Wl,-rpath,{PREFIX}/lib"
    program = OUT / name
    subprocess.run(["cc", *STRICT, HERE / f"{name}.c", "-o", program, *options, rpath], check=True)
    return program


class Program:
    """A running example whose lines can be waited for."""

    def __init__(self, program, *arguments, **environment):
        self.lines = []
        self.process = subprocess.Popen(
            [program, *arguments],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def count(self, pattern):
        return sum(re.search(pattern, line) is not None for line in self.lines)

    def wait_for(self, pattern, times=1):
        """Until so many lines have it; fails with all that was printed."""
        deadline = time.monotonic() + SECONDS
        while self.count(pattern) < times:
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.reader.join(1)
                raise AssertionError(f"not {times} times {pattern!r} in {self.lines}")
            time.sleep(0.02)

    def end(self, number=signal.SIGTERM):
        """The exit code after a signal."""
        self.process.send_signal(number)
        try:
            code = self.process.wait(SECONDS)
        finally:
            self.process.kill()
            self.reader.join(SECONDS)
            self.process.stdout.close()
        return code


class Keys:
    """A profile with one key, which the server knows; exchange() is what a rotation is."""

    def __init__(self, folder):
        self.file = folder / "credentials"
        self.config = Path(standin("CONFIG"))
        self.before = self.config.read_text()
        self.number = 0
        self.exchange()

    def exchange(self):
        self.number += 1
        key = f"ASIAROTATED{self.number}"
        config = json.loads(self.before)
        config["keys"][key] = {"secret": "SECRET", "session_token": None}
        self.config.write_text(json.dumps(config))
        text = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = SECRET\n"
        self.file.write_text(text)

    def restore(self):
        self.config.write_text(self.before)

    def environment(self):
        names = {k: "" for k in os.environ if k.startswith("AWS_")}
        return {
            **names,
            "AWS_SHARED_CREDENTIALS_FILE": str(self.file),
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


class Examples(unittest.TestCase):
    def setUp(self):
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        self.keys = Keys(folder)
        self.addCleanup(self.keys.restore)

    def database(self, prefix):
        return {
            **self.keys.environment(),
            "DB_HOST": standin(prefix + "HOST"),
            "DB_PORT": standin(prefix + "PORT"),
            "DB_USER": standin("USER"),
            "DB_NAME": standin("DB"),
            "DB_CA": standin("CA"),
            # The names are in no DNS: libpq dials this address, and nss_wrapper answers for the
            # MariaDB client.
            "PGHOSTADDR": standin("HOSTADDR"),
            "LD_PRELOAD": standin("NSS_WRAPPER"),
            "NSS_WRAPPER_HOSTS": standin("HOSTS"),
        }

    def judged(self, verdict):
        return Path(standin("LOG")).read_text().count(verdict)

    def outlives_a_token(self, name, prefix, kill_sessions):
        program = Program(build(name, PACKAGES[name]), **self.database(prefix))
        self.addCleanup(program.process.kill)
        program.wait_for("connected as " + standin("USER"))
        program.wait_for("it is 20", 2)
        refused = self.judged("refused")
        self.keys.exchange()
        kill_sessions()
        program.wait_for("connected as", 2)
        # The old token was tried once, and no more. A second exchange would be seen after a minute:
        # so often is a source asked for newer credentials because of refused logins.
        self.assertEqual(self.judged("refused"), refused + 1)
        seen = program.count("it is 20")
        program.wait_for("it is 20", seen + 2)
        self.assertEqual(program.end(), 0, program.lines)

    def test_postgres(self):
        def kill_sessions():
            sql = (
                "select pg_terminate_backend(pid) from pg_stat_activity "
                f"where usename = '{standin('USER')}'"
            )
            folder = Path(standin("DIR"), "run")
            psql = [Path(standin("BINDIR"), "psql"), "-X", "-h", folder, "-p", standin("PORT")]
            subprocess.run(
                [*psql, "-U", "postgres", "-c", sql, "postgres"],
                env={"PATH": os.defpath},  # no PGHOSTADDR of the caller's
                check=True,
                stdout=subprocess.PIPE,
            )

        self.outlives_a_token("postgres", "", kill_sessions)

    def test_postgres_on_dsql(self):
        """The same program: the host tells the kind, and the user whether it is admin."""
        for user in (standin("USER"), "admin"):
            environment = {
                **self.database(""),
                "DB_HOST": standin("DSQL_HOST"),
                "DB_USER": user,
            }
            program = Program(build("postgres", PACKAGES["postgres"]), **environment)
            self.addCleanup(program.process.kill)
            program.wait_for("connected as " + user)
            program.wait_for("it is 20")
            self.assertEqual(program.end(), 0, program.lines)

    def test_mariadb(self):
        def kill_sessions():
            owner = Path(standin("DIR"), "run").owner()
            command = [
                "mariadb",
                "--no-defaults",
                "--user",
                owner,
                "-e",
                f"KILL USER {standin('USER')}",
            ]
            where = ["--socket", Path(standin("DIR"), "run", "mariadb.sock")]
            as_owner = {"user": owner} if os.geteuid() == 0 else {}
            subprocess.run([*command, *where], check=True, **as_owner)

        self.outlives_a_token("mariadb", "MARIADB_", kill_sessions)

    def test_a_wrong_setting_ends_the_program(self):
        for name, prefix in (("postgres", ""), ("mariadb", "MARIADB_")):
            environment = {**self.database(prefix), "DB_HOST": "db.example.com"}
            program = Program(build(name, PACKAGES[name]), **environment)
            self.assertEqual(program.process.wait(SECONDS), 1)
            program.reader.join()
            program.process.stdout.close()
            self.assertEqual(program.count("ERR_RDSIAM_REGION_MISSING"), 1, program.lines)

    def test_workers(self):
        program = Program(build("workers", PACKAGES["workers"]), "3", **self.database(""))
        self.addCleanup(program.process.kill)
        program.wait_for(f"logged in as {standin('USER')}", 3)
        first = re.search("worker 0 is ([0-9]+)", "\n".join(program.lines))
        os.kill(int(first[1]), signal.SIGKILL)
        program.wait_for("worker 0 is", 2)
        self.assertEqual(program.end(), 0, program.lines)
        for number in re.findall("is ([0-9]+) and", "\n".join(program.lines)):
            with self.assertRaises(ProcessLookupError):
                os.kill(int(number), 0)

    def test_plugin_host(self):
        library = PREFIX / "lib" / "librdsiam.so.1"
        command = [build("plugin_host", PACKAGES["plugin_host"]), library, "32", "5"]
        done = subprocess.run(
            command,
            env={**os.environ, **self.keys.environment()},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.assertEqual(
            (done.returncode, done.stdout), (0, "5 rounds, 16000 tokens, 0 failures\n")
        )
        done = subprocess.run([command[0], "libm.so.6"], stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("rdsiam_abi_version", done.stderr)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    result = unittest.main(exit=False).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun >= 5 else 1)


if __name__ == "__main__":
    main()
