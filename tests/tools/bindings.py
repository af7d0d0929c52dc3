"""Starts a binding's driver, a program that does what its input says, and talks to it.

    with Binding("c", login, "profile=app", env) as binding:
        binding.ask("get")         # {"token": ..., "expires_at": ..., "seconds": ...}

The drivers are tests/c/driver.c, bindings-python/tests/driver.py and bindings-node/test/driver.js.
Their arguments are a login (host, port, user, region) and where credentials come from: `default`,
`profile=NAME`, `keys=KEY,SECRET,END` or `provider`; for Python also a session, `boto3[=NAME]` or
`botocore[=NAME]`, and for Node a provider of the JS SDK, `sdk=NAME` with JSON for it as one more
argument. What they are told and answer:

    get         a token of the cache: `token`, `expires_at` and `seconds`, which it took; or `code`,
                `message`, `retryable` and `seconds`, and `status` (C) or `kind` (Python, Node)
    sign        the same of a new token; without `expires_at` where the binding does not tell it
    text        Python, Node: as `get`, by `get_token` or `getToken`
    function    Python: as `sign`, by `generate_db_auth_token`
    now         Node: as `get`, by `getTokenSync`
    peer        Python, Node: as `sign`, by boto3 or the JS SDK
    invalidate  drops the token of the cache
    set NAME=VALUE                          changes the environment
    give plain|forced KEY SECRET SESSION END    what the provider gives from now on when it is asked
                plainly, or for newer ones; `-` is no session token, 0 no end
    give plain|forced fail                  it fails from now on
    asked       `asked`: the calls of the provider since the last time, true where forced
    held        `held`: how many descriptors and threads the process has
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "bindings-python"
COMMANDS = {
    "c": [ROOT / "build/c/driver/plain"],
    "c-asan": [ROOT / "build/c/driver/asan"],
    "python": [sys.executable, PYTHON / "tests/driver.py"],
    "node": ["node", ROOT / "bindings-node/test/driver.js"],
}
# What a machine may have set of its own, beside the variables of AWS.
NETWORK = "_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"
# Read once: bindings are started by threads while the environment of other tests is set up.
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("AWS_") and not name.upper().endswith(NETWORK)
}
# One that hangs is ended after so many seconds, and so fails its test.
LONGEST = 60


class Binding:
    def __init__(self, name, login, source="default", env=None):
        self.name = name
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [*map(str, COMMANDS[name]), *map(str, login), source],
            env={**CLEAN, "PYTHONPATH": str(PYTHON / "python"), **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )
        self.watch = threading.Timer(LONGEST, self.process.kill)

    def __enter__(self):
        self.watch.start()
        return self

    def __exit__(self, kind, *_):
        self.process.stdin.close()
        code = self.process.wait()
        self.process.stdout.close()
        self.watch.cancel()
        with self.errors:
            if kind is None:
                # Also what a sanitizer says at the end.
                assert code == 0, f"the {self.name} driver ended with {code}: {self.told()}"

    def told(self):
        self.errors.seek(0)
        return self.errors.read()

    def ask(self, *words):
        line = " ".join(map(str, words)) + "\n"
        try:
            self.process.stdin.write(line)
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.process.wait()
            raise AssertionError(f"the {self.name} driver ended at {words[0]}: {self.told()}")
        return json.loads(answer)

    def held(self, wanted=None):
        """How many descriptors and threads; the kernel may take a moment to let a thread go."""
        deadline = time.monotonic() + 2
        while True:
            held = self.ask("held")["held"]
            if wanted in (None, held) or time.monotonic() > deadline:
                return held
            time.sleep(0.02)
