"""Which keys and which region win where several are there: as with boto3, asked beside it."""

import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError, PartialCredentialsError, ProfileNotFound

import emulator
import rdsiam
import setups

# The table that Node's tests read too.
TABLE = json.loads((Path(__file__).parents[2] / "tests/vectors/precedence.json").read_text())
HOST: str = TABLE["host"]
CONFIG = "\n".join([*TABLE["config"], ""])
# AWS_REGION is no variable of boto3's, and the fall-back here.
ENVIRONMENTS = {name: env for name, env in TABLE["environments"].items() if name != "region"}
CASES = [
    (chosen, named)
    for count in range(len(ENVIRONMENTS) + 1)
    for chosen in itertools.combinations(ENVIRONMENTS, count)
    for named in (None, TABLE["named"])
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


KEYS = TABLE["environments"]["keys"]


NOTHING_FOUND = (
    rdsiam.CredentialsNotFoundError,
    ProfileNotFound,
    NoCredentialsError,
    PartialCredentialsError,
)


def found(make: Callable[[], str]) -> str | None:
    try:
        return rdsiam.explain(make()).access_key_id
    except NOTHING_FOUND:
        return None


@pytest.mark.parametrize("case", TABLE["odd"], ids=lambda case: case["name"])
def test_odd_cases_as_with_boto3(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env, profile, expected = case["env"], case["profile"], case["boto3"]
    config = tmp_path / "config"
    config.write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for variable, value in env.items():
        monkeypatch.setenv(variable, value)
    region = "eu-west-1"

    def theirs() -> str:
        client = boto3.Session(profile_name=profile).client("rds", region_name=region)
        return str(client.generate_db_auth_token(HOST, 5432, "app"))

    assert found(theirs) == expected
    # docs/sources.md says why.
    expected = case.get("python", expected)
    rds = rdsiam.client("rds", region_name=region, profile_name=profile)
    assert found(lambda: rds.generate_db_auth_token(HOST, 5432, "app")) == expected
    cache = rdsiam.TokenCache(HOST, 5432, "app", region, profile=profile)
    assert found(cache.get_token) == expected


def test_keys_of_the_credentials_file_go_before_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (
        ("AWS_CONFIG_FILE", CONFIG),
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            "[process]\naws_access_key_id = AKIDFILE\naws_secret_access_key = SECRETFILE\n",
        ),
    ):
        file = tmp_path / name
        file.write_text(text)
        monkeypatch.setenv(name, str(file))
    client = boto3.Session(profile_name="process").client("rds")
    assert found(lambda: client.generate_db_auth_token(HOST, 5432, "app")) == "AKIDFILE"
    assert found(rdsiam.TokenCache(HOST, 5432, "app", profile="process").get_token) == "AKIDFILE"


def test_keys_of_the_environment_end_when_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)

    def ending_in(seconds: int) -> int:
        end = int(time.time()) + seconds
        text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
        monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", text)
        return end

    cache = rdsiam.TokenCache(HOST, 5432, "app", "eu-west-1")
    end = ending_in(300)
    assert cache.get().expires_at == end
    cache.invalidate()
    ending_in(-1)
    with pytest.raises(rdsiam.CredentialsExpiredError):
        cache.get()
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "soon")
    with pytest.raises(rdsiam.InvalidArgumentError, match="AWS_CREDENTIAL_EXPIRATION"):
        cache.get()


def test_a_web_identity_goes_before_the_keys_of_a_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with boto3, and unlike the JS SDK; not where the profile is named."""
    with emulator.Emulator() as served:
        setup = setups.make(served, "web-identity", tmp_path)
        for name, value in setup["env"].items():
            monkeypatch.setenv(name, value)
        Path(setup["env"]["AWS_CONFIG_FILE"]).write_text(CONFIG)
        for profile, expected in ((None, setup["access_key_id"]), ("other", "AKIDOTHER")):
            client = boto3.Session(profile_name=profile).client("rds")
            assert found(lambda c=client: c.generate_db_auth_token(HOST, 5432, "a")) == expected
            cache = rdsiam.TokenCache(HOST, 5432, "app", profile=profile)
            assert found(cache.get_token) == expected


def test_a_profile_without_credentials_hides_no_other_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with boto3, for which only a profile that is not there ends the search."""
    with emulator.Emulator() as served:
        setup = setups.make(served, "container-token", tmp_path)
        for name, value in setup["env"].items():
            monkeypatch.setenv(name, value)
        Path(setup["env"]["AWS_CONFIG_FILE"]).write_text(CONFIG)
        for profile, expected in (("region-alone", setup["access_key_id"]), ("nowhere", None)):
            monkeypatch.setenv("AWS_PROFILE", profile)

            def theirs() -> str:
                client = boto3.Session().client("rds")
                return str(client.generate_db_auth_token(HOST, 5432, "app"))

            assert found(theirs) == expected
            assert found(rdsiam.TokenCache(HOST, 5432, "app").get_token) == expected


@pytest.mark.parametrize("in_environment", list(itertools.product((True, False), repeat=2)))
def test_the_profile_completes_a_web_identity(
    in_environment: tuple[bool, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with boto3: each setting is looked up in the environment first."""
    with emulator.Emulator() as served:
        setup = setups.make(served, "web-identity", tmp_path)
        env = setup["env"]
        token, role = env["AWS_WEB_IDENTITY_TOKEN_FILE"], env["AWS_ROLE_ARN"]
        profile = "[default]\n"
        for here, variable, line in (
            (
                in_environment[0],
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                f"web_identity_token_file = {token}",
            ),
            (in_environment[1], "AWS_ROLE_ARN", f"role_arn = {role}"),
        ):
            if not here:
                del env[variable]
                profile += line + "\n"
        # A role without a web identity in the profile would be assumed with other keys.
        if in_environment == (True, False):
            profile += "web_identity_token_file = /nowhere\n"
        Path(env["AWS_CONFIG_FILE"]).write_text(profile)
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        client = boto3.Session().client("rds")
        assert found(lambda: client.generate_db_auth_token(HOST, 5432, "a")) is not None
        assert found(rdsiam.TokenCache(HOST, 5432, "app").get_token) == setup["access_key_id"]


def test_boto3_prefers_the_older_name_of_a_session_token(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = {"AWS_SESSION_TOKEN": "NEW", "AWS_SECURITY_TOKEN": "OLD"}
    for name, value in {**KEYS, **tokens}.items():
        monkeypatch.setenv(name, value)
    client = boto3.Session().client("rds", region_name="eu-west-1")
    for token in (
        client.generate_db_auth_token(HOST, 5432, "app"),
        rdsiam.TokenCache(HOST, 5432, "app", "eu-west-1").get_token(),
    ):
        assert "X-Amz-Security-Token=OLD&" in token
