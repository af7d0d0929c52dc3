"""`ca_bundle` finds certificates of RDS, and says what is wrong with others."""

import os
import subprocess
from pathlib import Path

import pytest

import rdsiam

ROOT = "/O=Amazon Web Services, Inc./CN=Amazon RDS {} Root CA RSA2048 G1"

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def certificate(folder: Path, subject: str, days: int = 2) -> str:
    """A root of our own making: what counts is its subject, its end and that it is one."""
    path = folder / f"{abs(hash((subject, days)))}.pem"
    command = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
    ]
    subprocess.run(
        ["openssl", *command, os.devnull, "-out", str(path), "-days", str(days), "-subj", subject],
        check=True,
        capture_output=True,
    )
    return str(path)


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RDSIAM_CA_BUNDLE", raising=False)
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")


def test_a_bundle_in_the_working_folder_or_in_that_of_libpq_is_found(tmp_path: Path) -> None:
    roots = [certificate(tmp_path, ROOT.format(r)) for r in ("us-east-1", "eu-central-1")]
    bundle = "".join(Path(root).read_text() for root in roots)
    libpq = tmp_path / "home" / ".postgresql" / "root.crt"
    libpq.parent.mkdir()
    libpq.write_text(bundle)
    assert rdsiam.ca_bundle() == str(libpq)
    assert rdsiam.ca_bundle("eu-central-1") == str(libpq)
    Path("eu-central-1-bundle.pem").write_text(bundle)
    assert rdsiam.ca_bundle("eu-central-1") == "./eu-central-1-bundle.pem"
    Path("global-bundle.pem").write_text(bundle)
    assert rdsiam.ca_bundle("eu-central-1") == "./global-bundle.pem"
    assert rdsiam.ca_bundle() == "./global-bundle.pem"


def test_the_variable_goes_first_and_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = certificate(tmp_path, ROOT.format("us-east-1"))
    Path("global-bundle.pem").write_text(Path(good).read_text())
    monkeypatch.setenv("RDSIAM_CA_BUNDLE", good)
    assert rdsiam.ca_bundle("us-east-1") == good
    monkeypatch.setenv("RDSIAM_CA_BUNDLE", str(tmp_path / "none.pem"))
    with pytest.raises(rdsiam.InvalidArgumentError, match=r"none\.pem cannot be read"):
        rdsiam.ca_bundle("us-east-1")


@pytest.mark.parametrize(
    ("subject", "days", "region", "problem"),
    [
        ("/CN=ISRG Root X1", 2, None, "has no root certificate of RDS"),
        ("/CN=Not Amazon RDS us-east-1 Root CA RSA2048 G1", 2, None, "has no root certificate"),
        (ROOT.format("us-east-1"), -1, None, "that have expired"),
        (ROOT.format("us-east-1"), -1, "us-east-1", "that have expired"),
        (ROOT.format("us-east-1"), 2, "eu-west-1", "no root of RDS for eu-west-1"),
    ],
)
def test_what_will_not_do_is_said(
    subject: str, days: int, region: str | None, problem: str, tmp_path: Path
) -> None:
    path = certificate(tmp_path, subject, days) if days > 0 else expired(tmp_path, subject)
    Path("global-bundle.pem").write_text(Path(path).read_text())
    with pytest.raises(rdsiam.InvalidArgumentError, match=problem) as raised:
        rdsiam.ca_bundle(region)
    wanted = f"/{region}/{region}-bundle.pem" if region else "/global/global-bundle.pem"
    assert wanted in str(raised.value)


def expired(folder: Path, subject: str) -> str:
    """`openssl ca` alone lets one choose both dates."""
    (folder / "index").touch()
    (folder / "serial").write_text("01\n")
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca=own\n[own]\ndatabase=index\nserial=serial\nnew_certs_dir=.\n"
        "default_md=sha256\npolicy=any\nx509_extensions=root\n[any]\norganizationName=optional\n"
        "commonName=supplied\n[root]\nbasicConstraints=critical,CA:TRUE\n"
        "[req]\ndistinguished_name=name\n[name]\n"
    )
    request = [
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-config",
        "ca.cnf",
    ]
    sign = [
        "ca",
        "-batch",
        "-notext",
        "-selfsign",
        "-config",
        "ca.cnf",
        "-keyfile",
        "key",
        "-in",
        "csr",
        "-out",
        "expired.pem",
    ]
    dates = ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"]
    for command in ([*request, "-keyout", "key", "-out", "csr", "-subj", subject], [*sign, *dates]):
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    return str(folder / "expired.pem")


@pytest.mark.parametrize(
    ("region", "place"),
    [
        ("us-gov-west-1", "truststore.pki.us-gov-west-1.rds.amazonaws.com"),
        ("cn-north-1", "cn-north-1.amazonaws.com.cn"),
    ],
)
def test_other_partitions_have_a_place_of_their_own(region: str, place: str) -> None:
    with pytest.raises(rdsiam.InvalidArgumentError, match=place):
        rdsiam.ca_bundle(region)
