"""Keys that end before, at and after the token that they sign, in each binding."""

import itertools

import pytest

from proof import signed_at, signed_with
from stand import EXPIRED, LIFE, PROVIDER, START, Stand, key_ending, keys_ending

# Seconds from now; None: no end.
ENDS = [-3600, -1, 0, 1, 9, 10, 11, 60, 61, 899, 900, 901, 3600, None]
# The Python binding signs with a provider only for its cache.
CALLS = [("c", "get"), ("c", "sign"), ("python", "get"), ("node", "get"), ("node", "sign")]


def at(seconds):
    return 0 if seconds is None else START + seconds


def check(stand, call, seconds):
    """The token ends with the keys; `get` wants more than the 10 s that a login may take."""
    answer = stand.ask(call)
    least = 11 if call == "get" else 1
    if seconds is not None and seconds < least:
        assert (answer.get("code"), answer["retryable"]) == (EXPIRED, True), (seconds, answer)
        return
    assert "token" in answer, (seconds, answer)
    assert signed_at(answer["token"]) == START
    end = START + (LIFE if seconds is None else min(seconds, LIFE))
    assert answer["expires_at"] == (None if call == "sign" and stand.name != "c" else end)


@pytest.mark.parametrize(("name", "call"), CALLS)
def test_by_a_provider(name, call, hand):
    for seconds in ENDS:
        for forced in (at(seconds), "fail"):
            # A client each: after a failure there would be a pause.
            with Stand(name, hand) as stand:
                stand.give(at(seconds), forced)
                check(stand, call, seconds)
                short = seconds is not None and seconds < LIFE
                assert stand.asked() == ([False, True] if short else [False]), seconds


@pytest.mark.parametrize(("name", "call"), [call for call in CALLS if call[0] != "python"])
def test_by_keys_that_sign_each_time(name, call, hand):
    """The clock comes to the same distances from their end."""
    end = START + 3600
    with Stand(name, hand, keys_ending(end)) as stand:
        for seconds in ENDS[:-1]:
            hand.stop(end - seconds)
            answer = stand.ask("sign")
            assert answer.get("code") == (EXPIRED if seconds <= 0 else None), (seconds, answer)


# Of both calls of a provider, the life of the keys or `fail`; and which of the two is used.
NEWER = [
    (600, 3600, 3600),
    (600, 900, 900),
    (600, 700, 700),
    (600, 300, 600),
    (600, 600, 600),
    (600, None, None),
    (600, "fail", 600),
    (-1, 3600, 3600),
    (0, 899, 899),
    (-60, None, None),
    (-60, -1, EXPIRED),
    (-60, "fail", EXPIRED),
    (5, "fail", 5),
    ("fail", 3600, PROVIDER),
]


@pytest.mark.parametrize(("name", "call"), CALLS)
def test_the_better_of_two(name, call, hand):
    for first, second, used in NEWER:
        with Stand(name, hand) as stand:
            stand.give(*(one if one == "fail" else at(one) for one in (first, second)))
            answer = stand.ask(call)
        if call == "get" and used == 5:
            used = EXPIRED
        if used in (EXPIRED, PROVIDER):
            assert answer.get("code") == used, (first, second, answer)
        else:
            assert "token" in answer, (first, second, answer)
            assert signed_with(answer["token"])[0] == key_ending(at(used)), (first, second)


def life(seconds):
    return float("inf") if seconds is None else seconds


def used_by_the_sdk(first, second):
    """Newer keys only if they carry a whole token; and ended ones without a word."""
    newer = life(first) < LIFE and second != "fail" and life(second) >= LIFE
    return second if newer else first


def used_here(first, second):
    """The better of two, and no ended ones."""
    both = [first] if life(first) >= LIFE or second == "fail" else [first, second]
    best = max(both, key=life)
    return best if life(best) > 0 else EXPIRED


def test_the_rule_of_15_minutes_is_that_of_the_js_sdk(hand):
    """The same provider, asked by its signer and by ours: how often, and which keys signed."""
    lives = (-60, 0, 300, 898, 899, 900, 901, 3600, None)
    same = 0
    for first, second in itertools.product(lives, (*lives, "fail")):
        ours = used_here(first, second)
        for call in ("sign", "get"):
            with Stand("node", hand) as stand:
                stand.give(at(first), second if second == "fail" else at(second))
                theirs = signed_with(stand.binding.ask("peer")["token"])[0]
                asked = stand.asked()
                assert theirs == key_ending(at(used_by_the_sdk(first, second)))
                answer = stand.ask(call)
                assert stand.asked() == asked, (call, first, second)
                if ours == EXPIRED:
                    assert answer.get("code") == EXPIRED, (call, first, second)
                else:
                    key = signed_with(answer["token"])[0]
                    assert key == key_ending(at(ours)), (call, first, second)
                    same += key == theirs
    # In all others ours live longer, or theirs have ended.
    assert same > 100
