#!/usr/bin/env python3
"""Half an hour of connections through `rdsiam proxy`, opened and closed while the credentials
rotate at least once a minute, one refresh in five fails, and the databases are restarted. Started
by proxy.sh, which says where the modules are; README.md beside this file says more.
"""

import contextlib
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from authority import STANDIN, Authority, is_refused, server_log
from clients import ENGINES, Churn, Clients, Inserts, ask
from commands import free_port
from conftest import Proxy, environment, mysql_url, postgres_url
from mariadb import MariaDB
from postgres import Postgres

import setups
from answers import Keys
from emulator import Emulator

SECONDS = float(os.environ.get("ENDURANCE_SECONDS", "1800"))
# Of each kind and engine.
CLIENTS = int(os.environ.get("ENDURANCE_CLIENTS", "6"))
# Each database is restarted, and the second proxy, so often in a run.
RESTARTS = 4
LEAK = 20_000_000


# A container is asked three times in a fetch, and a process once.
ATTEMPTS = {"container": 3, "process": 1}


class Source(Emulator):
    """Hands out the keys of the authority. One fetch in five fails, with each of its attempts."""

    def __init__(self, authority):
        super().__init__()
        self.authority = authority
        self.fetches = dict.fromkeys(ATTEMPTS, 0)
        self.failed = dict.fromkeys(ATTEMPTS, 0)
        self.failing = dict.fromkeys(ATTEMPTS, 0)

    def make_keys(self, source, mode):
        return Keys(*self.authority.current)

    def next_mode(self, source):
        with self._lock:
            if self.failing[source] == 0:
                self.fetches[source] += 1
                if self.fetches[source] % 5:
                    return None
                self.failed[source] += 1
                self.failing[source] = ATTEMPTS[source]
            self.failing[source] -= 1
        return "status:500"


class Proxies:
    """The one that lives as long as the run, and the one that is stopped and started again."""

    def __init__(self, folder, source):
        self.folder, self.source = folder, source
        self.ports = {name: [free_port() for _ in ENGINES] for name in ("lasting", "drained")}
        self.lasting = self.start("lasting")
        self.drained = self.start("drained")
        self.drains = self.cut = 0

    def start(self, name, password=None):
        """PostgreSQL with keys of a container, MariaDB with those of a process."""
        home = self.folder / name
        container = setups.make(self.source, "container-token", home)["env"]
        process = setups.make(self.source, "profile-process", home)
        more = {key: value for key, value in container.items() if "CONTAINER" in key}
        env = {**process["env"], **more}
        del env["AWS_PROFILE"]
        proxy = Proxy(home, ["--config", "proxy.toml"], environment(**env), password)
        (home / "proxy.toml").write_text(self.settings(proxy, process["profile"], self.ports[name]))
        return proxy.start()

    def settings(self, proxy, profile, ports):
        shared = f'ca = "{STANDIN["CA"]}"\npassword-file = "{proxy.password_file}"\n'
        postgres, mysql = ports
        return (
            'admin = "127.0.0.1:0"\ndrain = 3\nhandshake-timeout = 60\nlogin-timeout = 60\n'
            f'[[database]]\nlisten = "127.0.0.1:{postgres}"\nurl = "{postgres_url()}"\n{shared}'
            f'sign-host = "{STANDIN["HOST"]}"\nsign-port = {STANDIN["PORT"]}\n'
            f'[[database]]\nlisten = "127.0.0.1:{mysql}"\nurl = "{mysql_url()}"\n{shared}'
            f'sign-host = "{STANDIN["MARIADB_HOST"]}"\nsign-port = {STANDIN["MARIADB_PORT"]}\n'
            f'profile = "{profile}"\n'
        )

    def to(self, name, engine):
        """The arguments of a client's `connect`."""
        port = self.ports[name][ENGINES.index(engine)]
        proxy = getattr(self, name)
        return proxy.postgres(port=port) if engine == "postgres" else proxy.mysql(port=port)

    def drain(self):
        """Stops it while clients work, and starts it again on the same ports."""
        self.cut += self.drained.stop() != 0
        self.cut += len(self.drained.logged("cut"))
        self.drains += 1
        self.drained = self.start("drained", self.drained.password)

    def stop(self):
        for proxy in (self.lasting, self.drained):
            with contextlib.suppress(Exception):
                proxy.stop()


class Disturbance:
    """Restarts the databases and the second proxy in turn, and says when."""

    def __init__(self, proxies, clients):
        self.proxies, self.clients = proxies, clients
        folder = Path(STANDIN["DIR"])
        self.servers = {"postgres": Postgres.found_in(folder), "mysql": MariaDB.found_in(folder)}
        self.ports = {"postgres": STANDIN["PORT"], "mysql": STANDIN["MARIADB_PORT"]}
        self.at = dict.fromkeys(("postgres", "mysql", "drained"), 0)
        self.be_patient()

    def be_patient(self):
        """The machine may be busy: ten seconds for a login are few then."""
        self.servers["mysql"].run_sql("SET GLOBAL connect_timeout = 60")

    def restart(self, engine):
        server = self.servers[engine]
        with self.clients.disturbed(engine):
            server.stop()
            server.start(self.ports[engine])
            if engine == "mysql":
                self.be_patient()
        self.at[engine] += 1

    def drain(self):
        with self.clients.disturbed("drained"):
            self.proxies.drain()
        self.at["drained"] += 1

    def run(self, seconds):
        """In turn, evenly over the time."""
        begin = time.monotonic()
        steps = [step for _ in range(RESTARTS) for step in ("drained", "postgres", "mysql")]
        for number, step in enumerate(steps, 1):
            due = begin + seconds * number / (len(steps) + 1)
            time.sleep(max(0, due - time.monotonic()))
            self.drain() if step == "drained" else self.restart(step)
        time.sleep(max(0, begin + seconds - time.monotonic()))


