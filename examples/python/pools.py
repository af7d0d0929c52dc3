"""Pools: each new connection asks for a token that is good then.

DB_HOST=... DB_PORT=5432 DB_USER=app DB_NAME=app DB_CA=global-bundle.pem python pools.py
"""

import os

import psycopg_pool
import sqlalchemy

import rdsiam
import rdsiam.psycopg
import rdsiam.psycopg2
import rdsiam.sqlalchemy

cache = rdsiam.TokenCache(os.environ["DB_HOST"], os.environ["DB_PORT"], os.environ["DB_USER"])
login = {"cache": cache, "dbname": os.environ["DB_NAME"], "ca": os.environ["DB_CA"]}

# psycopg 3.
with (
    psycopg_pool.ConnectionPool(
        kwargs=login, connection_class=rdsiam.psycopg.Connection, min_size=1, max_size=4
    ) as pool,
    pool.connection() as connection,
):
    print("psycopg_pool:", connection.execute("SELECT current_user").fetchone()[0])

# psycopg2.
pool = rdsiam.psycopg2.ThreadedConnectionPool(1, 4, **login)
connection = pool.getconn()
with connection.cursor() as cursor:
    cursor.execute("SELECT current_user")
    print("psycopg2.pool:", cursor.fetchone()[0])
pool.closeall()

# SQLAlchemy.
url = sqlalchemy.URL.create("postgresql+psycopg", cache.user, host=cache.host, port=cache.port)
engine = rdsiam.sqlalchemy.create_engine(url, pool_size=4, connect_args=login)
with engine.connect() as connection:
    print("SQLAlchemy:", connection.scalar(sqlalchemy.text("SELECT current_user")))
engine.dispose()
