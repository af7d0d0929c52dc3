"""A clock that stands still or steps, and the rules of the cache in each binding."""

import time

import pytest

from proof import signed_at
from stand import EXPIRED, PROVIDER, START, Stand, keys_ending

HOUR = 3600


@pytest.fixture
def stand(name, hand):
    """By a provider, whose keys have to be fetched."""
    with Stand(name, hand) as stand:
        stand.give(0)
        yield stand


@pytest.fixture
def at_hand(name, hand):
    """By keys given once, which sign in the call itself."""
    with Stand(name, hand, keys_ending(START + 100 * HOUR)) as stand:
        yield stand


def test_the_program_sees_the_clock_of_the_test(stand, at_hand):
    for each in (stand, at_hand):
        assert signed_at(each.token()) == START
    stand.clock.step(-5)
    for each in (stand, at_hand):
        assert signed_at(each.token()) == START - 5


def test_while_it_stands_a_token_stays_fresh(stand):
    first = stand.token()
    began = time.monotonic()
    while time.monotonic() < began + 1.2:
        assert stand.token() == first
        time.sleep(0.02)
    assert stand.asked() == [False]


@pytest.mark.parametrize("seconds", [840, 850, 889])
def test_forward_to_an_ageing_token(stand, at_hand, seconds):
    old, kept = stand.token(), at_hand.token()
    stand.clock.step(839)
    assert (stand.token(), at_hand.token()) == (old, kept)
    assert stand.asked() == [False]
    stand.clock.step(seconds - 839)
    # With keys at hand there is nothing to wait for.
    assert signed_at(at_hand.token()) == START + seconds
    assert stand.token() == old
    assert START + seconds <= signed_at(stand.renewed(old)) <= stand.clock.now()
    assert stand.asked() == [False]


def test_forward_to_an_ageing_token_whose_refresh_fails(stand):
    old = stand.token()
    stand.give("fail")
    stand.clock.step(845)
    for _ in range(50):
        assert stand.token() == old
    # At the first call, and at none of those in the pause that follows.
    assert stand.asked_at_least(2) == [False] * 2
    time.sleep(0.3)
    for _ in range(50):
        assert stand.token() == old
    assert stand.asked() == []
    # A clock that is set back ends the pause rather than lengthen it.
    stand.clock.step(-3)
    assert stand.token() == old
    assert stand.asked_at_least(1) == [False]
    stand.give(0)
    stand.clock.step(20)
    assert signed_at(stand.renewed(old)) >= START + 842


@pytest.mark.parametrize("seconds", [890, 900, 901, 2 * HOUR])
def test_forward_beyond_a_token_there_is_a_new_one_or_an_error(stand, at_hand, seconds):
    for each in (stand, at_hand):
        each.token()
    stand.clock.step(seconds)
    stand.give("fail")
    assert [stand.code() for _ in range(3)] == [PROVIDER] * 3
    stand.give(0)
    for each in (stand, at_hand):
        assert signed_at(each.token()) == START + seconds


@pytest.mark.parametrize("seconds", [-1, -60, -HOUR, -24 * HOUR])
def test_back_there_is_a_new_one_or_an_error_and_none_of_the_future(stand, at_hand, seconds):
    for each in (stand, at_hand):
        each.token()
    stand.clock.step(seconds)
    stand.give("fail")
    assert [stand.code() for _ in range(3)] == [PROVIDER] * 3
    stand.give(0)
    for each in (stand, at_hand):
        assert signed_at(each.token()) == START + seconds


def test_there_and_back_again(stand, at_hand):
    for step in (2 * HOUR, -HOUR, 850, -900, 30, -30, 900, -2 * HOUR, 10 * HOUR):
        stand.clock.step(step)
        for each in (stand, at_hand):
            # Each is judged.
            each.token()


def test_keys_at_hand_that_end_while_the_clock_steps(name, hand):
    with Stand(name, hand, keys_ending(START + 300)) as stand:
        old = stand.token()
        hand.step(239)
        assert stand.token() == old
        hand.step(51)
        assert signed_at(stand.token()) == START + 290
        for step in (1, 8, 1, 1, HOUR):
            hand.step(step)
            assert stand.code() == EXPIRED
        hand.stop(START - 60)
        assert signed_at(stand.token()) == START - 60


def test_keys_of_a_provider_that_end_while_the_clock_steps(stand):
    stand.give(START + 300, START + 300)
    old = stand.token()
    hand = stand.clock
    hand.step(239)
    assert stand.token() == old
    # There are no newer ones: they serve as long as a login may take.
    hand.step(30)
    assert stand.token() == old
    hand.step(22)
    assert stand.code() == EXPIRED
    hand.step(HOUR)
    assert stand.code() == EXPIRED
    stand.give(START + 2 * HOUR)
    assert signed_at(stand.token()) == hand.now()
    hand.stop(START + 2 * HOUR - 300)
    stand.give(START + 2 * HOUR, START + 3 * HOUR)
    # Spent, so that it is waited for; and the newer keys are the better.
    assert stand.ask("get")["expires_at"] == hand.now() + 900
