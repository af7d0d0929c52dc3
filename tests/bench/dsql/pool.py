"""What the token of a pool's new connection costs: Amazon's connector for Python, and rdsiam.

    python tests/bench/dsql/pool.py    # with aurora-dsql-python-connector, boto3 and psycopg

Prints JSON with medians in microseconds. Nothing is dialled: psycopg's own `connect` is taken out.

- `connector`, `pool`: what each does for its token, at each new connection of a pool.
- `connector_whole`, `pool_whole`: from the pool's call to that of psycopg, with everything else
  that a helper does, such as its settings of TLS.
- `signed`: a new token at each call, which no pool of rdsiam pays.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bindings-python" / "python"))
os.environ.update(
    AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY="SECRETKEYEXAMPLE",
    AWS_EC2_METADATA_DISABLED="true",
)
HOST = "abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws"


def median(call, times):
    call()
    took = []
    for _ in range(times):
        began = time.perf_counter_ns()
        call()
        took.append((time.perf_counter_ns() - began) / 1000)
    return statistics.median(took)


def main():
    import psycopg
    from aurora_dsql_psycopg import DSQLConnection
    from dsql_core.token_manager import TokenManager

    import rdsiam
    import rdsiam.psycopg
    from rdsiam import _connect

    psycopg.Connection.connect = classmethod(lambda cls, *given, **options: None)
    login = {"host": HOST, "region": "us-east-1", "user": "admin", "token_duration_secs": 60}
    place = {"host": HOST, "user": "admin", "dbname": "postgres"}
    connector = median(lambda: TokenManager.get_token(login), 40)
    connector_whole = median(lambda: DSQLConnection.connect(host=HOST), 40)
    pool_whole = median(lambda: rdsiam.psycopg.Connection.connect(**place), 400)
    # The cache that all these connections took their token from.
    (cache,) = _connect._caches.values()
    if cache.stats()["signatures"] != 1:
        sys.exit(f"a connection signed anew: {cache.stats()}")
    pool = median(lambda: _connect.token_of(cache), 2000)
    signer = rdsiam.client("dsql")
    signed = median(lambda: signer.generate_db_connect_admin_auth_token(HOST), 2000)
    figures = {
        "connector": connector,
        "pool": pool,
        "times_less": connector / pool,
        "connector_whole": connector_whole,
        "pool_whole": pool_whole,
        "signed": signed,
    }
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))
    # The bar: a pool's connection has to take at most a fiftieth.
    return 0 if figures["times_less"] >= 50 else 1


if __name__ == "__main__":
    sys.exit(main())
