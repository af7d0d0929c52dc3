"""A callback with user data as the source of credentials, and logins with what it gives."""

import os
import time

import pytest

from bindings import Binding
from proof import STANDIN_KEYS, log_in, login, signed_with

KEY, SECRET, SESSION = STANDIN_KEYS
OTHER = ("AKIDOTHER", "SECRETOTHER", "-")


@pytest.fixture
def binding():
    with Binding("c-asan", login(), "provider") as binding:
        held = binding.held()
        yield binding
        assert binding.held(held) == held


def test_keys_given_in_code_log_in():
    names = ("STANDIN_STATIC_ACCESS_KEY_ID", "STANDIN_STATIC_SECRET_ACCESS_KEY")
    key, secret = (os.environ.get(name, name) for name in names)
    with Binding("c-asan", login(), f"keys={key},{secret},0") as binding:
        for call in ("get", "sign"):
            answer = binding.ask(call)
            assert signed_with(answer["token"]) == (key, None)
            log_in(answer["token"])


def ending_in(seconds):
    return int(time.time()) + seconds


def check_token(binding, call, end=None):
    """A token by the keys of the stand-in, which lets it in."""
    answer = binding.ask(call)
    assert "code" not in answer, answer
    assert signed_with(answer["token"]) == (KEY, SESSION)
    if end is None:
        assert 890 < answer["expires_at"] - time.time() <= 900
    else:
        assert answer["expires_at"] == end
    log_in(answer["token"])


def test_keys_without_an_end_log_in(binding):
    binding.ask("give", "plain", *STANDIN_KEYS, 0)
    binding.ask("give", "forced", "fail")
    for call in ("get", "get", "sign"):
        check_token(binding, call)
    # All are signed with what was fetched once.
    assert binding.ask("asked")["asked"] == [False]


def test_keys_with_an_end_that_is_the_tokens(binding):
    end = ending_in(300)
    for kind in ("plain", "forced"):
        binding.ask("give", kind, *STANDIN_KEYS, end)
    check_token(binding, "get", end)
    check_token(binding, "sign", end)
    assert binding.ask("asked")["asked"] == [False, True]


@pytest.mark.parametrize("first_ends", [-60, 300])
def test_newer_keys_are_asked_for_and_used(binding, first_ends):
    binding.ask("give", "plain", *OTHER, ending_in(first_ends))
    binding.ask("give", "forced", *STANDIN_KEYS, ending_in(3600))
    check_token(binding, "get")
    check_token(binding, "sign")
    assert binding.ask("asked")["asked"] == [False, True]


def test_where_there_are_no_newer_keys_the_first_serve(binding):
    end = ending_in(300)
    binding.ask("give", "plain", *STANDIN_KEYS, end)
    binding.ask("give", "forced", "fail")
    check_token(binding, "get", end)
    check_token(binding, "sign", end)


@pytest.mark.parametrize("forced", [("fail",), (*OTHER, 1)])
@pytest.mark.parametrize("call", ["get", "sign"])
def test_ended_keys_never_sign(binding, call, forced):
    binding.ask("give", "plain", *OTHER, ending_in(-60))
    binding.ask("give", "forced", *forced)
    answer = binding.ask(call)
    assert (answer["status"], answer["retryable"]) == (21, True)
    assert "expired at 20" in answer["message"]
    binding.ask("give", "plain", *STANDIN_KEYS, 0)
    check_token(binding, call)


@pytest.mark.parametrize(("given", "seen"), [(20, 20), (21, 21), (22, 22), (31, 31), (-7, 22)])
@pytest.mark.parametrize("call", ["get", "sign"])
def test_a_failure_is_told_and_the_next_call_recovers(binding, call, given, seen):
    binding.ask("give", "plain", "fail", given)
    answer = binding.ask(call)
    assert answer["status"] == seen
    binding.ask("give", "plain", *STANDIN_KEYS, 0)
    check_token(binding, call)
