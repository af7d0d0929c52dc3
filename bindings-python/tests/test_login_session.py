"""The session of `aws login`: what is kept of it, and what happens where it does not serve."""

import json
import stat
import time
from pathlib import Path

import pytest

import cases
import emulator
import proof
import setups
from answers import timestamp
from bindings import Binding


def cache(env: dict[str, str]) -> Path:
    (file,) = Path(env["AWS_LOGIN_CACHE_DIRECTORY"]).iterdir()
    return file


def test_what_was_renewed_is_kept_for_boto3_as_well(tmp_path: Path) -> None:
    with emulator.Emulator() as served:
        setup = setups.make(served, "login-refresh", tmp_path)
        file = cache(setup["env"])
        file.chmod(0o644)
        before = json.loads(file.read_text())
        with Binding("python", proof.login(), env=setup["env"]) as binding:
            assert "token" in binding.ask("get")
        after = json.loads(file.read_text())
        assert set(after) == set(before)
        assert after["idToken"] == before["idToken"]
        assert after["accessToken"]["accountId"] == before["accessToken"]["accountId"]
        assert after["accessToken"]["expiresAt"] > timestamp(time.time() + 3000)
        # There are keys in it.
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        # Neither the next process nor boto3 asks again.
        served.clear()
        for ask in ("get", "peer"):
            with Binding("python", proof.login(), env=setup["env"]) as binding:
                assert "token" in binding.ask(ask)
        assert served.requests() == []


@pytest.mark.parametrize("mode", ["status:403", "status:500", "not-json"])
def test_a_session_that_has_ended_and_is_not_renewed(mode: str, tmp_path: Path) -> None:
    with emulator.Emulator() as served:
        setup = setups.make(served, "login-refresh", tmp_path)
        served.mode("signin", mode)
        with Binding("python", proof.login(), env=setup["env"]) as binding:
            told = binding.ask("get")
        assert told["code"] == cases.PROVIDER
        assert "aws login --profile app" in told["message"]
        assert ("TOKEN_EXPIRED" in told["message"]) == (mode == "status:403")
        assert told["retryable"] == (mode != "status:403")


@pytest.mark.parametrize(("mode", "serves"), [("status:500", True), ("status:403", False)])
def test_the_rest_of_a_session_serves_unless_it_is_over(
    mode: str, serves: bool, tmp_path: Path
) -> None:
    """As with the JS SDK."""
    with emulator.Emulator() as served:
        setup = setups.make(served, "login-refresh", tmp_path)
        file = cache(setup["env"])
        kept = json.loads(file.read_text())
        kept["accessToken"]["expiresAt"] = timestamp(time.time() + 200)
        file.write_text(json.dumps(kept))
        served.mode("signin", mode)
        with Binding("python", proof.login(), env=setup["env"]) as binding:
            assert ("token" in binding.ask("get")) == serves


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dpopKey": "SECRET"}, "P-256"),
        ({"refreshToken": ""}, "refreshToken"),
        ({"accessToken": {}}, "accessToken.expiresAt"),
        ("{", "is not JSON"),
        (None, "cannot be read"),
    ],
)
def test_an_odd_cache_is_named_and_not_quoted(
    change: dict[str, str] | str | None, words: str, tmp_path: Path
) -> None:
    with emulator.Emulator() as served:
        setup = setups.make(served, "login-refresh", tmp_path)
        file = cache(setup["env"])
        if change is None:
            file.unlink()
        elif isinstance(change, str):
            file.write_text(change)
        else:
            file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
        with Binding("python", proof.login(), env=setup["env"]) as binding:
            told = binding.ask("get")
        assert told["code"] == cases.PROVIDER
        assert words in told["message"], told
        assert "aws login --profile app" in told["message"]
        assert "SECRET" not in told["message"].replace("AWS_SECRET_ACCESS_KEY", "")
