"""Clients that know nothing of tokens, and what became of each of their connections and rows."""

import contextlib
import os
import random
import socket
import threading
import time

import psycopg
import pymysql

ENGINES = ("postgres", "mysql")
# Between two connections of a client, on average, and how long one is kept.
PAUSE = float(os.environ.get("ENDURANCE_PAUSE", "5"))
ERRORS = (psycopg.Error, pymysql.Error)
REFUSED = ("authentication failed", "1045")


def connect(engine, to):
    if engine == "postgres":
        return psycopg.connect(**{**to, "connect_timeout": 60}, autocommit=True)
    return pymysql.connect(**to, autocommit=True, connect_timeout=60)


def fetch(connection, query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall() if cursor.description else []


def ask(engine, to, query):
    connection = connect(engine, to)
    with contextlib.closing(connection):
        return fetch(connection, query)


class Clients:
    """What all of them count, and when they may fail: while what they talk to is restarted."""

    def __init__(self):
        self.stopped = threading.Event()
        self.counts = dict.fromkeys((*ENGINES, "away", "refused", "no_token", "other"), 0)
        self.windows = []
        self.inserted = {engine: set() for engine in ENGINES}
        # Sent and not answered, with what was restarted meanwhile.
        self.unknown = {engine: {} for engine in ENGINES}
        self.lock = threading.Lock()

    @contextlib.contextmanager
    def disturbed(self, what):
        window = [what, time.time(), None]
        with self.lock:
            self.windows.append(window)
        try:
            yield
        finally:
            window[2] = time.time()

    def is_disturbed(self, what):
        return self.was_disturbed(what, time.time())

    def was_disturbed(self, what, since):
        """Whether it was restarted at any time since then."""
        with self.lock:
            return any(
                name == what and (end is None or end >= since) for name, _, end in self.windows
            )

    def count(self, name):
        with self.lock:
            self.counts[name] += 1

    def failed(self, error, engine, through, since):
        """What the failure is counted as."""
        text = str(error)
        excuses = [what for what in (engine, through) if self.was_disturbed(what, since)]
        if any(word in text for word in REFUSED):
            name = "refused"
        elif "credentials" in text:
            name = "no_token"
        else:
            name = "away" if excuses else "other"
        self.count(name)
        if name != "away":
            seconds = time.time() - since
            print(f"{engine} by {through}: {name} after {seconds:.1f} s: {text}", flush=True)
        return excuses

    def lost(self, there):
        """Rows that were answered and are not there, or that a drain turned away and are there."""
        lost = []
        for engine in ENGINES:
            lost += [(engine, n) for n in self.inserted[engine] - there[engine]]
            for number, excuses in self.unknown[engine].items():
                if number in there[engine] and engine not in excuses:
                    lost.append((engine, number))
        print("lost:", lost[:20], flush=True) if lost else None
        return lost


class Client(threading.Thread):
    def __init__(self, clients, proxies, engine, number):
        super().__init__()
        self.clients, self.proxies, self.engine, self.number = clients, proxies, engine, number

    def rest(self, mean=PAUSE):
        self.clients.stopped.wait(random.uniform(0, 2 * mean))

    def run(self):
        self.rest()
        while not self.clients.stopped.is_set():
            # When the connection was good last: what was restarted since then may have ended it.
            self.began = time.time()
            try:
                self.work()
            except ERRORS as error:
                self.broken(error)
            self.rest(PAUSE / 2)

    def connect(self):
        connection = connect(self.engine, self.proxies.to(self.through, self.engine))
        self.clients.count(self.engine)
        return contextlib.closing(connection)

    def broken(self, error):
        self.clients.failed(error, self.engine, self.through, self.began)


class Churn(Client):
    """Connects, asks now and then, and leaves: each fourth time without a word."""

    through = "lasting"

    def work(self):
        with self.connect() as connection:
            for _ in range(random.randrange(1, 4)):
                assert list(fetch(connection, "SELECT 6 * 7")) == [(42,)]
                self.began = time.time()
                self.rest(PAUSE / 4)
            if random.random() < 0.25:
                hang_up(connection)


def hang_up(connection):
    number = (
        connection.pgconn.socket
        if isinstance(connection, psycopg.Connection)
        else connection._sock.fileno()
    )
    with socket.socket(fileno=os.dup(number)) as half:
        half.shutdown(socket.SHUT_RDWR)


class Inserts(Client):
    """Keeps one connection as long as it can, and inserts rows that each have a number."""

    through = "drained"
    sent = None
    rows = 0

    def work(self):
        with self.connect() as connection:
            while not self.clients.stopped.is_set():
                self.rows += 1
                self.sent = number = self.number * 1_000_000 + self.rows
                fetch(connection, f"INSERT INTO endured SELECT {number}")
                self.clients.inserted[self.engine].add(number)
                self.sent = None
                self.began = time.time()
                # Often shorter than the second after which a connection is idle.
                self.clients.stopped.wait(random.choice((0.05, 0.5, 2)))

    def broken(self, error):
        excuses = self.clients.failed(error, self.engine, self.through, self.began)
        if self.sent is not None:
            self.clients.unknown[self.engine][self.sent] = excuses
            self.sent = None
