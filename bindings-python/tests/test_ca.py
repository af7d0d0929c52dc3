"""`ca_bundle` finds certificates of RDS, and says what is wrong with others, as Node's does."""

import json
import os
import re
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


def test_both_faces_look_in_the_same_places() -> None:
    assert list(_ca._PLACES) == RULE["places"]
    assert len(CASES) == len(RULE["cases"]) > 20


@pytest.mark.parametrize("name", CASES)
def test_what_is_found_and_what_is_said(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    case = CASES[name]
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RDSIAM_CA_BUNDLE", raising=False)
    if "variable" in case:
        monkeypatch.setenv("RDSIAM_CA_BUNDLE", case["variable"])
    for place, certificates in case["files"].items():
        file = Path(os.path.expanduser(place))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join((FOLDER / f"{one}.pem").read_text() for one in certificates))

    def here(text: str) -> str:
        text = re.sub(r"(?<![^ ;])\./", f"{tmp_path}/", text)
        return re.sub(r"(?<![^ ;])~/", f"{tmp_path}/home/", text)

    if "found" in case:
        assert rdsiam.ca_bundle(case.get("region")) == here(case["found"])
    else:
        with pytest.raises(rdsiam.InvalidArgumentError) as raised:
            rdsiam.ca_bundle(case.get("region"))
        assert str(raised.value) == here(case["says"])
