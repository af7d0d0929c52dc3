"""What a client can cost: connections, descriptors, memory and time are bounded."""

import contextlib
import os
import random
import socket
import struct
import threading
import time

import psycopg
import pytest
from conftest import raw, standin


def settled(proxy, descriptors, seconds=20):
    end = time.monotonic() + seconds
    while proxy.descriptors() > descriptors and time.monotonic() < end:
        time.sleep(0.05)
    return proxy.descriptors()


def test_a_thousand_connections_leave_no_descriptor_behind(start):
    proxy = start()
    with proxy.connect():
        pass
    before = settled(proxy, 0, 1)

    def some(count):
        for n in range(count):
            if n % 5 == 0:
                with proxy.connect() as connection:
                    connection.execute("SELECT 1")
            elif n % 5 == 1:
                with contextlib.suppress(psycopg.OperationalError):
                    proxy.connect(password="wrong")
            else:
                client = raw(proxy.port)
                client.sendall(os.urandom(n % 30))
                client.close()

    threads = [threading.Thread(target=some, args=[125]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The last ones may wait to be accepted.
    proxy.wait(lambda: proxy.metric("connections_total") == 1001)
    assert settled(proxy, before) == before
    assert proxy.metric("connections") == 0
    assert proxy.metric("logins_total", result="ok") == 201


def test_a_storm_of_wrong_passwords_holds_nobody_back(start):
    """Each is answered half a second later, and takes no place of those that know it."""
    proxy = start()
    with proxy.connect():
        pass
    stopped = threading.Event()

    def guess():
        while not stopped.is_set():
            with pytest.raises(psycopg.OperationalError, match="the password is not the one"):
                proxy.connect(password=os.urandom(8).hex())

    guessing = [threading.Thread(target=guess) for _ in range(30)]
    for thread in guessing:
        thread.start()
    proxy.wait(lambda: proxy.metric("rejections_total", reason="password") > 30)
    began = time.monotonic()
    with proxy.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert time.monotonic() - began < 10
    stopped.set()
    for thread in guessing:
        thread.join()
    assert proxy.metric("logins_total", result="ok") == 2


def test_clients_that_hang_up_at_once_hold_nobody_back(start):
    """Each is a reset by the time the proxy looks at it."""
    proxy = start()
    for _ in range(200):
        client = raw(proxy.port)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    began = time.monotonic()
    with proxy.connect():
        pass
    assert time.monotonic() - began < 5
    assert not proxy.logged("accept")
    proxy.wait(lambda: proxy.metric("connections_total") == 201)


def test_a_client_that_says_nothing_is_left_after_the_timeout(start):
    proxy = start("--handshake-timeout", "1")
    with raw(proxy.port) as client:
        began = time.monotonic()
        assert client.recv(1) == b""
        assert 0.9 < time.monotonic() - began < 10
    with raw(proxy.port) as client:
        # A byte now and then does not help.
        with contextlib.suppress(OSError):
            for byte in b"\0\0\0\x29\0\3\0\0user\0app_iam\0database\0app":
                client.sendall(bytes([byte]))
                time.sleep(0.1)
        with contextlib.suppress(ConnectionError):
            assert client.recv(1) == b""
    proxy.wait(lambda: proxy.metric("rejections_total", reason="timeout") == 2)


def test_more_connections_than_there_may_be_are_told_so(start):
    proxy = start("--max-connections", "3")
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(proxy.connect())
        assert proxy.ask("/readiness")[0] == 503
        with pytest.raises(psycopg.OperationalError, match="too many connections"):
            proxy.connect()
    proxy.wait(lambda: proxy.metric("connections") == 0)
    with proxy.connect():
        assert proxy.ask("/readiness")[0] == 200
    assert proxy.metric("rejections_total", reason="limit") == 1


def test_a_query_can_be_cancelled_where_nobody_else_can_connect(start):
    proxy = start("--max-connections", "1")
    with proxy.connect() as connection:
        timer = threading.Timer(0.5, connection.cancel)
        timer.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(20)")
        timer.join()


def test_logins_wait_for_their_turn(start):
    proxy = start("--logins-per-second", "5")
    began = time.monotonic()

    def log_in():
        with proxy.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)

    threads = [threading.Thread(target=log_in) for _ in range(11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began > 1.9
    assert proxy.metric("logins_total", result="ok") == 11


def test_a_queue_that_is_too_long_is_an_error_and_no_wait(start):
    proxy = start("--logins-per-second", "1", "--login-timeout", "2")
    outcomes = []

    def log_in():
        try:
            proxy.connect().close()
            outcomes.append("in")
        except psycopg.OperationalError as error:
            outcomes.append(str(error))

    began = time.monotonic()
    threads = [threading.Thread(target=log_in) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < 10
    assert 1 <= outcomes.count("in") <= 4
    refused = [outcome for outcome in outcomes if outcome != "in"]
    assert all("turn" in outcome or "took longer" in outcome for outcome in refused)


def first_packets(seed):
    """Lengths that lie, packets that are cut, and packets that are right but for one byte."""
    chance = random.Random(seed)
    startup = b"\0\3\0\0user\0" + standin("USER").encode() + b"\0database\0app\0\0"
    for _ in range(150):
        yield struct.pack(">I", chance.choice([0, 3, 4, 7, 9, 2**31, 2**32 - 1])) + startup
        yield struct.pack(">I", len(startup) + 4) + startup[: chance.randrange(len(startup))]
        body = bytearray(startup)
        body[chance.randrange(len(body))] = chance.randrange(256)
        yield struct.pack(">I", len(body) + 4) + bytes(body)
        yield chance.randbytes(chance.randrange(64))


def test_nonsense_neither_ends_nor_swells_the_proxy(start):
    proxy = start("--handshake-timeout", "2")
    with proxy.connect():
        pass
    before = proxy.memory()
    for packet in first_packets(int(os.environ.get("RDSIAM_SEED", "1"))):
        client = raw(proxy.port)
        with contextlib.suppress(OSError):
            client.sendall(packet)
            client.shutdown(socket.SHUT_WR)
        client.close()
    # A hundred clients that announce much and send what they can of it.
    clients = [raw(proxy.port) for _ in range(100)]
    for client in clients:
        with contextlib.suppress(OSError):
            client.sendall(struct.pack(">I", 10_001) + b"\0\3\0\0" + b"x" * 9_000)
    for client in clients:
        client.close()
    with proxy.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert proxy.memory() < before + 20_000_000
    assert proxy.metric("logins_total", result="ok") == 2


def test_a_slow_reader_holds_back_the_server_and_not_the_memory(start):
    """A hundred megabytes that nobody takes stay at the server."""
    proxy = start()
    with proxy.connect() as connection:
        before = proxy.memory()
        query = "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000)) TO STDOUT"
        with connection.cursor().copy(query) as copy:
            next(iter(copy))
            time.sleep(1)
            assert proxy.memory() < before + 10_000_000
            assert sum(len(piece) for piece in copy) > 100_000_000 - 2000
