"""The known answers that every language runs."""

import json
from pathlib import Path
from typing import Any

import botocore
import pytest

import rdsiam
from rdsiam import _rdsiam
from support import STATIC, VECTORS

TOKENS = json.loads((VECTORS / "tokens.json").read_text())
ENDPOINTS = json.loads((VECTORS / "endpoints.json").read_text())["endpoints"]
INVALID = json.loads((VECTORS / "invalid.json").read_text())

INPUTS = (
    "host",
    "port",
    "user",
    "region",
    "access_key_id",
    "secret_access_key",
    "session_token",
    "unix_time",
    "expires",
)
BASIC = next(v for v in TOKENS["vectors"] if v["id"] == "botocore: basic")


def test_every_token_is_right_to_the_byte() -> None:
    run = 0
    for vector in TOKENS["vectors"]:
        if vector["style"] == "botocore":
            token = _rdsiam._sign_at(*(vector[name] for name in INPUTS))
            assert token == vector["token"], vector["id"]
            run += 1
    assert run == TOKENS["count_by_style"]["botocore"] > 0
    assert len(TOKENS["vectors"]) == TOKENS["count"]


def test_every_endpoint_tells_its_region() -> None:
    assert len(ENDPOINTS) > 20
    for host, region in ENDPOINTS.items():
        cache = rdsiam.TokenCache(host, 5432, "app", credentials=STATIC)
        assert cache.region == region, host
        if region is None:
            with pytest.raises(rdsiam.RegionMissingError):
                cache.get_token()
        else:
            assert rdsiam.explain(cache.get_token()).region == region, host


def test_every_region_that_botocore_knows_is_found_in_a_host() -> None:
    folder = Path(botocore.__file__).parent / "data"
    partitions = json.loads((folder / "endpoints.json").read_text())["partitions"]
    assert len(partitions) >= 7
    for partition in partitions:
        for region in partition["regions"]:
            for form in (f"{region}.rds", f"rds.{region}"):
                host = f"mydb.abc123.{form}.{partition['dnsSuffix']}"
                assert rdsiam.TokenCache(host, 5432, "app").region == region, host


def test_the_environment_tells_the_region_as_it_does_boto3(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    cache = rdsiam.TokenCache("db.example.com", 5432, "app", credentials=STATIC)
    assert rdsiam.explain(cache.get_token()).region == "eu-west-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    cache = rdsiam.TokenCache("db.example.com", 5432, "app", credentials=STATIC)
    assert rdsiam.explain(cache.get_token()).region == "eu-west-2"


def changed(case: dict[str, Any]) -> dict[str, Any]:
    return {name: BASIC[name] for name in INPUTS} | case["changes"]


def check(error: rdsiam.RdsIamError, case: dict[str, Any]) -> None:
    assert error.code == case.get("code", "ERR_RDSIAM_INVALID_ARGUMENT")
    assert case["field"] in str(error)
    assert isinstance(error, ValueError) is ("code" not in case)


def cases() -> list[Any]:
    assert len(INVALID["cases"]) == INVALID["count"] > 0
    return [
        pytest.param(c, id=c["id"]) for c in INVALID["cases"] if "python" not in c.get("not_in", [])
    ]


@pytest.mark.parametrize("case", cases())
def test_what_is_refused_by_the_signer(case: dict[str, Any]) -> None:
    with pytest.raises(rdsiam.RdsIamError) as caught:
        _rdsiam._sign_at(*changed(case).values())
    check(caught.value, case)


@pytest.mark.parametrize("case", cases())
def test_what_is_refused_by_the_cache(case: dict[str, Any]) -> None:
    given = changed(case)
    with pytest.raises(rdsiam.RdsIamError) as caught:
        rdsiam.TokenCache(
            given["host"],
            given["port"],
            given["user"],
            given["region"],
            credentials=STATIC,
            expires=given["expires"],
        ).get_token()
    check(caught.value, case)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("case", [p for p in cases() if p.values[0]["field"] != "expires"])
def test_what_is_refused_in_place_of_boto3(case: dict[str, Any]) -> None:
    given = changed(case)  # boto3's function has no `expires`.
    for make in (rdsiam.generate_db_auth_token, rdsiam.client("rds").generate_db_auth_token):
        with pytest.raises(rdsiam.RdsIamError) as caught:
            make(given["host"], given["port"], given["user"], given["region"])
        check(caught.value, case)


def test_no_case_was_lost() -> None:
    assert len(cases()) == INVALID["count"]
