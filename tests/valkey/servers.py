"""Servers of Valkey, from Debian 13: Debian 12 has none. They are unpacked and not installed.

Beside them run those that the machine has, such as Redis of Debian 12.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "valkey"
PROGRAMS = FOLDER / "bin"
SUITE = "trixie"
# With what the programs are linked with: they run by the loader and the C library of their Debian.
PACKAGES = (
    *("valkey-server", "valkey-tools", "libc6", "libgcc-s1", "libstdc++6", "libatomic1"),
    *("libjemalloc2", "liblzf1", "libssl3t64", "libsystemd0", "libcap2", "libzstd1", "zlib1g"),
)
WRAPPER = """#!/bin/sh
exec {loader} --library-path {libraries} --argv0 {name} {program} "$@"
"""


def unpack():
    """Puts valkey-server and valkey-cli into build/valkey/bin, once."""
    if find("valkey"):
        return
    sys.path.insert(0, str(ROOT / "packaging"))
    from debian import Suite

    print(f"valkey: unpacks Valkey of Debian {SUITE} into {FOLDER}", flush=True)
    architecture = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
    Suite(SUITE).unpack([f"{name}:{architecture}" for name in PACKAGES], FOLDER / "root")
    (loader,) = FOLDER.glob("root/usr/lib/*/ld-linux-*.so.?")
    PROGRAMS.mkdir(exist_ok=True)
    for name in ("valkey-cli", "valkey-server"):
        program = FOLDER / "root/usr/bin" / name
        text = WRAPPER.format(loader=loader, libraries=loader.parent, name=name, program=program)
        (PROGRAMS / name).write_text(text)
        (PROGRAMS / name).chmod(0o755)


def find(name):
    """Server and client of "valkey" or "redis", or None."""
    path = f"{PROGRAMS}:/usr/bin:/usr/sbin:/usr/local/bin"
    found = [shutil.which(f"{name}-{what}", path=path) for what in ("server", "cli")]
    return found if all(found) else None


class Server:
    """One process, which listens at a socket in `folder`. The front alone has its password."""

    def __init__(self, program, folder, user, password, more=""):
        folder.mkdir()
        self.socket = folder / "server.sock"
        (folder / "server.conf").write_text(
            f"unixsocket {self.socket}\nsave ''\nappendonly no\ndir {folder}\n"
            f"user default off\nuser {user} on >{password} ~* &* +@all\n{more}"
        )
        self._login = ("AUTH", user, password)
        self._log = folder / "server.log"
        with self._log.open("w") as log:
            command = [program, folder / "server.conf"]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self.wait(self.socket.exists)

    def wait(self, condition):
        for _ in range(500):
            if condition():
                return
            time.sleep(0.02)
        self.stop()
        sys.exit(self._log.read_text())

    def ask(self, *words):
        """The first reply to a command, as the server writes it."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            replies = connection.makefile("rb")
            for command in (self._login, words):
                lines = [f"*{len(command)}"]
                for word in map(str, command):
                    lines += [f"${len(word)}", word]
                connection.sendall(("\r\n".join(lines) + "\r\n").encode())
                reply = replies.readline().decode()
                if reply[:1] == "$":
                    reply = replies.read(int(reply[1:]) + 2).decode()
            if reply[:1] == "-":
                sys.exit(f"{words[0]}: {reply}")
            return reply

    def stop(self):
        self.process.terminate()
        self.process.wait()


def free_port():
    """One that is free, as is the one that a cluster takes beside it."""
    while True:
        with socket.socket() as one, socket.socket() as beside:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                beside.bind(("127.0.0.1", port + 10_000))
            except (OSError, OverflowError):
                continue
            return port


def in_cluster(port):
    """The configuration of a server in a cluster, which clients reach by its front alone."""
    return (
        f"port {port}\nbind 127.0.0.1\ncluster-enabled yes\ncluster-node-timeout 5000\n"
        "cluster-announce-hostname localhost\ncluster-preferred-endpoint-type hostname\n"
    )


def make_cluster(servers, ports, fronts):
    """Each of the servers has its part of the keys, and names the port of its front to clients."""
    first = 0
    for number, (server, front) in enumerate(zip(servers, fronts, strict=True), 1):
        last = 16384 * number // len(servers) - 1
        server.ask("CLUSTER", "ADDSLOTSRANGE", first, last)
        server.ask("CONFIG", "SET", "cluster-announce-port", front)
        first = last + 1
    bus = ports[0] + 10_000
    for server in servers[1:]:
        server.ask("CLUSTER", "MEET", "127.0.0.1", ports[0], bus)
    for server in servers:
        server.wait(partial(knows_all, server, fronts))


def knows_all(server, fronts):
    nodes = server.ask("CLUSTER", "NODES")
    is_ok = "cluster_state:ok" in server.ask("CLUSTER", "INFO")
    return is_ok and all(f"{port}@" in nodes for port in fronts)


def version(program):
    return subprocess.check_output([program, "--version"], text=True).strip()


def environment(client):
    """The variables by which tests find the client."""
    return {"VALKEY_CLIENT": client, "PATH": f"{Path(client).parent}:{os.environ['PATH']}"}
