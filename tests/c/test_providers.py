"""A callback with user data as the source of credentials, and logins with what it gives."""

import os
import time

import pytest

from faces import Face
from proof import STANDIN_KEYS, log_in, login, signed_with

KEY, SECRET, SESSION = STANDIN_KEYS
OTHER = ("AKIDOTHER", "SECRETOTHER", "-")


@pytest.fixture
def face():
    with Face("c-asan", login(), "provider") as face:
        held = face.held()
        yield face
        assert face.held(held) == held


def test_keys_given_in_code_log_in():
    names = ("STANDIN_STATIC_ACCESS_KEY_ID", "STANDIN_STATIC_SECRET_ACCESS_KEY")
    key, secret = (os.environ.get(name, name) for name in names)
    with Face("c-asan", login(), f"keys={key},{secret},0") as face:
        for call in ("get", "sign"):
            answer = face.ask(call)
            assert signed_with(answer["token"]) == (key, None)
            log_in(answer["token"])


def ending_in(seconds):
    return int(time.time()) + seconds


def check_token(face, call, end=None):
    """A token by the keys of the stand-in, which lets it in."""
    answer = face.ask(call)
    assert "code" not in answer, answer
    assert signed_with(answer["token"]) == (KEY, SESSION)
    if end is None:
        assert 890 < answer["expires_at"] - time.time() <= 900
    else:
        assert answer["expires_at"] == end
    log_in(answer["token"])


def test_keys_without_an_end_log_in(face):
    face.ask("give", "plain", *STANDIN_KEYS, 0)
    face.ask("give", "forced", "fail")
    for call in ("get", "get", "sign"):
        check_token(face, call)
    # All are signed with what was fetched once.
    assert face.ask("asked")["asked"] == [False]


def test_keys_with_an_end_that_is_the_tokens(face):
    end = ending_in(300)
    for kind in ("plain", "forced"):
        face.ask("give", kind, *STANDIN_KEYS, end)
    check_token(face, "get", end)
    check_token(face, "sign", end)
    assert face.ask("asked")["asked"] == [False, True]


@pytest.mark.parametrize("first_ends", [-60, 300])
def test_newer_keys_are_asked_for_and_used(face, first_ends):
    face.ask("give", "plain", *OTHER, ending_in(first_ends))
    face.ask("give", "forced", *STANDIN_KEYS, ending_in(3600))
    check_token(face, "get")
    check_token(face, "sign")
    assert face.ask("asked")["asked"] == [False, True]


def test_where_there_are_no_newer_keys_the_first_serve(face):
    end = ending_in(300)
    face.ask("give", "plain", *STANDIN_KEYS, end)
    face.ask("give", "forced", "fail")
    check_token(face, "get", end)
    check_token(face, "sign", end)


@pytest.mark.parametrize("forced", [("fail",), (*OTHER, 1)])
@pytest.mark.parametrize("call", ["get", "sign"])
def test_ended_keys_never_sign(face, call, forced):
    face.ask("give", "plain", *OTHER, ending_in(-60))
    face.ask("give", "forced", *forced)
    answer = face.ask(call)
    assert (answer["status"], answer["retryable"]) == (21, True)
    assert "expired at 20" in answer["message"]
    face.ask("give", "plain", *STANDIN_KEYS, 0)
    check_token(face, call)


@pytest.mark.parametrize(("given", "seen"), [(20, 20), (21, 21), (22, 22), (31, 31), (-7, 22)])
@pytest.mark.parametrize("call", ["get", "sign"])
def test_a_failure_is_told_and_the_next_call_recovers(face, call, given, seen):
    face.ask("give", "plain", "fail", given)
    answer = face.ask(call)
    assert answer["status"] == seen
    face.ask("give", "plain", *STANDIN_KEYS, 0)
    check_token(face, call)
