"""Random inputs, signed by rdsiam's public functions and by botocore at the same second."""

import datetime
import importlib.util
import os
import random
import string
import warnings
from typing import Any
from unittest import mock

import boto3
import botocore.auth
import botocore.credentials

import rdsiam

INPUTS = 5_000
SEED = int(os.environ.get("RDSIAM_SEED", random.SystemRandom().randrange(2**32)))

REGIONS = ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1", "xx-newland-9", "a", "0-9"]
LABEL = string.ascii_lowercase + string.digits


def a_label(rng: random.Random) -> str:
    inner = "".join(rng.choices(LABEL + "-_", k=rng.randrange(0, 20)))
    return rng.choice(LABEL) + inner + rng.choice(LABEL)


def a_host(rng: random.Random) -> str:
    kind = rng.randrange(6)
    if kind == 0:
        return ".".join(str(rng.randrange(256)) for _ in range(4))
    if kind == 1:
        return f"[{rng.choice(['::', '2001:db8::', '2001:DB8:a:B::'])}{rng.randrange(1, 65536):x}]"
    if kind == 2:
        return ".".join(a_label(rng) for _ in range(rng.randrange(1, 5)))
    cluster = rng.choice(["", "cluster-", "cluster-ro-", "proxy-"])
    region = rng.choice(REGIONS[:3])
    host = f"{a_label(rng)}.{cluster}{a_label(rng)}.{region}.rds.amazonaws.com"
    return host.upper() if kind == 3 else host


def a_character(rng: random.Random) -> str:
    top = rng.choice([0x7F, 0x7F, 0xFF, 0x7FF, 0xFFFF, 0x10FFFF])
    while True:
        code = rng.randrange(1, top + 1)
        if not 0xD800 <= code <= 0xDFFF:
            return chr(code)


def a_user(rng: random.Random) -> str:
    return "".join(a_character(rng) for _ in range(rng.choice([1, 2, 8, 32, 63])))


def a_port(rng: random.Random) -> int:
    return rng.choice([1, 80, 443, 3306, 5432, 65535, rng.randrange(1, 65536)])


def a_key(rng: random.Random, length: int) -> str:
    return "".join(rng.choices(string.ascii_letters + string.digits + "+/=", k=length))


def by_botocore(peer: Any, token: str, arguments: dict[str, Any]) -> str:
    """What the peer gives at the second of our token, with the host in lower case."""
    signed_at = rdsiam.explain(token).signed_at
    assert signed_at is not None
    now = datetime.datetime.fromtimestamp(signed_at, datetime.timezone.utc).replace(tzinfo=None)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=now):
        theirs: str = peer.generate_db_auth_token(**arguments)
    length = len(arguments["DBHostname"])
    return theirs[:length].lower() + theirs[length:]


def test_every_token_equals_that_of_botocore() -> None:
    assert importlib.util.find_spec("awscrt") is None, "with awscrt botocore's order differs"
    print(f"RDSIAM_SEED={SEED}")
    rng = random.Random(SEED)
    peer = boto3.client(
        "rds", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    compared = 0
    for _ in range(INPUTS):
        key, secret = a_key(rng, 20), a_key(rng, 40)
        session = rng.choice([None, a_key(rng, 9), a_key(rng, rng.randrange(900, 1100))])
        region = rng.choice(REGIONS)
        arguments = {
            "DBHostname": a_host(rng),
            "Port": a_port(rng),
            "DBUsername": a_user(rng),
            "Region": region,
        }
        peer._request_signer._credentials = botocore.credentials.Credentials(key, secret, session)
        ours = rdsiam.client(
            "rds",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=session,
        )
        cache = rdsiam.TokenCache(
            *list(arguments.values())[:3],
            region,
            credentials={"access_key": key, "secret_key": secret, "token": session},
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rdsiam.RdsIamWarning)
            tokens = [ours.generate_db_auth_token(**arguments), cache.get_token()]
        for token in tokens:
            assert token == by_botocore(peer, token, arguments), (SEED, arguments)
            compared += 1
    assert compared == 2 * INPUTS
