"""The Lambda of handler.py with psycopg2, for code that has it already.

Environment, role and certificates as there. psycopg2 takes no `ssl_context=`: `ca=` is what
`sslrootcert=` is to it, and the server is verified by it.
"""

import json
import logging
import os

import psycopg2

import rdsiam
import rdsiam.psycopg2

cache = rdsiam.TokenCache(
    os.environ["DB_HOST"], os.environ.get("DB_PORT", "5432"), os.environ["DB_USER"]
)
connection = None


def query():
    """The row, over the connection of the last call or over a new one."""
    global connection
    if connection is None or connection.closed:
        connection = rdsiam.psycopg2.connect(
            cache=cache,
            dbname=os.environ["DB_NAME"],
            ca=os.environ.get("DB_CA"),
            connect_timeout=5,
        )
        connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, now()::text")
        return cursor.fetchone()


def handler(event, context):
    try:
        row = query()
    except (psycopg2.Error, rdsiam.RdsIamError):
        logging.exception("the database could not be asked")
        return {"statusCode": 500, "body": json.dumps({"error": "database unavailable"})}
    return {"statusCode": 200, "body": json.dumps(dict(zip(("user", "now"), row, strict=True)))}
