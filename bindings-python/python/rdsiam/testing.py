"""An RDS for tests, which verifies each token: `rdsiam local`, started and stopped for you.

    # conftest.py
    from rdsiam.testing import rdsiam_local, rdsiam_local_server  # noqa: F401

    # test_app.py
    def test_login(rdsiam_local):
        database = rdsiam_local.postgres
        with app.connect(database.host, database.port, database.user) as connection: ...
        assert rdsiam_local.logins()[-1]["accepted"]

Without pytest: `with rdsiam.testing.local("--database", "postgres") as rds:`.

The command is found as RDSIAM_COMMAND, beside this Python, or on PATH. Its variables tell this
library and the AWS SDKs where keys are had.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Database", "Local", "local", "rdsiam_local", "rdsiam_local_server"]

_COMMAND = "RDSIAM_COMMAND"
_SECONDS_TO_STOP = 20


class Database(NamedTuple):
    """Where a database is, and what is signed for it."""

    engine: str
    host: str
    hostaddr: str
    port: int
    sign_port: int
    user: str
    database: str
    # Of a cache of ElastiCache or MemoryDB alone: they are signed.
    name: str = ""
    kind: str = ""


class Local:
    """A running `rdsiam local`."""

    def __init__(self, told: "dict[str, Any]") -> None:
        self._told = told
        self.databases = [Database(**database) for database in told["databases"]]
        self.environment: dict[str, str] = told["environment"]
        self.ca: str = told["ca"]
        self.region: str = told["region"]

    @property
    def postgres(self) -> Database:
        """The first PostgreSQL."""
        return self._first("postgres")

    @property
    def mysql(self) -> Database:
        """The first MySQL."""
        return self._first("mysql")

    @property
    def redis(self) -> Database:
        """The first Redis or Valkey."""
        return self._first("redis")

    def _first(self, engine: str) -> Database:
        for database in self.databases:
            if database.engine == engine:
                return database
        raise LookupError(f"rdsiam local was started without {engine}: see --database")

    def fault(self, *faults: str) -> None:
        """Makes these go wrong from now on, such as "refuse=1" or "expired"; none: nothing."""
        self._control("PUT", "/faults", json.dumps(faults).encode())

    def logins(self) -> "list[dict[str, Any]]":
        """Each login since the start, with the reason if it was refused. Nothing of a token."""
        logins: list[dict[str, Any]] = self._control("GET", "/logins")
        return logins

    def reset(self) -> None:
        """Ends all faults, and forgets all logins."""
        self.fault()
        self._control("DELETE", "/logins")

    def apply(self, environment: "dict[str, str] | os._Environ[str]") -> None:
        """Sets the variables, and removes those that would lead to other keys."""
        for name in self._told["removed"]:
            environment.pop(name, None)
        environment.update(self.environment)

    def _control(self, method: str, path: str, body: "bytes | None" = None) -> Any:
        request = urllib.request.Request(self._told["control"] + path, body, method=method)
        # It is on this machine: no proxy leads there.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise ValueError(error.read().decode().strip()) from None


@contextlib.contextmanager
def local(*options: str) -> Iterator[Local]:
    """Runs `rdsiam local` with these options, for as long as the block."""
    command = [_find(), "local", "--json", "--until-input-ends", *options]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            status = process.wait()
            raise RuntimeError(
                f"{' '.join(command[:2])} ended with {status}; what it said is on standard error"
            )
        yield Local(json.loads(line))
    finally:
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _find() -> str:
    named = os.environ.get(_COMMAND)
    if named:
        return named
    beside = Path(sysconfig.get_path("scripts"), "rdsiam")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("rdsiam")
    if found is None:
        raise FileNotFoundError(
            "the command rdsiam is not installed: pip install rdsiam-cli, or set "
            f"{_COMMAND} to its path"
        )
    return found


if "pytest" in sys.modules:
    import pytest

    @pytest.fixture(scope="session")
    def rdsiam_local_options() -> "list[str]":
        """Override it to give options, such as ["--database", "postgres"]."""
        return []

    @pytest.fixture(scope="session")
    def rdsiam_local_server(rdsiam_local_options: "list[str]") -> Iterator[Local]:
        """One for all tests."""
        with local(*rdsiam_local_options) as server:
            yield server

    @pytest.fixture
    def rdsiam_local(
        rdsiam_local_server: Local, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Local]:
        """For one test: its variables are set, and its faults end with it."""
        for name in rdsiam_local_server._told["removed"]:
            monkeypatch.delenv(name, raising=False)
        for name, value in rdsiam_local_server.environment.items():
            monkeypatch.setenv(name, value)
        rdsiam_local_server.reset()
        yield rdsiam_local_server
        rdsiam_local_server.reset()
