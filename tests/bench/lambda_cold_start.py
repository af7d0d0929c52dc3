#!/usr/bin/env python3
"""Cold start of the Lambda of examples/lambda-python beside the same one with boto3.

From the start of the process to the answer of the first call, with a login at the stand-in; the
runtime is Lambda's own. Interleaved in one run, since the machine drifts: read the ratio.
Usage: standin run -- .venv/bin/python tests/bench/lambda_cold_start.py [ROUNDS]
"""

import os
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lambda"))

import runtime_api  # noqa: E402

# What ships, as `make bench` builds it, or else the build of the tests.
BUILT = ROOT / "build/bench/python"
RDSIAM = BUILT if BUILT.exists() else ROOT / "bindings-python/python"
HANDLERS = {
    "rdsiam": [ROOT / "examples/lambda-python", RDSIAM],
    "boto3": [ROOT / "tests/bench/lambda_boto3"],
}
COMMAND = [sys.executable, "-m", "awslambdaric", "handler.handler"]


def environment(path):
    given = {name: os.environ[f"STANDIN_{name}"] for name in ("HOST", "PORT", "USER")}
    region = os.environ["STANDIN_REGION"]
    return {
        **{f"DB_{name}": value for name, value in given.items()},
        "DB_NAME": os.environ["STANDIN_DB"],
        "DB_CA": os.environ["STANDIN_CA"],
        "PGHOSTADDR": os.environ["STANDIN_HOSTADDR"],
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": os.environ["STANDIN_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": os.environ["STANDIN_SECRET_ACCESS_KEY"],
        "AWS_SESSION_TOKEN": os.environ["STANDIN_SESSION_TOKEN"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
    }


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    seconds = {name: [] for name in HANDLERS}
    for _ in range(rounds):
        for name, path in HANDLERS.items():
            (answer,) = runtime_api.run([{}], COMMAND, environment(path))
            assert answer["response"]["statusCode"] == 200, answer
            seconds[name].append(answer["seconds"])
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"medians of {rounds} cold starts, interleaved, with a login; rdsiam from {RDSIAM}")
    for name, median in medians.items():
        print(f"{name:8}{median * 1e3:8.0f} ms")
    print(f"boto3 takes {medians['boto3'] / medians['rdsiam']:.1f} times as long")


if __name__ == "__main__":
    main()
