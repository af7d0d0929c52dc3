"""What no client says: it ends that connection, and nothing else."""

import contextlib
import os
import random
import socket
import ssl
import struct
import time
from pathlib import Path
from urllib.parse import urlsplit

from conftest import mysql, postgres, token

SEED = int(os.environ.get("RDSIAM_SEED", "1"))
SSL_REQUEST = struct.pack(">II", 8, 80877103)


def talk(port, *pieces, tls=None, before=b""):
    """Says these bytes, and hears what comes for a moment."""
    stream = socket.create_connection(("127.0.0.1", port), timeout=2)
    try:
        if before:
            stream.sendall(before)
            stream.recv(1)
        if tls is not None:
            stream = tls.wrap_socket(stream, server_hostname="localhost")
        for piece in pieces:
            stream.sendall(piece)
        stream.settimeout(0.05)
        stream.recv(65536)
    except OSError:
        pass  # it was hung up on
    finally:
        stream.close()


def process_of(server):
    """The one whose socket listens at this port."""
    port = f":{server.databases[0].port:04X} "
    line = next(
        one
        for one in Path("/proc/net/tcp").read_text().splitlines()
        if port in one and " 0A " in one
    )
    inode = f"socket:[{line.split()[9]}]"
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(link) == inode:
                return int(link.parts[2])
    raise LookupError(inode)


def told(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    megabytes = int(status.split("VmRSS:")[1].split()[0]) / 1024
    return megabytes, len(list(Path(f"/proc/{pid}/fd").iterdir()))


def startup(**parameters):
    body = b"".join(f"{k}\0{v}\0".encode() for k, v in parameters.items()) + b"\0"
    return struct.pack(">II", len(body) + 8, 196608) + body


def message(kind, body, length=None):
    return kind + struct.pack(">I", len(body) + 4 if length is None else length) + body


def garbage(chance):
    """Plausible heads with anything behind them."""
    noise = chance.randbytes(chance.randrange(200))
    number = chance.choice([0, 3, 4, 8, 0x7FFFFFFF, 0xFFFFFFFF, 80877102, 80877103, 196608])
    yield noise
    yield struct.pack(">II", chance.choice([8, 16, 10_000, 0xFFFFFFFF]), number) + noise
    yield struct.pack("<I", chance.choice([0, 1, 32, 0xFFFFFF, 70_001])) + noise
    yield b"\x20\0\0\1" + struct.pack("<I", 0x8A00) + b"\0" * 28 + noise
    yield b"\x16\x03\x01" + struct.pack(">H", len(noise)) + noise
    yield b"POST / HTTP/1.1\r\nContent-Length: " + str(number).encode() + b"\r\n\r\n" + noise


def test_bytes_of_any_kind_leave_it_as_it_was(start):
    server = start()
    chance = random.Random(SEED)
    control = urlsplit(server.environment["RDSIAM_LOCAL_CONTROL"]).port
    ports = [server.postgres.port, server.mysql.port, control]
    pid = process_of(server)
    postgres(server, token(server.postgres)).close()
    _, files = told(pid)
    for _ in range(25):
        for piece in garbage(chance):
            talk(chance.choice(ports), piece)
    # Half-open ones, which wait for the end of a login.
    waiting = [socket.create_connection(("127.0.0.1", port)) for port in ports * 20]
    postgres(server, token(server.postgres)).close()
    mysql(server, token(server.mysql)).close()
    for one in waiting:
        one.close()
    deadline = time.monotonic() + 10
    while told(pid)[1] > files + 2:
        assert time.monotonic() < deadline, "it keeps descriptors"
        time.sleep(0.05)
    assert told(pid)[0] < 100, "it keeps memory"


def test_a_session_without_a_database_takes_no_nonsense(start):
    server = start("--database", "none:postgres")
    context = ssl.create_default_context(cafile=server.ca)
    chance = random.Random(SEED)
    password = token(server.postgres).encode() + b"\0"
    begin = [startup(user="app", database="app"), message(b"p", password)]
    for kind in (b"Q", b"P", b"B", b"D", b"E", b"C", b"S", b"H", b"d", b"\0"):
        body = chance.randbytes(chance.randrange(40))
        for piece in (
            message(kind, body),
            message(kind, b""),
            message(kind, body, length=2),
            message(kind, body, length=0x7FFFFFFF),
            message(b"P", b"\0SELECT $99999999\0\0\0") + message(kind, body),
        ):
            pieces = [*begin, piece, message(b"S", b"")]
            talk(server.postgres.port, *pieces, tls=context, before=SSL_REQUEST)
    logins = server.logins()
    assert len(logins) == 50
    assert all(login["accepted"] for login in logins)
    with postgres(server, token(server.postgres)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert told(process_of(server))[0] < 100
