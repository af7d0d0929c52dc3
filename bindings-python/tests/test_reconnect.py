"""A connection that its driver makes again logs in with a valid token, not with its first one."""

import os

import pytest

import reconnects
from logins import (
    NAMES_ARE_KNOWN,
    PEERS,
    env,
    run_where_names_are_known,
    settings,
    short_lived,
    together,
    verdicts,
    wait_for_the_end,
)

ROWS = {"by name": reconnects.BY_NAME, "in C": reconnects.IN_C}.get(
    os.environ.get("RDSIAM_ROWS", ""), reconnects.HERE
)


def reconnect(name: str) -> None:
    cache = short_lived(name)
    seen = len(verdicts())
    user = ROWS[name](settings(name, cache), lambda: wait_for_the_end(cache))
    assert user.partition("@")[0] == env("USER")
    assert cache.stats()["signatures"] >= 2
    assert set(verdicts()[seen:]) == {"accepted"}


# PyMySQL's and mysqlclient's `reconnect`.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", ROWS)
def test_a_reconnect_has_a_valid_token(name: str, request: pytest.FixtureRequest) -> None:
    together(request, reconnect)


if not NAMES_ARE_KNOWN:

    @pytest.mark.parametrize("which", ["by name", "in C"])
    def test_drivers_that_verify_the_name_they_dial(which: str) -> None:
        rows = {"by name": reconnects.BY_NAME, "in C": reconnects.IN_C}[which]
        more = [str(PEERS / "mysql-connector-python")] if which == "in C" else []
        said = run_where_names_are_known(__file__, which, more)
        assert f"{len(rows)} passed" in said
