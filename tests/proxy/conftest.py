"""`rdsiam proxy` between clients that know nothing of tokens and servers that take nothing else."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg
import pymysql
import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("RDSIAM_COMMAND", str(ROOT / "target/debug/rdsiam"))
# What a machine may have set of its own.
FOREIGN = ("AWS_", "PG", "MYSQL_", "RDSIAM_")


def standin(name):
    return os.environ["STANDIN_" + name]


def judged():
    """What the verifier has logged of tokens."""
    return Path(standin("LOG")).read_text()


def environment(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", **more}


KEYS = {
    "AWS_ACCESS_KEY_ID": "STANDIN_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY": "STANDIN_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN": "STANDIN_SESSION_TOKEN",
}


class Proxy:
    """One running proxy, and what it has logged."""

    def __init__(self, folder, arguments, env, password=None):
        self.home = folder
        self.password = password or secrets.token_hex(16)
        self.password_file = folder / "password"
        self.password_file.write_text(self.password + "\n")
        self.password_file.chmod(0o600)
        self.arguments = [str(word) for word in arguments]
        self.env = env
        self.lines = []
        self.process = None

    def start(self, *more):
        self.process = subprocess.Popen(
            [COMMAND, "proxy", *self.arguments, *map(str, more)],
            env=self.env,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            cwd=self.home,
        )
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        self.wait(lambda: self.logged("ready"))
        return self

    def _read(self):
        self.lines.extend(iter(self.process.stderr.readline, ""))

    def wait(self, condition, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None:
                self.reader.join()
                raise AssertionError("".join(self.lines))
            assert time.monotonic() < end, "".join(self.lines)
            time.sleep(0.01)

    def logged(self, event):
        # What is said before it listens is no log.
        found = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [line for line in found if line["event"] == event]

    def stop(self, number=signal.SIGTERM, timeout=40):
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout)
        self.reader.join()
        self.process.stderr.close()
        return code

    def places(self):
        return [line["listener"] for line in self.logged("listening")]

    @property
    def port(self):
        place = self.places()[0]
        return 5432 if place.startswith("/") else int(place.rpartition(":")[2])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self):
        """The private memory of the process, in bytes."""
        text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        rows = [line.split() for line in text.splitlines() if line.startswith("Private_")]
        return sum(int(row[1]) for row in rows) * 1024

    def ask(self, path):
        """The status and text of the admin listener."""
        (admin,) = self.logged("admin")
        try:
            with urllib.request.urlopen(f"http://{admin['listener']}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name, **labels):
        found = 0.0
        for line in self.ask("/metrics")[1].splitlines():
            if line.startswith(f"rdsiam_proxy_{name}{{") and all(
                f'{label}="{value}"' in line for label, value in labels.items()
            ):
                found += float(line.rpartition(" ")[2])
        return found

    # What clients are told.

    def postgres(self, **more):
        settings = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": standin("USER"),
            "dbname": standin("DB"),
            "password": self.password,
            "sslmode": "disable",
            "connect_timeout": 30,
        }
        return {**settings, **more}

    def connect(self, **more):
        return psycopg.connect(**self.postgres(**more), autocommit=True)

    def libpq(self, **more):
        settings = self.postgres(**more)
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
        names |= {"password": "PGPASSWORD", "sslmode": "PGSSLMODE"}
        return environment(**{name: str(settings[key]) for key, name in names.items()})

    def mysql(self, **more):
        settings = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": standin("USER"),
            "database": standin("DB"),
            "password": self.password,
        }
        return {**settings, **more}

    def connect_mysql(self, **more):
        return pymysql.connect(**self.mysql(**more), autocommit=True, local_infile=True)

    def mariadb(self, program, *arguments):
        words = [program, "--no-defaults", "--protocol=TCP", "-h127.0.0.1", f"-P{self.port}"]
        return [*words, f"-u{standin('USER')}", f"-p{self.password}", *arguments]


def postgres_url():
    return f"postgresql://{standin('USER')}@{standin('HOSTADDR')}:{standin('PORT')}/{standin('DB')}"


def mysql_url():
    port = standin("MARIADB_PORT")
    return f"mysql://{standin('USER')}@{standin('HOSTADDR')}:{port}/{standin('DB')}"


def to_postgres():
    """The options that lead to PostgreSQL, as through a tunnel."""
    sign = ["--sign-host", standin("HOST"), "--sign-port", standin("PORT")]
    return [*sign, "--ca", standin("CA")]


def to_mysql():
    sign = ["--sign-host", standin("MARIADB_HOST"), "--sign-port", standin("MARIADB_PORT")]
    return [*sign, "--ca", standin("CA")]


@pytest.fixture(scope="session")
def keys():
    """Credentials that the server knows."""
    return {name: os.environ[variable] for name, variable in KEYS.items()}


@contextlib.contextmanager
def running(folder, url, options, env, *more, listen="127.0.0.1:0"):
    proxy = Proxy(folder, [], environment(HOME=str(folder), **env))
    arguments = [f"{listen}={url}", *options, "--password-file", proxy.password_file]
    proxy.arguments = [str(word) for word in arguments]
    proxy.start("--admin", "127.0.0.1:0", *more)
    try:
        yield proxy
    finally:
        assert proxy.stop(signal.SIGKILL) in (0, -signal.SIGKILL)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory, keys):
    """One for the tests that only read it."""
    folder = tmp_path_factory.mktemp("postgres")
    with running(folder, postgres_url(), to_postgres(), keys) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def mysql(tmp_path_factory, keys):
    folder = tmp_path_factory.mktemp("mysql")
    with running(folder, mysql_url(), to_mysql(), keys) as proxy:
        yield proxy


@pytest.fixture
def start(tmp_path, keys):
    """Starts one more, with options."""
    with contextlib.ExitStack() as stack:

        def begin(*more, url=None, options=None, env=keys, **place):
            arguments = (url or postgres_url(), options or to_postgres(), env, *more)
            return stack.enter_context(running(tmp_path, *arguments, **place))

        yield begin


def run(command, env, given="", timeout=120, **more):
    done = subprocess.run(
        [str(word) for word in command],
        env=env,
        input=given,
        capture_output=True,
        text=True,
        timeout=timeout,
        **more,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def raw(port):
    return socket.create_connection(("127.0.0.1", port), timeout=30)
