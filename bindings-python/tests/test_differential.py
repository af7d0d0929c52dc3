"""Tokens are those of botocore at the same second, whatever the input."""

import datetime
import importlib.util
import warnings
from typing import Any
from unittest import mock

import boto3
import botocore.auth
import botocore.credentials
from hypothesis import given, settings

import rdsiam
from inputs import key_ids, logins, secrets, sessions

PEER = boto3.client(
    "rds", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
)


def by_botocore(token: str, arguments: dict[str, Any]) -> str:
    """botocore's token at the second of ours, with the host in lower case."""
    signed_at = rdsiam.explain(token).signed_at
    assert signed_at is not None
    now = datetime.datetime.fromtimestamp(signed_at, datetime.timezone.utc).replace(tzinfo=None)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=now):
        theirs: str = PEER.generate_db_auth_token(**arguments)
    length = len(arguments["DBHostname"])
    return theirs[:length].lower() + theirs[length:]


def test_the_order_of_botocore_is_that_without_awscrt() -> None:
    assert importlib.util.find_spec("awscrt") is None


@given(arguments=logins(), key=key_ids, secret=secrets, session=sessions)
@settings(max_examples=500, deadline=None)
def test_every_token_equals_that_of_botocore(
    arguments: dict[str, Any], key: str, secret: str, session: "str | None"
) -> None:
    PEER._request_signer._credentials = botocore.credentials.Credentials(key, secret, session)
    client = rdsiam.client(
        "rds", aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=session
    )
    cache = rdsiam.TokenCache(
        *arguments.values(),
        credentials={"access_key": key, "secret_key": secret, "token": session},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rdsiam.RdsIamWarning)
        tokens = [client.generate_db_auth_token(**arguments), cache.get_token()]
    for token in tokens:
        assert token == by_botocore(token, arguments)
