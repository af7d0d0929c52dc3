"""`rdsiam ca`; which file serves is the rule of tests/ca, which the crate's own tests run."""

import json

import pytest
from conftest import ROOT

CERTIFICATES = ROOT / "tests" / "ca"


def test_the_path_of_the_file_that_the_variable_names(rdsiam):
    file = CERTIFICATES / "us-east-1.pem"
    done = rdsiam("ca", "--region", "us-east-1", env={"RDSIAM_CA_BUNDLE": str(file)})
    assert (done.returncode, done.stdout) == (0, f"{file}\n")


def test_a_file_that_does_not_serve_is_no_answer(rdsiam):
    for name, word in (("other", "no root certificate"), ("ended-us-east-1", "out of date")):
        file = CERTIFICATES / f"{name}.pem"
        for arguments, env in (
            (["ca"], {"RDSIAM_CA_BUNDLE": str(file)}),
            (["ca", "--check", file], {}),
        ):
            done = rdsiam(*arguments, env=env)
            assert (done.returncode, done.stdout) == (253, "")
            assert word in done.stderr


def test_the_roots_and_their_ends(rdsiam):
    both = "".join((CERTIFICATES / f"{n}.pem").read_text() for n in ("us-east-1", "eu-west-1"))
    (rdsiam.home / "both.pem").write_text(both)
    done = rdsiam("ca", "--list", "--check", "both.pem")
    assert done.stdout.startswith("both.pem\n  until ")
    assert "Amazon RDS us-east-1 Root CA" in done.stdout
    assert "not known as published" in done.stdout
    told = json.loads(rdsiam("ca", "--json", "--check", "both.pem").stdout)
    assert {root["region"] for root in told["roots"]} == {"us-east-1", "eu-west-1"}
    missing = rdsiam("ca", "--check", "both.pem", "--region", "ap-east-1")
    assert missing.returncode == 253
    assert "no root of RDS for ap-east-1" in missing.stderr


@pytest.mark.parametrize(
    ("region", "url"),
    [
        (None, "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"),
        ("eu-west-1", "https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem"),
        ("us-gov-west-1", "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/"),
        ("cn-north-1", "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/"),
    ],
)
def test_where_they_are_published(rdsiam, region, url):
    done = rdsiam("ca", "--download-hint", *(["--region", region] if region else []))
    assert done.returncode == 0
    assert f"curl --fail --remote-name {url}" in done.stdout
