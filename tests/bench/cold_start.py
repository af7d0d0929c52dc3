#!/usr/bin/env python3
"""Cold start: a fresh process, credentials in the environment, the time to the first token.

Each face beside its peer, interleaved in one run, since the machine drifts: read the ratios.
Usage: cold_start.py [ROUNDS]
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "bindings-node/node_modules"
HOST = "mydb.abc123.us-east-1.rds.amazonaws.com"

PYTHON = """
import time; t0 = time.perf_counter()
{load}
t1 = time.perf_counter()
{token}
t2 = time.perf_counter()
assert len(token) > 1000
print((t1 - t0) * 1e3, (t2 - t1) * 1e3, resource())
"""
RSS = """
def resource():
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""
NODE = """
const t0 = performance.now();
{load}
const t1 = performance.now();
{token}.then((token) => {{
  const t2 = performance.now();
  if (token.length < 1000) throw new Error('short');
  console.log(t1 - t0, t2 - t1, process.resourceUsage().maxRSS);
}});
"""


def python(load, token):
    code = RSS + PYTHON.format(load=load, token=token)
    return [str(ROOT / ".venv/bin/python"), "-c", code], {
        "PYTHONPATH": str(ROOT / "build/bench/python")
    }


def node(load, token):
    return ["node", "-e", NODE.format(load=load, token=token)], {}


CASES = {
    "rdsiam (Python)": python(
        "import rdsiam",
        f"token = rdsiam.generate_db_auth_token({HOST!r}, 5432, 'app')",
    ),
    "boto3": python(
        "import boto3; client = boto3.client('rds', region_name='us-east-1')",
        f"token = client.generate_db_auth_token(DBHostname={HOST!r}, Port=5432, DBUsername='app')",
    ),
    "rdsiam (Node)": node(
        f"const {{ Signer }} = require({str(ROOT / 'build/bench/node')!r});",
        f"new Signer({{hostname: {HOST!r}, port: 5432, username: 'app'}}).getAuthToken()",
    ),
    "@aws-sdk/rds-signer": node(
        f"const {{ Signer }} = require({str(PEERS / '@aws-sdk/rds-signer')!r});",
        f"new Signer({{hostname: {HOST!r}, port: 5432, username: 'app', region: 'us-east-1'}})"
        ".getAuthToken()",
    ),
}


def environment():
    keep = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return keep | {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "SECRETKEYEXAMPLE",
        "AWS_SESSION_TOKEN": "FwoG/+=x" * 112,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def measure(rounds):
    samples = {name: [] for name in CASES}
    for _ in range(rounds):
        for name, (command, extra) in CASES.items():
            done = subprocess.run(
                command, env=environment() | extra, capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                sys.exit(f"{name}: {done.stderr}")
            samples[name].append([float(value) for value in done.stdout.split()])
    return {
        name: [statistics.median(column) for column in zip(*rows, strict=False)]
        for name, rows in samples.items()
    }


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    medians = measure(rounds)
    print(f"medians of {rounds} fresh processes, interleaved; 896-character session token\n")
    print(f"{'':22}{'load ms':>10}{'token ms':>10}{'sum ms':>10}{'peak RSS MB':>13}")
    for name, (load, token, rss) in medians.items():
        print(f"{name:22}{load:10.2f}{token:10.3f}{load + token:10.2f}{rss / 1024:13.1f}")
    for ours, theirs in (
        ("rdsiam (Python)", "boto3"),
        ("rdsiam (Node)", "@aws-sdk/rds-signer"),
    ):
        ratio = sum(medians[theirs][:2]) / sum(medians[ours][:2])
        print(f"\n{theirs} takes {ratio:.0f} times as long as {ours}")
    if "--json" in sys.argv:
        print(json.dumps(medians))


if __name__ == "__main__":
    main()
