"""A clock that steps, and credentials of the default chain, which are kept for a while."""

import time

import pytest

import emulator
import setups
from bindings import Binding
from clock import Clock
from proof import signed_at, signed_with
from stand import LOGIN

HOUR = 3600


@pytest.fixture
def served():
    with emulator.Emulator() as served:
        served.mode("container", "rotate")
        yield served


class Chain:
    """A binding by a container endpoint, whose keys change with each request."""

    def __init__(self, name, clock, served, folder):
        self.clock, self.served = clock, served
        env = setups.make(served, "container-token", folder)["env"]
        self.binding = Binding(name, LOGIN, "default", {**env, **clock.env})

    def lives(self, seconds):
        """Of the keys that are handed out from now on, by the clock that steps."""
        self.served.config["seconds"] = self.clock.offset + seconds

    def answer(self, call):
        before = self.clock.now()
        answer = self.binding.ask(call)
        if "token" in answer:
            after = self.clock.now()
            asked = self.served.requests("container")
            ends = {entry["access_key_id"]: entry["expires_at"] for entry in asked}
            token = answer["token"]
            end = min(ends[signed_with(token)[0]], signed_at(token) + 900)
            assert answer["expires_at"] in (None, end)
            assert signed_at(token) <= after
            assert end > before
            assert call != "sign" or signed_at(token) >= before
        return answer

    def key(self, call):
        answer = self.answer(call)
        assert "token" in answer, answer
        return signed_with(answer["token"])[0].partition("CONTAINER")[2]

    def comes(self, call, key):
        """These keys sign as soon as a background fetch has brought them."""
        deadline = time.monotonic() + 10
        while self.key(call) != key:
            assert time.monotonic() < deadline, "no refresh came"
            time.sleep(0.02)


@pytest.fixture
def chain(name, library, served, tmp_path):
    clock = Clock(library, tmp_path)
    chain = Chain(name, clock, served, tmp_path / "home")
    with chain.binding:
        yield chain


def test_sign_keeps_what_it_fetched_while_that_is_good(chain):
    assert [chain.key("sign"), chain.key("sign")] == ["1", "1"]
    # A day of the clock is no day of the keys.
    chain.clock.step(2 * HOUR)
    chain.lives(HOUR)
    assert chain.key("sign") == "2"
    # Far enough from their end.
    chain.clock.step(1800)
    assert chain.key("sign") == "2"
    # Less than 15 minutes from it: they still sign while newer ones are fetched.
    chain.clock.step(1000)
    chain.lives(HOUR)
    assert chain.key("sign") == "2"
    chain.comes("sign", "3")
    # Where the clock was set back they are valid as well.
    chain.clock.step(-2 * HOUR)
    assert chain.key("sign") == "3"
    chain.clock.step(4 * HOUR)
    chain.served.mode("container", "status:403")
    assert chain.answer("sign")["code"] == "ERR_RDSIAM_CREDENTIALS_PROVIDER"


def test_sign_keeps_nothing_beyond_its_end(chain):
    chain.lives(30)
    # Asked for twice, by the rule of 15 minutes.
    assert [chain.key("sign"), chain.key("sign")] == ["2", "2"]
    chain.clock.step(31)
    chain.lives(30)
    assert chain.key("sign") == "4"


def test_get_renews_by_the_clock(chain):
    assert [chain.key("get"), chain.key("get")] == ["1", "1"]
    # A stale token is signed anew, with keys that have long enough to live.
    chain.clock.step(850)
    assert chain.key("get") == "1"
    assert len(chain.served.requests("container")) == 1
    # Less than 15 minutes from the end of the keys.
    chain.clock.step(1900)
    chain.lives(HOUR)
    assert chain.key("get") == "1"
    # A token of newer keys is made where the one of the old keys is stale.
    chain.clock.step(800)
    chain.comes("get", "2")
    chain.clock.step(2 * HOUR)
    chain.lives(HOUR)
    assert chain.key("get") == "3"
    # The token is one of the future; the keys are not.
    chain.clock.step(-HOUR)
    assert chain.key("get") == "3"
    chain.served.mode("container", "status:403")
    chain.clock.step(3 * HOUR)
    assert chain.answer("get")["code"] == "ERR_RDSIAM_CREDENTIALS_PROVIDER"


def test_keys_that_ended_by_the_clock_never_sign(chain):
    chain.clock.step(2 * HOUR)
    for call in ("get", "sign"):
        # The emulator says in an hour, which was an hour ago.
        assert chain.answer(call)["code"] == "ERR_RDSIAM_CREDENTIALS_EXPIRED"
    chain.lives(HOUR)
    for call in ("get", "sign"):
        chain.key(call)
