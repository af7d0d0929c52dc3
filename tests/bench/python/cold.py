"""A fresh process: the time to load one maker of tokens and to have the first, and its memory.

Usage: cold.py WHO. Prints JSON, times in nanoseconds, memory in KiB.
"""

import sys
import time

from setting import HOST, KEY, PORT, REGION, SECRET, SESSION, USER, check


def bare():
    """The interpreter alone, for its memory."""


def rdsiam():
    import rdsiam

    return lambda: rdsiam.generate_db_auth_token(HOST, PORT, USER)


def rdsiam_cache():
    import rdsiam

    return rdsiam.TokenCache(HOST, PORT, USER).get_token


def boto3():
    import boto3

    client = boto3.client("rds", region_name=REGION)
    return lambda: client.generate_db_auth_token(HOST, PORT, USER)


def botocore():
    import botocore.session

    client = botocore.session.get_session().create_client("rds", region_name=REGION)
    return lambda: client.generate_db_auth_token(HOST, PORT, USER)


def wrapper():
    """What the IAM plug-in of the AWS Advanced Python Wrapper calls, without its connection."""
    import boto3
    from aws_advanced_python_wrapper.utils.iam_utils import IamAuthUtils
    from aws_advanced_python_wrapper.utils.telemetry.null_telemetry import NullTelemetryFactory

    class Service:
        def get_telemetry_factory(self):
            return NullTelemetryFactory()

    session = boto3.Session()
    return lambda: IamAuthUtils.generate_authentication_token(
        Service(), USER, HOST, PORT, REGION, session
    )


def awscrt():
    from crt import signer

    return signer(KEY, SECRET, SESSION)


def stdlib():
    from stdlib import Signer

    return Signer(KEY, SECRET, SESSION).token


def resident():
    """KiB, counted page by page: the kernel's quicker figure may be off by a few hundred."""
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))


def main():
    who = globals()[sys.argv[1]]
    started = time.perf_counter_ns()
    make = who()
    loaded = time.perf_counter_ns()
    token = make() if make else None
    done = time.perf_counter_ns()
    rss = resident()
    if token is not None:
        check(token)
    load, first = loaded - started, done - loaded
    print(f'{{"load": {load}, "token": {first}, "total": {load + first}, "rss": {rss}}}')


main()
