#!/usr/bin/env python3
"""Cold start of the Lambda of examples/lambda-python beside the same one with boto3.

From the start of the process to the answer of the first call, with a login at the stand-in; the
runtime is Lambda's own. Prints nanoseconds as JSON.
Usage: standin run -- .venv/bin/python tests/bench/lambda/cold_start.py ROUNDS
"""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/lambda"))

import runtime_api  # noqa: E402

# What ships, as the benchmarks install it.
RDSIAM = ROOT / "build/bench/python/rdsiam"
HANDLERS = {
    "rdsiam": [ROOT / "examples/lambda-python", RDSIAM],
    "boto3": [ROOT / "tests/bench/lambda/boto3"],
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
    samples = {name: [] for name in HANDLERS}
    for _ in range(int(sys.argv[1])):
        for name, path in HANDLERS.items():
            (answer,) = runtime_api.run([{}], COMMAND, environment(path))
            assert answer["response"]["statusCode"] == 200, answer
            samples[name].append(answer["seconds"] * 1e9)
    print(json.dumps(samples))


if __name__ == "__main__":
    main()
