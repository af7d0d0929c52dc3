"""A clock and a provider that do anything at all, and what holds nevertheless in each binding."""

import os
import random

from stand import EXPIRED, LIFE, PROVIDER, Stand

STEPS = 1500
# At most so many seconds pass from a fetch that failed to the next one.
PAUSE = 61
MOVES = [0, 1, 5, 30, 59, 60, 300, 839, 840, 850, 889, 890, 895, 899, 900, 3600, 7200]
LIVES = [-3600, -1, 0, 1, 9, 10, 60, 300, 899, 900, 901, 3600, 86400]


class Walk:
    def __init__(self, stand, chance):
        self.stand, self.chance = stand, chance
        self.ends = self.any_ends()
        stand.give(*self.ends)
        self.tokens = self.errors = 0

    def any_ends(self):
        now = self.stand.clock.now()
        return self.chance.choices(["fail", 0, *(now + life for life in LIVES)], k=2)

    def step(self):
        what = self.chance.random()
        if what < 0.5:
            move = self.chance.choice(MOVES)
            self.stand.clock.step(move * self.chance.choice((1, 1, 1, -1)))
        if 0.45 < what < 0.6:
            self.ends = self.any_ends()
            self.stand.give(*self.ends)
        elif what > 0.95:
            self.stand.binding.ask("invalidate")

    def call(self, call):
        # Each token is judged there.
        answer = self.stand.ask(call)
        if "token" in answer:
            self.tokens += 1
            return
        self.errors += 1
        assert answer["code"] in (EXPIRED, PROVIDER), answer
        first = self.ends[0]
        if first == 0 or (first != "fail" and first >= self.stand.clock.now() + PAUSE + LIFE):
            # It can only be the pause after a fetch that failed.
            self.stand.clock.step(PAUSE)
            assert "token" in self.stand.ask(call)


def test_a_random_walk(name, hand):
    seed = int(os.environ.get("RDSIAM_SEED") or random.SystemRandom().getrandbits(32))
    print(f"RDSIAM_SEED={seed}")
    with Stand(name, hand) as stand:
        walk = Walk(stand, random.Random(seed))
        calls = [*stand.gets, *stand.gets, *(["sign"] if stand.signs else [])]
        for _ in range(STEPS):
            walk.step()
            walk.call(walk.chance.choice(calls))
    assert walk.tokens > STEPS / 4
    assert walk.errors > STEPS / 50
