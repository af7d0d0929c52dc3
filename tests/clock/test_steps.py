"""A clock that stands still or steps, and the rules of the cache in each binding."""

import time

import pytest

from proof import signed_at
from stand import EXPIRED, START, Stand, keys_ending

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


@pytest.mark.parametrize("seconds", [840, 850, 889, 890, 900, 901, 2 * HOUR])
def test_forward_to_a_stale_token_there_is_a_new_one(stand, at_hand, seconds):
    old, kept = stand.token(), at_hand.token()
    stand.clock.step(839)
    assert (stand.token(), at_hand.token()) == (old, kept)
    assert stand.asked() == [False]
    stand.clock.step(seconds - 839)
    for each in (stand, at_hand):
        assert signed_at(each.token()) == START + seconds
    # Keys without an end are read again.
    assert stand.asked_at_least(1) == [False]


@pytest.mark.parametrize("seconds", [845, 2 * HOUR, -1, -60, -HOUR, -24 * HOUR])
def test_where_no_newer_keys_are_had_those_of_before_sign(stand, at_hand, seconds):
    for each in (stand, at_hand):
        each.token()
    assert stand.asked() == [False]
    stand.give("fail")
    stand.clock.step(seconds)
    for _ in range(50):
        for each in (stand, at_hand):
            assert signed_at(each.token()) == START + seconds
    # At the first call, and at none of those in the pause that follows.
    assert stand.asked_at_least(1) == [False]
    time.sleep(0.3)
    stand.token()
    assert stand.asked() == []
    stand.give(0)
    stand.clock.step(900)
    assert signed_at(stand.token()) == START + seconds + 900
    assert stand.asked_at_least(1) == [False]


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
        # As long as a login may take.
        hand.step(50)
        stand.token()
        for step in (1, 1, 8, 1, 1, HOUR):
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
    # There are no newer ones: they sign as long as a login may take.
    hand.step(30)
    assert stand.token() == old
    hand.step(22)
    assert stand.code() == EXPIRED
    hand.step(HOUR)
    assert stand.code() == EXPIRED
    stand.give(START + 2 * HOUR)
    # After the pause.
    hand.step(61)
    assert signed_at(stand.token()) == hand.now()
    hand.stop(START + 2 * HOUR - 9)
    stand.give(START + 2 * HOUR, START + 3 * HOUR)
    # The old keys have expired, so that this is waited for; and the newer keys are the better.
    assert stand.ask("get")["expires_at"] == hand.now() + 900