class Rotation(threading.Thread):
    """Moves the authority on, and tries keys that have expired."""

    def __init__(self, authority, clients):
        super().__init__()
        self.authority, self.clients = authority, clients
        self.stopped = threading.Event()
        self.tried = self.refused = 0

    def run(self):
        while not self.stopped.wait(0.2):
            self.authority.tick()
            if len(self.authority.ended) > self.tried and not self.clients.is_disturbed("postgres"):
                began = time.time()
                refused = is_refused(self.authority.ended[self.tried])
                if refused or not self.clients.was_disturbed("postgres", began):
                    self.refused += refused
                    self.tried += 1


def settle(proxy, descriptors):
    end = time.monotonic() + 30
    while proxy.descriptors() > descriptors and time.monotonic() < end:
        time.sleep(0.1)
    return proxy.descriptors()


def warm(proxies):
    for engine in ENGINES:
        for name in ("lasting", "drained"):
            ask(engine, proxies.to(name, engine), "SELECT 1")
    # What a first refresh keeps open is closed by then.
    time.sleep(5)
    return proxies.lasting.descriptors()


def rows(proxies, engine):
    """The numbers of the rows that are there."""
    found = ask(engine, proxies.to("lasting", engine), "SELECT n FROM endured")
    return {number for (number,) in found}


def verdict(found, clients, rotation, proxies, disturbance, source):
    accepted, refused = server_log()
    print(clients.counts, f"keys made {rotation.authority.made}, ended {rotation.tried}")
    print(f"restarts {disturbance.at}, fetches {source.fetches}, failed {source.failed}")
    print(f"the stand-in accepted {accepted} and refused {len(refused)}: {sorted(set(refused))}")
    print({name: value for name, value in found.items() if name != "lost"})
    counts = clients.counts
    wanted = {
        "no login was refused": not refused and counts["refused"] == 0,
        "there was a token for each": counts["no_token"] == 0,
        "nothing failed but while its server or proxy was restarted": counts["other"] == 0,
        "clients of both engines logged in": all(counts[e] > CLIENTS for e in ENGINES),
        "each server and the second proxy were restarted": set(disturbance.at.values())
        == {RESTARTS},
        "no query was lost or cut by a drain": not found["lost"] and proxies.cut == 0,
        "rows were inserted through both": all(found["rows"][e] > CLIENTS for e in ENGINES),
        "no descriptor was left behind": found["descriptors"] <= found["descriptors_before"],
        "no memory was left behind": found["memory"] < found["memory_before"] + LEAK,
        "no connection was left behind": found["open"] == 0,
        "one refresh in five failed": all(
            source.failed[name] == count // 5 > 0 for name, count in source.fetches.items()
        ),
        "keys ended, and were refused then": rotation.tried > 0
        and rotation.refused == rotation.tried,
    }
    for what, so in wanted.items():
        print("yes" if so else "NO ", what)
    return all(wanted.values())


def run(folder, authority, source):
    clients = Clients()
    rotation = Rotation(authority, clients)
    rotation.start()
    proxies = Proxies(folder, source)
    try:
        found = {"descriptors_before": warm(proxies)}
        found["memory_before"] = proxies.lasting.memory()
        for engine in ENGINES:
            ask(engine, proxies.to("lasting", engine), "CREATE TABLE endured (n bigint)")
        threads = [
            kind(clients, proxies, engine, number)
            for engine in ENGINES
            for number in range(CLIENTS)
            for kind in (Churn, Inserts)
        ]
        for thread in threads:
            thread.start()
        disturbance = Disturbance(proxies, clients)
        disturbance.run(SECONDS)
        clients.stopped.set()
        for thread in threads:
            thread.join()
        there = {engine: rows(proxies, engine) for engine in ENGINES}
        found["rows"] = {engine: len(numbers) for engine, numbers in there.items()}
        found["lost"] = clients.lost(there)
        found["descriptors"] = settle(proxies.lasting, found["descriptors_before"])
        found["memory"] = proxies.lasting.memory()
        found["open"] = proxies.lasting.metric("connections")
        found["retries"] = proxies.lasting.metric("login_retries_total")
        return verdict(found, clients, rotation, proxies, disturbance, source)
    finally:
        clients.stopped.set()
        rotation.stopped.set()
        rotation.join()
        proxies.stop()


def main():
    # So that no proxy is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder, "keys"))
        with Source(authority) as source:
            sys.exit(0 if run(Path(folder), authority, source) else 1)


if __name__ == "__main__":
    main()
