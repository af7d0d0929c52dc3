#!/usr/bin/env python3
"""The places that AWS credentials come from, on loopback. README.md beside this file says more."""

import argparse
import contextlib
import http.client
import itertools
import json
import os
import re
import sys
import tempfile
import threading
import time
from http.server import ThreadingHTTPServer
from pathlib import Path

from answers import Keys
from doors import Doors
from handler import Handler

DEFAULTS = {
    "access_key_id": "ASIAEMULATOR",
    "secret_access_key": "EMULATOR+SECRET/EXAMPLE",
    "session_token": "EMULATOR+SESSION/TOKEN==" * 20,
    "seconds": 3600,
    "slow_seconds": 0.3,
    "late_seconds": 1.5,
    "container_token": "EMULATOR-CONTAINER-TOKEN",
    "web_identity_token": "EMULATOR.WEB.IDENTITY",
    "sso_token": "EMULATOR-SSO-TOKEN",
    "refreshed_sso_token": "EMULATOR-SSO-TOKEN-REFRESHED",
    "login_refresh_token": "EMULATOR-LOGIN-REFRESH-TOKEN",
}
# What is put behind the access key id, so that a token tells which source signed it.
SUFFIXES = {
    "assume-role": "ROLE",
    "web-identity": "WEBID",
    "container": "CONTAINER",
    "imds": "IMDS",
    "sso": "SSO",
    "process": "PROCESS",
    "signin": "LOGIN",
}
SOURCES = (*SUFFIXES, "imds-token", "imds-role", "oidc", "proxy")
MODES = "slow|late|hang|reset|status:[1-5][0-9][0-9]|throttle|truncated|half|not-json"
MODES += "|expired|soon|rotate|huge|odd"
ODD = "+/=&<>\"'%~ \\\u00e9\u20ac\U0001f600."
HUGE = 1 << 20


class Emulator(ThreadingHTTPServer):
    """`with Emulator(seconds=600) as e:` serves until the end of the block."""

    daemon_threads = True

    def __init__(self, **config):
        unknown = set(config) - set(DEFAULTS)
        if unknown:
            raise ValueError(f"unknown settings: {sorted(unknown)}")
        self.config = {**DEFAULTS, **config}
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._modes = {}
        self._log = []
        self._serial = itertools.count(1)
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.kind, self.context = "plain", None
        self.doors = Doors(self, Handler)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.doors.close()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        # A client that goes away amid an answer is what some of the modes are for.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def mode(self, source, mode=None, times=None):
        """Misbehave for so many requests, or until told otherwise; None: behave."""
        if source not in SOURCES:
            raise ValueError(f"unknown source {source!r}; there are {', '.join(SOURCES)}")
        if mode is not None and not re.fullmatch(MODES, mode):
            raise ValueError(f"unknown mode {mode!r}; there are {MODES}")
        with self._lock:
            self._modes[source] = [mode, times]

    def next_mode(self, source):
        with self._lock:
            mode, times = self._modes.get(source, (None, None))
            if mode is None or times == 0:
                return None
            if times is not None:
                self._modes[source][1] = times - 1
            return mode

    def requests(self, source=None):
        with self._lock:
            return [entry for entry in self._log if source in (None, entry["source"])]

    def clear(self):
        with self._lock:
            self._modes.clear()
            self._log.clear()

    def record(self, entry):
        with self._lock:
            self._log.append(entry)

    def expected(self, source):
        """The keys that the source hands out when it behaves."""
        return self.make_keys(source, None)

    def make_keys(self, source, mode):
        key_id = self.config["access_key_id"] + SUFFIXES[source]
        session = self.config["session_token"]
        if mode == "rotate":
            key_id += str(next(self._serial))
        elif mode == "huge":
            session *= HUGE // len(session) + 1
        elif mode == "odd":
            session = ODD + session + ODD
        seconds = {"expired": -60, "soon": 60}.get(mode, self.config["seconds"])
        end = int(time.time()) + seconds
        return Keys(key_id, self.config["secret_access_key"], session, end)

    def verifier_keys(self):
        """The keys of all sources, in the form of the stand-in's configuration."""
        every = [self.expected(source) for source in SUFFIXES]
        return {
            keys.access_key_id: {
                "secret": keys.secret_access_key,
                "session_token": keys.session_token,
            }
            for keys in every
        }


def control(url, path="/control", **command):
    """Gives an emulator in another process a command."""
    connection = http.client.HTTPConnection(url.partition("//")[2], timeout=10)
    with contextlib.closing(connection):
        connection.request("POST", path, json.dumps(command))
        answer = connection.getresponse()
        content = json.loads(answer.read())
    if answer.status != 200:
        raise ValueError(content["error"])
    return content


def configuration():
    """From the JSON file EMULATOR_CONFIG, under variables such as EMULATOR_SECONDS."""
    config = {}
    if file := os.environ.get("EMULATOR_CONFIG"):
        config.update(json.loads(Path(file).read_text()))
    for name, default in DEFAULTS.items():
        value = os.environ.get("EMULATOR_" + name.upper())
        if value is not None:
            config[name] = type(default)(value)
    return config


def main():
    parser = argparse.ArgumentParser(description="Serves AWS credentials until its input ends.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--setups",
        action="store_true",
        help="print a JSON line with all setups, and one with new homes for each line of input",
    )
    what.add_argument(
        "--network", action="store_true", help="the same for the settings of the network"
    )
    what.add_argument("--cases", action="store_true", help="only print the table of misbehaviours")
    arguments = parser.parse_args()
    if arguments.cases:
        import cases

        print(json.dumps(cases.everything()))
        return
    with (
        Emulator(**configuration()) as emulator,
        tempfile.TemporaryDirectory() as folder,
        contextlib.suppress(KeyboardInterrupt),
    ):
        say(emulator, Path(folder), arguments)


def say(emulator, folder, arguments):
    for number, _ in enumerate(itertools.chain([""], sys.stdin)):
        line = emulator.url
        if arguments.setups or arguments.network:
            import setups

            told = setups.everything(emulator, folder / str(number))
            if arguments.network:
                import network

                told["network"] = network.everything(emulator, folder / f"{number}-network")
            line = json.dumps(told)
        print(line, flush=True)


if __name__ == "__main__":
    main()
