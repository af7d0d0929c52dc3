"""What thousands of idle connections cost the proxy: memory and descriptors.

Behind it is `rdsiam local` without a database, since a PostgreSQL would start a process for each.
"""

import contextlib
import importlib.util
import os
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import conftest
from conftest import ROOT, Proxy, environment

COUNT = 5000
USER = "app"
STARTUP = b"\0\3\0\0user\0" + USER.encode() + b"\0database\0app\0\0"
READY = b"Z\0\0\0\x05I"


def load_testing():
    """The helper alone: the package around it wants its compiled part."""
    path = ROOT / "bindings-python/python/rdsiam/testing.py"
    spec = importlib.util.spec_from_file_location("rdsiam_testing", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def log_in(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(120)
    client.connect(str(path))
    client.sendall(struct.pack(">I", len(STARTUP) + 4) + STARTUP)
    told = b""
    while not told.endswith(READY):
        piece = client.recv(4096)
        if not piece:
            raise AssertionError(told)
        told += piece
    return client


def measure(folder, count=COUNT):
    """Bytes and descriptors for each connection."""
    os.environ["RDSIAM_COMMAND"] = conftest.COMMAND
    with contextlib.ExitStack() as stack:
        rds = stack.enter_context(
            load_testing().local("--quiet", "--database", "none:postgres", "--user", USER)
        )
        database = rds.postgres
        url = f"postgresql://{USER}@{database.host}:{database.port}/app"
        proxy = Proxy(folder, [], environment(HOME=str(folder), **rds.environment))
        # A socket: no password, so that the login is nearly all the upstream's.
        proxy.arguments = [f"{folder}/={url}", "--ca", rds.ca, "--max-connections", str(count + 9)]
        proxy.start("--logins-per-second", "10000", "--login-timeout", "120")
        stack.callback(proxy.stop)
        log_in(folder / ".s.PGSQL.5432").close()
        # Its connection is closed on both sides by then.
        time.sleep(1)
        memory, descriptors = proxy.memory(), proxy.descriptors()
        with ThreadPoolExecutor(16) as pool:
            clients = list(pool.map(log_in, [folder / ".s.PGSQL.5432"] * count))
        for client in clients:
            stack.callback(client.close)
        return {
            "connections": count,
            "bytes for each": (proxy.memory() - memory) / count,
            "descriptors for each": (proxy.descriptors() - descriptors) / count,
        }
