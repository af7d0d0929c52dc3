"""PostgreSQL with psycopg2. It takes no `ssl_context=`: sslmode and sslrootcert say the same.

DB_HOST=... DB_PORT=5432 DB_USER=app DB_NAME=app DB_CA=global-bundle.pem \\
    python psycopg2_connection.py
"""

import os

import psycopg2

import rdsiam
import rdsiam.psycopg2

login = {
    "host": os.environ["DB_HOST"],
    "port": int(os.environ["DB_PORT"]),
    "user": os.environ["DB_USER"],
    "dbname": os.environ["DB_NAME"],
}

# By hand.
by_hand = psycopg2.connect(
    **login,
    password=rdsiam.generate_db_auth_token(login["host"], login["port"], login["user"]),
    sslmode="verify-full",
    sslrootcert=os.environ["DB_CA"],
)

# The same in one line, with a cached token, and a second try if that one is refused.
connection = rdsiam.psycopg2.connect(**login, ca=os.environ["DB_CA"])

for each in (by_hand, connection):
    with each.cursor() as cursor:
        cursor.execute("SELECT current_user")
        print("logged in as", cursor.fetchone()[0])
    each.close()
