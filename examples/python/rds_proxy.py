"""RDS Proxy that requires IAM: the token is made for the proxy's endpoint, and the policy names its
resource, prx-... Its certificates are Amazon's own: `ca="system"`, or AmazonRootCA1.pem.

If a name of your own or a tunnel leads to it, dial that and sign for the endpoint:

DB_DIAL=localhost DB_HOST=my.proxy-abc123.REGION.rds.amazonaws.com DB_PORT=5432 DB_USER=app \\
    DB_NAME=app DB_CA=system python rds_proxy.py
"""

import os

import rdsiam.psycopg

with rdsiam.psycopg.connect(
    host=os.environ.get("DB_DIAL", os.environ["DB_HOST"]),
    port=os.environ["DB_PORT"],
    # Where a tunnel is dialled, its port is another one than the proxy's.
    sign_host=os.environ["DB_HOST"],
    sign_port=os.environ["DB_PORT"],
    user=os.environ["DB_USER"],
    dbname=os.environ["DB_NAME"],
    ca=os.environ["DB_CA"],
) as connection:
    print("logged in as", connection.execute("SELECT current_user").fetchone()[0])
