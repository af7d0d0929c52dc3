"""Which keys and which region win where several are there: as with boto3, asked beside it."""

import itertools
from pathlib import Path

import boto3
import pytest

import rdsiam

# A host that carries no region, since boto3 does not look at it.
HOST = "db.example.com"
CONFIG = """
[default]
region = eu-west-1
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key = SECRETDEFAULT
[profile other]
region = eu-west-2
aws_access_key_id = AKIDOTHER
aws_secret_access_key = SECRETOTHER
"""
ENVIRONMENTS = {
    "keys": {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "SECRETENV"},
    "profile": {"AWS_PROFILE": "other"},
    "default region": {"AWS_DEFAULT_REGION": "us-west-1"},
}
CASES = [
    (chosen, named)
    for count in range(len(ENVIRONMENTS) + 1)
    for chosen in itertools.combinations(ENVIRONMENTS, count)
    for named in (None, "other")
]


def by_boto3(profile: str | None) -> tuple[str | None, str | None]:
    client = boto3.Session(profile_name=profile).client("rds")
    told = rdsiam.explain(client.generate_db_auth_token(HOST, 5432, "app"))
    return told.access_key_id, told.region


@pytest.mark.parametrize(("chosen", "named"), CASES)
def test_as_with_boto3(
    chosen: tuple[str, ...],
    named: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = tmp_path / "config"
    config.write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name in chosen:
        for variable, value in ENVIRONMENTS[name].items():
            monkeypatch.setenv(variable, value)
    expected = by_boto3(named)
    rds = rdsiam.client("rds", profile_name=named)
    for token in (
        rds.generate_db_auth_token(HOST, 5432, "app"),
        rdsiam.TokenCache(HOST, 5432, "app", profile=named).get_token(),
    ):
        told = rdsiam.explain(token)
        assert (told.access_key_id, told.region) == expected


def test_aws_region_serves_where_boto3_would_find_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    assert rdsiam.client("rds").meta.region_name == "ap-south-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-1")
    assert rdsiam.client("rds").meta.region_name == "us-west-1"
