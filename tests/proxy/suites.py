#!/usr/bin/env python3
"""The test suites of two drivers, as others wrote them, through `rdsiam proxy` and without it.

    tests/standin/standin run -- .venv/bin/python tests/proxy/suites.py [pgx] [mysql]

The archive of a Go module has its tests. Each suite runs at the database itself and through the
proxy, and every test has to end in the same way, but for those in EXPECTED.
"""

import collections
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from conftest import (
    KEYS,
    ROOT,
    Proxy,
    environment,
    mysql_url,
    postgres_url,
    standin,
    to_mysql,
    to_postgres,
)

sys.path.insert(0, str(ROOT / "tests" / "standin"))
from mariadb import MariaDB
from postgres import Postgres
from signer import make_token

# The modules in the versions of the hooks, which its go.sum vouches for.
VERSIONS = ROOT / "examples" / "go" / "rdsiam" / "internal" / "logintest"
MODULES = {"pgx": "github.com/jackc/pgx/v5", "mysql": "github.com/go-sql-driver/mysql"}
# A suite that was not run proves nothing.
FEWEST = {"pgx": 500, "mysql": 300}
# Needs a network in which packets vanish, and ends the whole suite in any other.
LEFT_OUT = {"mysql": "^TestConnectorReturnsTimeout$"}
# Tests that end otherwise through the proxy, and why.
UNCOMPRESSED = (
    "MariaDB counts a compressed packet as too big, and the proxy passes no compression on"
)
IN_CLEAR = "it turns TLS off, without which the server lets nobody in"
BUFFERED = "pgconn.TestConnExecParamsContextCanceledAfterResponseBuffered"
EXPECTED = {
    "pgx": dict.fromkeys(
        [BUFFERED, f"{BUFFERED}/normal_reads", f"{BUFFERED}/one-byte_reads"], IN_CLEAR
    ),
    "mysql": dict.fromkeys(["mysql.TestLongData", "mysql.TestLongData/compress"], UNCOMPRESSED),
}


def copy_of(name):
    """The module's folder, where its tests may write."""
    module = MODULES[name]
    for command in (["go", "mod", "download", module], ["go", "list", "-m", "-f={{.Dir}}", module]):
        done = subprocess.run(command, cwd=VERSIONS, capture_output=True, text=True, check=True)
    folder = ROOT / "build" / "suites" / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(done.stdout.strip(), folder)
    subprocess.run(["chmod", "-R", "u+w", folder], check=True)
    return folder


def outcomes(folder, **variables):
    """By test: pass, fail or skip."""
    command = ["go", "test", "-json", "-count=1", "-p=1", "-timeout=20m", "./..."]
    if left_out := LEFT_OUT.get(folder.name):
        command.append(f"-skip={left_out}")
    env = environment(**variables)
    found, said = {}, collections.defaultdict(str)
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True) as go:
        for line in go.stdout:
            event = json.loads(line)
            # A test may be named by the temporary folder of this run.
            test = re.sub(r"\d{5,}", "N", event.get("Test", ""))
            name = f"{event.get('Package', '').rpartition('/')[2]}.{test}"
            if event["Action"] in ("pass", "fail", "skip") and "Test" in event:
                found[name] = event["Action"]
            said[name] += event.get("Output", "")
    return found, said


def pgx(ways):
    server = Postgres.found_in(Path(standin("DIR")))
    where = ["-h", server.folder / "run", "-p", standin("PORT"), "-U", "postgres", "-d", "app"]
    setup = ["CREATE EXTENSION hstore", "CREATE EXTENSION ltree"]
    setup += ["CREATE DOMAIN uint64 AS numeric(20,0)", f"ALTER ROLE {standin('USER')} SUPERUSER"]
    for statement in setup:
        server.call("psql", "-Xqc", statement, *where)
    token = ways.token()
    user = f"user={standin('USER')} dbname=app"
    direct = f"host=127.0.0.1 port={standin('PORT')} {user} password={token}"
    direct += f" sslmode=verify-ca sslrootcert={standin('CA')}"
    proxy = ways.start(postgres_url(), to_postgres())
    through = f"host=127.0.0.1 port={proxy.port} {user} password={proxy.password} sslmode=disable"
    folder = copy_of("pgx")
    return [outcomes(folder, PGX_TEST_DATABASE=to) for to in (direct, through)]


def mysql(ways):
    # Its address has no room for a password in clear, so that the direct way has another user.
    server, password = MariaDB.found_in(Path(standin("DIR"))), secrets.token_hex(16)
    server.run_sql(f"CREATE USER direct@'%' IDENTIFIED BY '{password}'")
    for user in ("direct", standin("USER")):
        server.run_sql(f"GRANT ALL ON *.* TO '{user}'@'%'")
    # Its tests ask for TLS as well.
    proxy = ways.start(mysql_url(), to_mysql(), "--tls")
    folder = copy_of("mysql")
    found = []
    for user, word, port in (
        ("direct", password, standin("MARIADB_PORT")),
        (standin("USER"), proxy.password, proxy.port),
    ):
        to = {"USER": user, "PASS": word, "ADDR": f"127.0.0.1:{port}", "DBNAME": "app"}
        variables = {f"MYSQL_TEST_{name}": value for name, value in to.items()}
        found.append(outcomes(folder, MYSQL_TEST_CONCURRENT="1", **variables))
    return found


SUITES = {"pgx": pgx, "mysql": mysql}


class Ways:
    """Proxies, and tokens for those who go directly."""

    def __init__(self, folder):
        self.folder, self.proxies = folder, []
        self.keys = {name: os.environ[variable] for name, variable in KEYS.items()}

    def token(self):
        key = tuple(self.keys.values())
        login = {"host": standin("HOST"), "port": standin("PORT"), "user": standin("USER")}
        return make_token(key, **login, region=standin("REGION"), at=int(time.time()))

    def start(self, url, options, *more):
        proxy = Proxy(self.folder, [], environment(HOME=str(self.folder), **self.keys))
        listen = [f"127.0.0.1:0={url}", *options, "--password-file", str(proxy.password_file)]
        proxy.arguments = [*listen, *more]
        self.proxies.append(proxy)
        return proxy.start()


def compare(name, direct, through):
    """Whether they are the same, and what is not."""
    (wanted, said), (got, said_then) = direct, through
    expected = EXPECTED[name]
    for way, found in (("directly", wanted), ("through the proxy", got)):
        counts = collections.Counter(found.values())
        print(f"{name} {way}: {dict(sorted(counts.items()))}")
        print("  fails:", *sorted(test for test, outcome in found.items() if outcome == "fail"))
    differ = sorted(t for t in wanted.keys() | got.keys() if wanted.get(t) != got.get(t))
    for test in differ:
        why = expected.get(test, "which it should not")
        print(f"  {test}: {wanted.get(test)} directly, {got.get(test)} through the proxy: {why}")
        if test not in expected:
            print(said[test][-1500:], said_then[test][-1500:], sep="\n---- through the proxy\n")
    passed = sum(outcome == "pass" for outcome in got.values())
    return set(differ) <= set(expected) and passed >= FEWEST[name]


def main(names):
    same = True
    for name in names or MODULES:
        with tempfile.TemporaryDirectory() as folder:
            ways = Ways(Path(folder))
            try:
                same &= compare(name, *SUITES[name](ways))
            finally:
                for proxy in ways.proxies:
                    proxy.stop()
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
