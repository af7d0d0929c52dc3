"""The handler of examples/lambda-python, with tokens of boto3 in place of rdsiam's."""

import json
import logging
import os

import boto3
import psycopg

client = boto3.client("rds")
connection: psycopg.Connection | None = None


def connected() -> psycopg.Connection:
    global connection
    if connection is None or connection.closed:
        login = (os.environ["DB_HOST"], int(os.environ["DB_PORT"]), os.environ["DB_USER"])
        connection = psycopg.connect(
            host=login[0],
            port=login[1],
            user=login[2],
            dbname=os.environ["DB_NAME"],
            password=client.generate_db_auth_token(*login),
            sslmode="verify-full",
            sslrootcert=os.environ["DB_CA"],
            connect_timeout=5,
            autocommit=True,
        )
    return connection


def handler(event: object, context: object) -> dict[str, object]:
    try:
        row = connected().execute("SELECT current_user, now()::text").fetchone()
    except psycopg.Error:
        logging.exception("the database could not be asked")
        return {"statusCode": 500, "body": json.dumps({"error": "database unavailable"})}
    return {"statusCode": 200, "body": json.dumps(dict(zip(("user", "now"), row, strict=True)))}
