"""A Lambda that asks the database for the time.

Cache and connection live outside of the handler, so that a warm start uses them again. The
answer of a failure has no detail: the text of an error may tell a host name to the world.
"""

import json
import logging
import os

import psycopg

import rdsiam

cache = rdsiam.TokenCache(
    os.environ["DB_HOST"], os.environ.get("DB_PORT", "5432"), os.environ["DB_USER"]
)
connection: psycopg.Connection | None = None


def connected() -> psycopg.Connection:
    global connection
    if connection is None or connection.closed:
        connection = psycopg.connect(
            host=cache.host,
            port=cache.port,
            user=cache.user,
            dbname=os.environ["DB_NAME"],
            password=cache.get_token(),
            sslmode="verify-full",
            sslrootcert=os.environ.get("DB_CA", "global-bundle.pem"),
            connect_timeout=5,
            autocommit=True,
        )
    return connection


def handler(event: object, context: object) -> dict[str, object]:
    try:
        row = connected().execute("SELECT current_user, now()::text").fetchone()
    except (psycopg.Error, rdsiam.RdsIamError):
        logging.exception("the database could not be asked")
        return {"statusCode": 500, "body": json.dumps({"error": "database unavailable"})}
    return {"statusCode": 200, "body": json.dumps(dict(zip(("user", "now"), row, strict=True)))}


if __name__ == "__main__":
    print(handler({}, None))
