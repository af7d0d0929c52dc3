"""Logs in to PostgreSQL with a token, and once more with a new one if the first was refused.

DB_HOST=... DB_PORT=5432 DB_USER=app DB_NAME=app DB_CA=global-bundle.pem python postgres.py
"""

import os

import psycopg

import rdsiam

cache = rdsiam.TokenCache(os.environ["DB_HOST"], os.environ["DB_PORT"], os.environ["DB_USER"])


def connect() -> psycopg.Connection:
    return psycopg.connect(
        host=cache.host,
        port=cache.port,
        user=cache.user,
        dbname=os.environ["DB_NAME"],
        password=cache.get_token(),
        sslmode="verify-full",
        sslrootcert=os.environ["DB_CA"],
        connect_timeout=5,
    )


def connect_or_renew() -> psycopg.Connection:
    try:
        return connect()
    except psycopg.OperationalError:
        # The role may have changed since the token was made: not again with the same one.
        cache.invalidate()
        return connect()


with connect_or_renew() as connection:
    (user,) = connection.execute("SELECT current_user").fetchone()
    print("logged in as", user)
