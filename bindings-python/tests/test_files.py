"""Config and credentials files as people write them: what boto3 makes of each, asked beside it."""

import os
import re
import time
from pathlib import Path
from random import Random
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
    # Tokens signed in the same second are equal if the secrets are.
    for _ in range(3):
        theirs = with_boto3.token(case["profile"], region)
        ours = by_rdsiam(case["profile"], region)
        if theirs == ours or FAILED in (theirs, ours):
            break
    if case["boto3"]:
        assert shape(ours) != shape(theirs), "no difference any more"
    else:
        assert ours == theirs


FILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
# Parts of files.
PARTS = [
    *["[", "]", "=", ":", " ", "  ", "\t", "\n", "\r", "\r\n", "#", ";", "'", '"', "\\", ",", "é"],
    *["\ufeff", "\x85", "\xa0", "\u2028", "\x0b", "\x1c", "\n ", "\n  ", "\n\t"],
    *["default", "profile ", "DEFAULT", "[default]\n", "[profile default]\n", "[profile x]\n"],
    *["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "region", "s3 =\n"],
    *[
        "aws_access_key_id = AKIDONE\n",
        "aws_secret_access_key = SECRETONE\n",
        "region = eu-west-1\n",
    ],
    *["aws_access_key_id=AKIDTWO\n", "  aws_secret_access_key : SECRETTWO\n", "AKID", " # x\n"],
]
KEYS = "aws_access_key_id = AKID\naws_secret_access_key = SECRET\naws_session_token = TOKEN\n"
START = f"[default]\n{KEYS}region = us-east-1\n"
ROUNDS = int(os.environ.get("RDSIAM_ROUNDS", "400"))


def made(random: Random) -> list[str]:
    """A config file and a credentials file, of which one has keys."""
    texts = []
    for text in ("", START):
        lines = text.splitlines(keepends=True)
        for part in random.choices(PARTS, k=random.randrange(4)):
            lines.insert(random.randrange(len(lines) + 1), part)
        texts.append("".join(lines))
    random.shuffle(texts)
    return texts


def signed_with(key: str, secret: str, session: str | None) -> str:
    client = rdsiam.client(
        "rds",
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=session,
    )
    return client.generate_db_auth_token(*LOGIN)


def test_random_files_beside_botocore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = int(os.environ.get("RDSIAM_SEED", time.time_ns()))
    print(f"RDSIAM_SEED={seed}")
    random = Random(seed)
    monkeypatch.setenv("HOME", str(tmp_path))
    found = 0
    for number in range(ROUNDS):
        files = made(random)
        for variable, text in zip(FILES, files, strict=True):
            path = tmp_path / f"{number}-{variable}"
            path.write_bytes(text.encode())
            monkeypatch.setenv(variable, str(path))
        theirs = with_boto3.keys()
        ours = by_rdsiam(None, "us-east-1")
        # An empty key, which boto3 would sign with, signs nothing here.
        if isinstance(theirs, str) or not all(theirs[:2]):
            assert ours == FAILED, files
            continue
        found += 1
        # In the same second the tokens are the same.
        if ours != signed_with(*theirs):
            assert by_rdsiam(None, "us-east-1") == signed_with(*theirs), files
    assert ROUNDS / 8 < found < ROUNDS * 7 / 8
