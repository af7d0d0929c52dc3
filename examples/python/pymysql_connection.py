"""MySQL with PyMySQL. `ssl={"ca": ...}` verifies the server; `ssl_ca=...` alone does not.

DB_HOST=... DB_PORT=3306 DB_USER=app DB_NAME=app DB_CA=global-bundle.pem \\
    python pymysql_connection.py
"""

import os

import pymysql

import rdsiam
import rdsiam.pymysql

login = {
    "host": os.environ["DB_HOST"],
    "port": int(os.environ["DB_PORT"]),
    "user": os.environ["DB_USER"],
    "database": os.environ["DB_NAME"],
}

# By hand.
by_hand = pymysql.connect(
    **login,
    password=rdsiam.generate_db_auth_token(login["host"], login["port"], login["user"]),
    ssl={"ca": os.environ["DB_CA"]},
)

# The same in one line, with a cached token, and a second try if that one is refused.
connection = rdsiam.pymysql.connect(**login, ca=os.environ["DB_CA"])

for each in (by_hand, connection):
    with each.cursor() as cursor:
        cursor.execute("SELECT current_user()")
        print("logged in as", cursor.fetchone()[0])
    each.close()
