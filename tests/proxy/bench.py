#!/usr/bin/env python3
"""What the proxy costs, beside direct TLS and beside PgBouncer with TLS to the same server.

    tests/standin/standin run -- .venv/bin/python tests/proxy/bench.py [SECONDS]

Needs a release build, and build/pgbouncer (examples/pgbouncer/install.sh). The ways take
turns, three times, and the medians are compared. PgBouncer verifies the authority alone, because it
asks DNS for the name. Thousands of idle connections have no PostgreSQL behind them: idle.py.
"""

import contextlib
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import conftest
import idle
from conftest import ROOT, Proxy, environment, postgres_url, standin, to_postgres

sys.path.insert(0, str(ROOT / "tests" / "standin"))
from commands import as_account, free_port, own, server_account

conftest.COMMAND = os.environ.get("RDSIAM_COMMAND", str(ROOT / "target/release/rdsiam"))
BOUNCER = ROOT / "build" / "pgbouncer"
KEYS = {
    "AWS_ACCESS_KEY_ID": standin("STATIC_ACCESS_KEY_ID"),
    "AWS_SECRET_ACCESS_KEY": standin("STATIC_SECRET_ACCESS_KEY"),
}
ROUNDS = 3
GIGABYTE = "COPY (SELECT repeat('x', 999) FROM generate_series(1, 1000000)) TO STDOUT"


def token():
    command = [conftest.COMMAND, "token", "-h", standin("HOST"), "-p", standin("PORT")]
    command += ["-U", standin("USER")]
    done = subprocess.run(command, env=environment(**KEYS), capture_output=True, check=True)
    return done.stdout.decode().strip()


def direct():
    return environment(
        PGHOST=standin("HOST"),
        PGHOSTADDR=standin("HOSTADDR"),
        PGPORT=standin("PORT"),
        PGUSER=standin("USER"),
        PGDATABASE=standin("DB"),
        PGPASSWORD=token(),
        PGSSLMODE="verify-full",
        PGSSLROOTCERT=standin("CA"),
    )


@contextlib.contextmanager
def bouncer(folder):
    port, account = free_port(), server_account()
    (folder / "users.txt").write_text(f'"{standin("USER")}" "{token()}"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\napp = host={standin('HOSTADDR')} port={standin('PORT')} dbname=app\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = trust\n"
        "auth_file = users.txt\nmax_client_conn = 1000\ndefault_pool_size = 190\n"
        "unix_socket_dir =\nserver_tls_sslmode = verify-ca\n"
        f"server_tls_ca_file = {standin('CA')}\n"
    )
    for path in (folder, *folder.iterdir()):
        own(path, account)
    libraries = next((BOUNCER / "usr" / "lib").glob("*-linux-gnu"))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [BOUNCER / "usr" / "sbin" / "pgbouncer", "pgbouncer.ini"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": str(libraries)},
            stdout=log,
            stderr=log,
            **as_account(account),
        )
        time.sleep(1)
        try:
            yield environment(
                PGHOST="127.0.0.1",
                PGPORT=str(port),
                PGUSER=standin("USER"),
                PGDATABASE="app",
                PGSSLMODE="disable",
            )
        finally:
            process.terminate()
            process.wait()


def transactions(env, clients, seconds):
    threads = str(min(clients, 2))
    command = ["pgbench", "-n", "-S", "-c", str(clients), "-j", threads, "-T", str(seconds)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return float(re.search(r"tps = ([\d.]+) \(without", done.stdout).group(1))


def copy_seconds(env):
    began = time.monotonic()
    command = ["psql", "-Xqc", GIGABYTE]
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def measure(ways, seconds):
    found = {}
    for clients in (1, 32):
        rounds = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, env in ways.items():
                rounds[name].append(transactions(env, clients, seconds))
        for name, all_rates in rounds.items():
            found[f"{name}, {clients} connections, transactions/s"] = statistics.median(all_rates)
    for name, env in ways.items():
        found[f"{name}, 1 GB of COPY, s"] = statistics.median(
            copy_seconds(env) for _ in range(ROUNDS)
        )
    return found


def main(seconds):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "bouncer").mkdir()
        folder.chmod(0o755)
        proxy = Proxy(folder, [], environment(HOME=str(folder), **KEYS))
        listen = [f"127.0.0.1:0={postgres_url()}", *to_postgres()]
        proxy.arguments = [*listen, "--password-file", str(proxy.password_file)]
        proxy.start()
        stack.callback(proxy.stop)
        ways = {"direct TLS": direct()}
        ways["PgBouncer"] = stack.enter_context(bouncer(folder / "bouncer"))
        ways["rdsiam proxy"] = proxy.libpq()
        subprocess.run(["pgbench", "-iq", "-s", "5"], env=ways["direct TLS"], check=True)
        found = measure(ways, seconds)
        (folder / "idle").mkdir()
        for name, number in idle.measure(folder / "idle").items():
            found[f"rdsiam proxy, idle, {name}"] = number
    print(json.dumps({name: round(number, 1) for name, number in found.items()}, indent=4))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
