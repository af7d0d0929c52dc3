"""A Lambda that asks the database for the time.

Environment: DB_HOST, DB_PORT, DB_NAME, DB_USER, AWS_REGION (which Lambda sets); DB_CA, a PEM file,
if the certificates of RDS are not where `rdsiam.ca_bundle` looks, in the Lambda's folder for one.
Its role needs `rds-db:connect` on arn:aws:rds-db:REGION:ACCOUNT:dbuser:RESOURCE_ID/USER.

Cache and connection live outside of the handler, so that a warm start uses them again. The
answer of a failure has no detail: the text of an error may tell a host name to the world.
"""

import json
import logging
import os

import psycopg

import rdsiam
import rdsiam.psycopg

cache = rdsiam.TokenCache(
    os.environ["DB_HOST"], os.environ.get("DB_PORT", "5432"), os.environ["DB_USER"]
)
connection: psycopg.Connection | None = None


def connected() -> psycopg.Connection:
    """The connection of the last call, or a new one with a token that is good now."""
    global connection
    if connection is None or connection.closed:
        connection = rdsiam.psycopg.connect(
            cache=cache,
            dbname=os.environ["DB_NAME"],
            ca=os.environ.get("DB_CA"),
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
