"""`unpatch_boto3` and `with patch_boto3()`: boto3's own method is back."""

from pathlib import Path

from support import run_python

PEERS = Path(__file__).parents[2] / "build" / "peers"

PROGRAM = """
import boto3, rdsiam
def module(session=boto3):
    return session.client("rds", "us-east-1").generate_db_auth_token.__module__
before = boto3.Session()
with rdsiam.patch_boto3():
    meanwhile = boto3.Session()
    print(module(), module(before), module(meanwhile))
print(module(), module(before), module(meanwhile))
rdsiam.patch_boto3()
rdsiam.patch_boto3()
print(module(), module(before))
rdsiam.unpatch_boto3()
rdsiam.unpatch_boto3()
print(module(), module(before), module(boto3.Session()))
"""


def test_clients_made_afterwards_are_boto3_s() -> None:
    done = run_python("-c", PROGRAM)
    ours, theirs = "rdsiam._boto3", "botocore.signers"
    lines = [[ours] * 3, [theirs] * 3, [ours] * 2, [theirs] * 3]
    assert [line.split() for line in done.stdout.splitlines()] == lines, done.stderr


def test_it_loads_no_boto3_to_do_nothing() -> None:
    program = "print(any(name.startswith('boto') for name in sys.modules))"
    done = run_python("-c", f"import sys, rdsiam; rdsiam.unpatch_boto3(); {program}")
    assert done.stdout == "False\n", done.stderr
