"""No test sees the AWS environment of the machine it runs on."""

import os
from pathlib import Path

import pytest

# Where there is no stand-in the tests that log in are left out; where one is required, they
# run and fail.
if "STANDIN_HOST" not in os.environ and os.environ.get("RDSIAM_REQUIRE_STANDIN") != "1":
    collect_ignore = [
        "test_drivers.py",
        "test_frameworks.py",
        "test_lambda.py",
        "test_login.py",
        "test_programs.py",
        "test_reconnect.py",
        "test_retry.py",
    ]


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("BOTO_CONFIG", str(tmp_path / "no-boto"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SECRETKEYEXAMPLE")
