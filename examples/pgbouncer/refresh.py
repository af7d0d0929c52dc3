"""Keeps a token in the auth_file of PgBouncer: a new one before the last one ends, and a reload.

DB_HOST=... DB_PORT=5432 DB_USER=app python refresh.py /etc/pgbouncer/userlist.txt pgbouncer.pid

The file has to be there, with the owner and the mode that PgBouncer can read; both are kept. Where
the credentials or PgBouncer are away for a while, it says so and tries again.
"""

import os
import signal
import sys
import time

import rdsiam

# What PgBouncer 1.18 keeps of a password.
LIMIT = 2047

path, pidfile = sys.argv[1:]
seconds = int(os.environ.get("TOKEN_SECONDS", "900"))
cache = rdsiam.TokenCache(
    os.environ["DB_HOST"], os.environ["DB_PORT"], os.environ["DB_USER"], expires=seconds
)


def write(user: str, token: str) -> None:
    """In one step, so that PgBouncer never reads half of it."""
    if len(token) > LIMIT:
        raise SystemExit(f"the token has {len(token)} bytes, PgBouncer keeps {LIMIT}")
    now = os.stat(path)
    new = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(new, "w") as file:
        os.fchown(new, now.st_uid, now.st_gid)
        os.fchmod(new, now.st_mode & 0o777)
        user, token = (text.replace('"', '""') for text in (user, token))
        file.write(f'"{user}" "{token}"\n')
    os.replace(f"{path}.new", path)


def renew() -> float:
    """Puts a token into the file and tells PgBouncer; until when the token is good."""
    token = cache.get()
    write(cache.user, token.token)
    with open(pidfile) as file:
        # As RELOAD in its console.
        os.kill(int(file.read()), signal.SIGHUP)
    print("a new token, good until", time.ctime(token.expires_at), flush=True)
    return token.expires_at


while True:
    try:
        # Half of its life leaves time for failures.
        time.sleep(max(1.0, (renew() - time.time()) / 2))
        cache.invalidate()
    except (rdsiam.RdsIamError, OSError, ValueError) as error:
        pause = max(1.0, min(30.0, seconds / 20))
        print(f"no new token, next try in {pause:.0f} s: {error}", flush=True)
        time.sleep(pause)
