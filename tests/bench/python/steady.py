"""Signing and hits in a process that is warm, credentials given in code.

Usage: steady.py WHO. Prints samples as JSON, in nanoseconds for one call.
"""

import sys
import timeit

from setting import HOST, KEY, PORT, REGION, SECRET, SESSION, USER, check

SAMPLES = 3
SECONDS = 0.01
KEYS = {
    "aws_access_key_id": KEY,
    "aws_secret_access_key": SECRET,
    "aws_session_token": SESSION,
}


def rdsiam_client():
    import rdsiam

    return rdsiam.client("rds", region_name=REGION, **KEYS)


def boto3_client():
    import boto3

    return boto3.client("rds", region_name=REGION, **KEYS)


# Of each the statement that is timed, and the object in it.
SIGN = "it.generate_db_auth_token(HOST, PORT, USER)"
HIT = "it.get_token()"


def sign_rdsiam():
    return SIGN, rdsiam_client()


def sign_boto3():
    return SIGN, boto3_client()


def sign_botocore():
    """botocore's signer of query strings alone, without the client around it."""
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    auth = SigV4QueryAuth(Credentials(KEY, SECRET, SESSION), "rds-db", REGION, expires=900)
    url = f"https://{HOST}:{PORT}/?Action=connect&DBUser={USER}"

    def token():
        request = AWSRequest(method="GET", url=url)
        auth.add_auth(request)
        return request.url

    return "it()", token


def sign_awscrt():
    from crt import signer

    return "it()", signer(KEY, SECRET, SESSION)


def sign_stdlib():
    from stdlib import Signer

    return "it()", Signer(KEY, SECRET, SESSION).token


def hit_rdsiam():
    import rdsiam

    credentials = {"access_key": KEY, "secret_key": SECRET, "token": SESSION}
    return HIT, rdsiam.TokenCache(HOST, PORT, USER, credentials=credentials)


def hit_article():
    from article import WithSeconds

    return HIT, WithSeconds(rdsiam_client(), HOST, PORT, USER, REGION)


def hit_datetime():
    from article import WithDatetime

    return HIT, WithDatetime(rdsiam_client(), HOST, PORT, USER, REGION)


def main():
    statement, it = globals()[sys.argv[1]]()
    names = {"it": it, "HOST": HOST, "PORT": PORT, "USER": USER}
    check(eval(statement, names))
    timer = timeit.Timer(statement, globals=names)
    # How many calls fill the time; finding that out is the warm-up. The best of three, since
    # another process may have had the processor.
    count = 1
    while min(timer.repeat(3, count)) < SECONDS:
        count *= 2
    samples = [timer.timeit(count) / count * 1e9 for _ in range(SAMPLES)]
    print(f'{{"ns": {samples}}}')


main()
