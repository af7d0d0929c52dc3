"""The demo in Python: makes a token, and logs in with it through psycopg. See run.sh."""

import os
import sys
import time

started = time.perf_counter()
import rdsiam  # noqa: E402  (its time counts)

imported = time.perf_counter()


def setting(name: str) -> str:
    return os.environ.get(f"DEMO_{name}", "")


def connect(password: str):
    import psycopg

    return psycopg.connect(
        host=setting("HOST"),
        hostaddr=setting("HOSTADDR"),
        port=setting("PORT"),
        user=setting("USER"),
        dbname=setting("DB"),
        sslmode="verify-full",
        sslrootcert=setting("CA"),
        password=password,
    )


def log_in(token: str) -> str:
    import psycopg

    with connect(token) as connection:
        user, tls = connection.execute(
            "SELECT current_user, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        ).fetchone()
    tampered = token[:-1] + ("1" if token[-1] == "0" else "0")
    try:
        connect(tampered).close()
    except psycopg.OperationalError:
        return f" | logged in as {user} over {tls} | tampered token refused"
    sys.exit("the tampered token was accepted")


def main() -> None:
    before = time.perf_counter()
    cache = rdsiam.TokenCache(setting("HOST"), int(setting("PORT")), setting("USER"))
    token = cache.get_token()
    made = time.perf_counter() - before
    before = time.perf_counter()
    for _ in range(1000):
        cache.get_token()
    hit = (time.perf_counter() - before) / 1000

    mode = setting("MODE")
    if mode == "token":
        print(token)
    elif mode == "explain":
        print(rdsiam.explain(token))
    else:
        login = log_in(token) if mode == "login" else ""
        print(
            f"Python | token of {len(token)} bytes in {made * 1e6:.0f} us"
            f" (import {(imported - started) * 1e3:.1f} ms){login}"
            f" | hit from the cache in {hit * 1e6:.2f} us"
        )


try:
    main()
except rdsiam.RdsIamError as error:
    sys.exit(f"{error.code}: {error}")
