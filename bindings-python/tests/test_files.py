"""Config and credentials files as people write them: what boto3 makes of each, asked beside it."""

import re
from typing import Any

import pytest

import config_files
import rdsiam
import with_boto3
from with_boto3 import FAILED, LOGIN


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    told = config_files.write(tmp_path_factory.mktemp("files"))
    return {case["name"]: case for case in told}


def by_rdsiam(profile: str | None, region: str | None) -> str:
    try:
        client = rdsiam.client("rds", profile_name=profile, region_name=region)
        return client.generate_db_auth_token(*LOGIN)
    except rdsiam.RdsIamError as error:
        check_message(str(error))
        return FAILED


def check_message(text: str) -> None:
    assert not re.search("(SECRET|SESSION)FILE", text)


def shape(token: str) -> str:
    """The token without what another second changes."""
    return re.sub(r"(X-Amz-(Date|Signature)=)[^&]*", r"\1", token)


def test_the_table_is_long_enough(cases: dict[str, Any]) -> None:
    assert len(cases) >= 60


@pytest.mark.parametrize("name", [case["name"] for case in config_files.CASES])
@pytest.mark.parametrize("region", ["us-east-1", None], ids=["region given", "region read"])
def test_a_file_beside_boto3(
    name: str, region: str | None, cases: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = cases[name]
    monkeypatch.delenv("AWS_CONFIG_FILE")
    monkeypatch.delenv("AWS_SHARED_CREDENTIALS_FILE")
    monkeypatch.delenv("BOTO_CONFIG")
    for variable, value in case["env"].items():
        monkeypatch.setenv(variable, value)
    # In the same second the tokens are the same, and so are the secrets behind them.
    for _ in range(3):
        theirs = with_boto3.token(case["profile"], region)
        ours = by_rdsiam(case["profile"], region)
        if theirs == ours or FAILED in (theirs, ours):
            break
    if case["boto3"]:
        assert shape(ours) != shape(theirs), "no difference any more"
    else:
        assert ours == theirs
