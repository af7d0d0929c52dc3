"""Starting and stopping stand-ins, none of which may leave anything behind."""

# unittest on purpose: there is nothing to install for it.
# ruff: noqa: PT009

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from names import ENDPOINT, MARIADB_ENDPOINT

HERE = Path(__file__).resolve().parent
STANDIN = HERE / "standin"


class Life(unittest.TestCase):
    def setUp(self):
        self.parent = Path(tempfile.mkdtemp(prefix="standin-selftest-"))
        self.parent.chmod(0o711)
        self.folder = self.parent / "work"
        self.addCleanup(shutil.rmtree, self.parent)

    def standin(self, *arguments, **options):
        command = [STANDIN, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)

    def processes(self):
        """(process id, user id) of all that run in the folder or were given its name."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes()
                where = command + b" " + os.fsencode(os.readlink(process / "cwd"))
                if os.fsencode(self.folder) in where and int(process.name) != os.getpid():
                    found.append((int(process.name), process.stat().st_uid))
        return found

    def assert_nothing_left(self):
        deadline = time.monotonic() + 5
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.processes(), [])
        self.assertFalse(self.folder.exists())

    def test_start_and_stop(self):
        env_file = self.parent / "env"
        # Settings of the user's own databases must not matter.
        strange = {"PGDATA": "/nonexistent", "PGPORT": "1", "PGOPTIONS": "-c nonsense=1"}
        started = self.standin(
            *("start", "--dir", self.folder, "--env-file", env_file), env={**os.environ, **strange}
        )
        self.addCleanup(self.standin, "stop", "--dir", self.folder)
        self.assertEqual((started.returncode, started.stderr), (0, ""))
        self.assertEqual(env_file.read_text(), started.stdout)
        words = [shlex.split(line) for line in started.stdout.splitlines()]
        self.assertEqual({word[0] for word in words}, {"export"})
        variables = dict(word[1].split("=", 1) for word in words)
        self.assertEqual(variables["STANDIN_DIR"], str(self.folder))
        self.assertEqual(len(variables["STANDIN_SESSION_TOKEN"]), 900)
        self.assertEqual(variables["STANDIN_HOST"], ENDPOINT)
        self.assertEqual(variables["STANDIN_MARIADB_HOST"], MARIADB_ENDPOINT)

        users = {user for _, user in self.processes()}
        self.assertEqual(len(users), 1)
        self.assertNotIn(0, users)

        self.assertEqual(self.standin("start", "--dir", self.folder).returncode, 1)
        self.assertTrue(self.processes())
        self.assertEqual(self.standin("stop", "--dir", self.folder).returncode, 0)
        self.assert_nothing_left()
        self.assertEqual(self.standin("stop", "--dir", self.folder).returncode, 0)

    def test_stop_after_a_crash(self):
        started = self.standin("start", "--dir", self.folder)
        self.addCleanup(self.standin, "stop", "--dir", self.folder)
        self.assertEqual(started.returncode, 0, started.stderr)
        for pid_file in ("data/postmaster.pid", "mariadb.pid"):
            server = int((self.folder / pid_file).read_text().splitlines()[0])
            os.kill(server, signal.SIGKILL)
        self.assertEqual(self.standin("stop", "--dir", self.folder).returncode, 0)
        self.assert_nothing_left()

    def test_other_folders_stay(self):
        self.folder.mkdir()
        (self.folder / "precious").touch()
        self.assertEqual(self.standin("stop", "--dir", self.folder).returncode, 1)
        self.assertEqual(self.standin("start", "--dir", self.folder).returncode, 1)
        self.assertTrue((self.folder / "precious").exists())

    def run_here(self, *command, **options):
        """standin run, with its folder where processes() looks."""
        self.folder.mkdir()
        self.folder.chmod(0o711)
        environment = {**os.environ, "TMPDIR": str(self.folder)}
        return subprocess.Popen(
            [STANDIN, "run", "--", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )

    def assert_run_left_nothing(self):
        self.folder.rmdir()
        self.assert_nothing_left()

    def test_run(self):
        with self.run_here("sh", "-c", 'test -n "$STANDIN_PORT" && exit 7') as process:
            process.communicate(timeout=120)
        self.assertEqual(process.returncode, 7)
        self.assert_run_left_nothing()

    def test_exit_code(self):
        for command, code in [
            (["true"], 0),
            (["sh", "-c", "exit 7"], 7),
            (["sh", "-c", "kill -KILL $$"], 137),
            (["./no-such-command"], 127),
        ]:
            program = f"import sys, life; sys.exit(life.supervise({command!r}, {{}}))"
            done = subprocess.run([sys.executable, "-c", program], cwd=HERE, capture_output=True)
            self.assertEqual(done.returncode, code, done.stderr)

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.run_here("sh", "-c", "echo ready; exec sleep 600") as process:
                self.assertEqual(process.stdout.readline(), "ready\n")
                process.send_signal(number)
                process.communicate(timeout=120)
            self.assertEqual(process.returncode, 128 + number)
            self.assert_run_left_nothing()

    def test_signals_while_it_starts(self):
        for delay in (0.2, 0.7, 1.2):
            with self.run_here("sleep", "600") as process:
                time.sleep(delay)
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=120)
            self.assertIn(process.returncode, (143, -signal.SIGTERM))
            self.assert_run_left_nothing()


class Sources(unittest.TestCase):
    """What it is made of."""

    def test_c_compiles_without_a_warning(self):
        strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2", "-fPIC"]
        for name in ("pam_rds_iam.c", "pam_confdir.c"):
            command = ["cc", *strict, "-c", "-o", "/dev/null", HERE / name]
            done = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_verifier_imports_the_standard_library_only(self):
        command = [sys.executable, "-I", "-S", HERE / "verifier.py", "--help"]
        self.assertEqual(subprocess.run(command, capture_output=True).returncode, 0)
