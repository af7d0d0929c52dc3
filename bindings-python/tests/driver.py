"""A client of the Python binding that does what its standard input says.

For tests that look at it from outside. Each line is answered with one of JSON;
tests/tools/driver.py says what there is.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import rdsiam


class Script:
    """A provider that gives what it was told to, by whether newer ones are wanted."""

    def __init__(self) -> None:
        self.replies: dict[bool, dict[str, Any] | None] = {}
        self.asked: list[bool] = []

    def __call__(self, force_refresh: bool = False) -> dict[str, Any]:
        self.asked.append(force_refresh)
        reply = self.replies[force_refresh]
        if reply is None:
            raise ConnectionError("as the test asked")
        return reply

    def give(self, kind: str, key: str, *more: str) -> None:
        reply = None
        if key != "fail":
            secret, session, end = more
            reply = {
                "access_key_id": key,
                "secret_access_key": secret,
                "session_token": None if session == "-" else session,
                "expires_at": int(end) or None,
            }
        self.replies[kind == "forced"] = reply


class Driver:
    def __init__(self, host: str, port: str, user: str, region: str, source: str) -> None:
        self.login = (host, port, user, region)
        kind, _, name = source.partition("=")
        self.profile = name if kind != "keys" and name else None
        self.script = Script()
        self.client: Any = None
        self.theirs: Any = None
        if kind in ("boto3", "botocore"):
            self.cache = rdsiam.TokenCache(*self.login, credentials=self.session(kind))
        elif kind == "provider":
            self.cache = rdsiam.TokenCache(*self.login, credentials=self.script)
        elif kind == "keys":
            key, secret, end = name.split(",")
            keys = {"access_key_id": key, "secret_access_key": secret, "expires_at": int(end)}
            self.cache = rdsiam.TokenCache(*self.login, credentials=keys)
        else:
            self.cache = rdsiam.TokenCache(*self.login, profile=self.profile)

    def session(self, kind: str) -> Any:
        """A session of boto3 or botocore; `peer` makes its token by the same one."""
        sys.path.extend(filter(None, [os.environ.get("AWSCRT_FOLDER")]))
        import boto3
        import botocore.session

        core = botocore.session.Session(profile=self.profile)
        self.theirs = boto3.Session(botocore_session=core)
        return core if kind == "botocore" else self.theirs

    def get(self) -> dict[str, Any]:
        return self.timed(lambda: self.cache.get())

    def text(self) -> dict[str, Any]:
        return self.timed(lambda: (self.cache.get_token(), None))

    def sign(self) -> dict[str, Any]:
        if self.client is None:
            self.client = rdsiam.client("rds", profile_name=self.profile)
        return self.timed(lambda: (self.client.generate_db_auth_token(*self.login), None))

    def function(self) -> dict[str, Any]:
        return self.timed(lambda: (rdsiam.generate_db_auth_token(*self.login), None))

    def peer(self) -> dict[str, Any]:
        """A token of boto3, by the same source."""
        if self.theirs is None:
            self.session("boto3")
        began = time.monotonic()
        try:
            client = self.theirs.client("rds", region_name=self.login[3])
            return self.timed(lambda: (client.generate_db_auth_token(*self.login), None))
        except Exception as error:
            told = {"kind": type(error).__name__, "message": str(error)}
            return {**told, "seconds": time.monotonic() - began}

    def timed(self, call: Callable[[], tuple[str, int | None]]) -> dict[str, Any]:
        began = time.monotonic()
        told: dict[str, Any]
        try:
            token, end = call()
            told = {"token": token, "expires_at": end}
        except rdsiam.RdsIamError as error:
            told = {"code": error.code, "message": str(error), "retryable": error.retryable}
            told["kind"] = type(error).__name__
        return {**told, "seconds": time.monotonic() - began}

    def invalidate(self) -> None:
        self.cache.invalidate()

    def set(self, assignment: str) -> None:
        name, _, value = assignment.partition("=")
        os.environ[name] = value

    def give(self, *words: str) -> None:
        self.script.give(*words)

    def asked(self) -> dict[str, Any]:
        asked, self.script.asked = self.script.asked, []
        return {"asked": asked}

    def held(self) -> dict[str, Any]:
        return {"held": [len(os.listdir(f"/proc/self/{kind}")) for kind in ("fd", "task")]}


def main() -> None:
    driver = Driver(*sys.argv[1:])
    for line in sys.stdin:
        command, *words = line.split()
        print(json.dumps(getattr(driver, command)(*words) or {}), flush=True)


if __name__ == "__main__":
    main()
