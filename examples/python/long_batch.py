"""A batch that outlives its tokens. A connection that is open stays so when its token ends; only
a new one needs a new token, and the cache has one.

DB_HOST=... DB_PORT=5432 DB_USER=app DB_NAME=app DB_CA=global-bundle.pem python long_batch.py
"""

import os
import time

import rdsiam
import rdsiam.psycopg

# Tokens of 3 seconds in place of 900, so that this ends soon.
cache = rdsiam.TokenCache(
    os.environ["DB_HOST"],
    os.environ["DB_PORT"],
    os.environ["DB_USER"],
    expires=3,
    refresh_before=1,
    min_remaining=1,
)

for part in range(3):
    with rdsiam.psycopg.connect(
        cache=cache, dbname=os.environ["DB_NAME"], ca=os.environ["DB_CA"]
    ) as connection:
        (user,) = connection.execute("SELECT current_user").fetchone()
        print(f"part {part}: {user}")
        time.sleep(2)

print(f"{cache.stats()['signatures']} tokens")
