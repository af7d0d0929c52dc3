"""Real SDKs get their keys here, and what they sign with them is accepted."""

import datetime
import json
import time
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import postgres, refused, token

ROLE = "arn:aws:iam::123456789012:role/path/reader"
ONCE = Config(retries={"max_attempts": 0})


def keys_of(answer):
    credentials = answer["Credentials"]
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def test_an_assumed_role_logs_in(start):
    server = start()
    sts = boto3.client("sts")
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/local"
    answer = sts.assume_role(RoleArn=ROLE, RoleSessionName="test", DurationSeconds=900)
    left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert 890 <= left.total_seconds() <= 901
    keys = keys_of(answer)
    identity = boto3.client("sts", **keys).get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/reader/test"
    assert identity["Account"] == "123456789012"
    postgres(server, token(server.postgres, **keys)).close()
    # Without its session token it is half a key.
    half = {**keys, "aws_session_token": None}
    refused(postgres, server, token(server.postgres, **half))
    assert server.logins()[-1]["reason"] == "missing-session-token"


def test_a_policy_of_a_role_is_that_of_the_role(start, tmp_path):
    deny = tmp_path / "deny.json"
    text = {"Statement": {"Effect": "Deny", "Action": "rds-db:*", "Resource": "*"}}
    deny.write_text(json.dumps(text))
    allow = tmp_path / "allow.json"
    text["Statement"]["Effect"] = "Allow"
    allow.write_text(json.dumps(text))
    server = start("--policy", allow, "--policy", f"{ROLE}={deny}")
    postgres(server, token(server.postgres)).close()
    keys = keys_of(boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="test"))
    refused(postgres, server, token(server.postgres, **keys))
    assert server.logins()[-1]["reason"] == "denied"


def test_a_web_identity(start, tmp_path, monkeypatch):
    server = start()
    file = tmp_path / "token"
    file.write_text("a.b.c")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(file))
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_ROLE_SESSION_NAME", "pod")
    arn = boto3.Session().client("sts").get_caller_identity()["Arn"]
    assert arn == "arn:aws:sts::123456789012:assumed-role/reader/pod"
    session = boto3.Session()
    database = server.postgres
    text = session.client("rds").generate_db_auth_token(
        DBHostname=database.host, Port=database.port, DBUsername=database.user
    )
    postgres(server, text).close()


def test_the_container_endpoint(start):
    server = start("--keys", "container")
    session = boto3.Session()
    assert session.get_credentials().method == "container-role"
    assert (
        session.client("sts").get_caller_identity()["Arn"].endswith(":assumed-role/local/container")
    )
    database = server.postgres
    text = session.client("rds").generate_db_auth_token(
        DBHostname=database.host, Port=database.port, DBUsername=database.user
    )
    assert len(text) > 1200
    postgres(server, text).close()


def test_the_container_endpoint_wants_its_token(start, monkeypatch):
    server = start("--keys", "container")
    url = server.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    for headers in ({}, {"Authorization": "wrong"}):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10)
        assert caught.value.code == 403
        caught.value.close()


def test_credentials_that_end(start):
    server = start("--keys", "container", "--fault", "credentials-expire=2")
    session = boto3.Session()
    database = server.postgres
    frozen = session.get_credentials().get_frozen_credentials()
    keys = {
        "aws_access_key_id": frozen.access_key,
        "aws_secret_access_key": frozen.secret_key,
        "aws_session_token": frozen.token,
    }
    text = token(database, **keys)
    postgres(server, text).close()
    time.sleep(2.1)
    # The token is younger than 15 minutes: RDS refuses it all the same.
    refused(postgres, server, text)
    told = server.logins()[-1]
    assert (told["reason"], told["error"]) == ("credentials-expired", "ExpiredToken")
    with pytest.raises(ClientError, match="ExpiredToken"):
        boto3.client("sts", **keys, config=ONCE).get_caller_identity()


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        (
            {"aws_access_key_id": "AKIANOTHING", "aws_secret_access_key": "x"},
            "InvalidClientTokenId",
        ),
        ({"aws_secret_access_key": "x"}, "SignatureDoesNotMatch"),
        ({"aws_session_token": "x"}, "InvalidClientTokenId"),
    ],
)
def test_sts_verifies_who_asks(start, keys, code):
    server = start()
    right = {
        "aws_access_key_id": server.environment["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": server.environment["AWS_SECRET_ACCESS_KEY"],
    }
    sts = boto3.client("sts", **{**right, **keys}, config=ONCE)
    with pytest.raises(ClientError) as caught:
        sts.get_caller_identity()
    assert caught.value.response["Error"]["Code"] == code
    with pytest.raises(ClientError):
        sts.assume_role(RoleArn=ROLE, RoleSessionName="test")


def test_sts_refuses_what_aws_refuses(start):
    start()
    sts = boto3.client("sts", config=ONCE)
    for wrong in (
        {"RoleArn": "arn:aws:iam::123456789012:user/x", "RoleSessionName": "test"},
        {"RoleArn": ROLE, "RoleSessionName": "a b"},
        {"RoleArn": ROLE, "RoleSessionName": "test", "DurationSeconds": 50000},
    ):
        with pytest.raises(ClientError) as caught:
            sts.assume_role(**wrong)
        assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_the_clock_of_the_service_is_in_its_answers(start):
    start("--fault", "skew=3600")
    answer = boto3.client("sts").get_caller_identity()
    date = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
    told = datetime.datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT").timestamp()
    assert abs(told - time.mktime(time.gmtime()) - 3600) < 10
