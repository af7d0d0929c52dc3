"""50 threads that log in with tokens from ten caches, until the time is over.

Prints one line of JSON. Its variables are those of run.py.
"""

import json
import os
import random
import threading
import time
from typing import Any

import psycopg

import rdsiam
from standin_login import STANDIN, connect

THREADS = int(os.environ["ENDURANCE_THREADS"])
END = float(os.environ["ENDURANCE_END"])
PAUSE = float(os.environ["ENDURANCE_PAUSE"])

counts = dict.fromkeys(("logins", "refused", "other", "no_token", "calls", "failed"), 0)
lock = threading.Lock()


def count(name: str) -> int:
    with lock:
        counts[name] += 1
        return counts[name]


def provider() -> dict[str, Any]:
    call = count("calls")
    time.sleep(random.uniform(0.05, 0.5))
    if call % 5 == 0:
        count("failed")
        raise ConnectionResetError("injected")
    with open(os.environ["ENDURANCE_KEYS"], encoding="ascii") as file:
        key, secret, session, end = file.read().split()
    return {
        "access_key_id": key,
        "secret_access_key": secret,
        "token": session,
        "expires_at": int(end),
    }


def log_in(token: str) -> None:
    began = time.time()
    try:
        with connect(token, connect_timeout=60) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        count("logins")
    except psycopg.Error as error:
        count("refused" if "authentication failed" in str(error) else "other")
        print(
            f"python: after {time.time() - began:.1f} s: {error}", rdsiam.explain(token), flush=True
        )


def work(cache: rdsiam.TokenCache) -> None:
    time.sleep(random.uniform(0, 2 * PAUSE))
    while time.time() < END:
        try:
            for _ in range(50):
                token = cache.get_token()
        except rdsiam.CredentialsError:
            count("no_token")
            time.sleep(1)
            continue
        log_in(token)
        time.sleep(random.uniform(0, 2 * PAUSE))


def main() -> None:
    login = (STANDIN["HOST"], STANDIN["PORT"], STANDIN["USER"])
    caches = [rdsiam.TokenCache(*login, credentials=provider) for _ in range(10)]
    threads = [threading.Thread(target=work, args=(caches[n % 10],)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in ("refreshes", "refresh_failures", "hits"):
        counts[name] = sum(cache.stats()[name] for cache in caches)
    print(json.dumps(counts))


main()
