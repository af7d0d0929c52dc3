"""The login of the tests in Python: at the stand-in's PostgreSQL, over verified TLS."""

import os

import psycopg

STANDIN = {name[8:]: value for name, value in os.environ.items() if name[:8] == "STANDIN_"}


def connect(token, user=None, connect_timeout=10):
    return psycopg.connect(
        host=STANDIN["HOST"],
        hostaddr=STANDIN["HOSTADDR"],
        port=STANDIN["PORT"],
        user=user or STANDIN["USER"],
        dbname=STANDIN["DB"],
        password=token,
        sslmode="verify-full",
        sslrootcert=STANDIN["CA"],
        connect_timeout=connect_timeout,
    )
