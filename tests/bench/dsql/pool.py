"""What the token of a pool's new connection costs: Amazon's connector for Python, and rdsiam.

    python tests/bench/dsql/pool.py    # needs aurora-dsql-python-connector and boto3 on the path

Prints JSON: the median in microseconds of each, and how many times less ours is.
Nothing is dialled: timed is what each does before it calls the driver.
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
    from dsql_core.token_manager import TokenManager

    import rdsiam

    login = {"host": HOST, "region": "us-east-1", "user": "admin", "token_duration_secs": 60}
    theirs = median(lambda: TokenManager.get_token(login), 40)
    cache = rdsiam.TokenCache(HOST, 5432, "admin")
    cached = median(cache.get_token, 2000)
    signer = rdsiam.client("dsql")
    signed = median(lambda: signer.generate_db_connect_admin_auth_token(HOST), 2000)
    least = min(theirs / cached, theirs / signed)
    figures = {"connector": theirs, "signed": signed, "cached": cached, "times_less": least}
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))
    # The bar: a pool's connection has to take at most a fiftieth.
    return 0 if least >= 50 else 1


if __name__ == "__main__":
    sys.exit(main())
