"""What the tests of forks, freezes and crowds share: a provider that takes time, threads that keep
caches busy, and a judge of tokens."""

import asyncio
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

import rdsiam

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "standin"))
import verifier

HOST = "mydb.abc123.us-east-1.rds.amazonaws.com"
SECRET = "SECRETKEYEXAMPLE"


class Provider:
    """Gives keys after a while. The access key id has the process in it."""

    def __init__(self, seconds: float = 0.0, life: float | None = None) -> None:
        self.seconds, self.life = seconds, life
        self.calls = self.running = 0

    def __call__(self) -> dict[str, Any]:
        self.calls += 1
        self.running += 1
        time.sleep(self.seconds)
        self.running -= 1
        keys: dict[str, Any] = {"access_key_id": f"AKID{os.getpid()}", "secret_access_key": SECRET}
        return keys if self.life is None else {**keys, "expires_at": time.time() + self.life}


def make(user: str, provider: Any, **margins: int) -> rdsiam.TokenCache:
    return rdsiam.TokenCache(HOST, 5432, user, credentials=provider, **margins)


def key_of(token: str) -> str:
    key = rdsiam.explain(token).access_key_id
    assert key is not None
    return key


# The verifier uses time.strptime(), whose lock a child of fork may find taken for ever.
_judging = threading.Lock()
os.register_at_fork(
    before=_judging.acquire, after_in_parent=_judging.release, after_in_child=_judging.release
)


def judge(token: str, user: str) -> None:
    """Raises if the stand-in's verifier would not let the token in now."""
    told = rdsiam.explain(token)
    assert told.signed_at is not None
    assert told.signed_at <= time.time(), "it is of the future"
    keys = {key_of(token): {"secret": SECRET, "session_token": None}}
    config = {"endpoints": [f"{HOST}:5432"], "region": "us-east-1", "keys": keys}
    with _judging:
        verifier.verify(token, user, config)


# Stale from the third of its four seconds on.
SHORT: dict[str, int] = {"expires": 4, "refresh_before": 2, "min_remaining": 1}


class Crowd:
    """Threads that hit, miss, refresh, fail and invalidate until the end of the block."""

    def __init__(self, threads: int = 6) -> None:
        self.provider = Provider(seconds=0.003)
        self.slow = Provider(seconds=0.02, life=4)
        self.users = [f"app{number}" for number in range(8)]
        self.caches = [make(user, self.provider) for user in self.users[:4]]
        self.caches += [make(user, self.slow, **SHORT) for user in self.users[4:]]
        self.broken = make("broken", self._fail)
        self.wrong: list[BaseException] = []
        self._ending = threading.Event()
        # Those of a server end with it, which nobody tells them.
        self._threads = [
            threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(threads)
        ]

    @staticmethod
    def _fail() -> None:
        raise ConnectionResetError("no")

    def __enter__(self) -> "Crowd":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    @property
    def amid(self) -> bool:
        return self.provider.running > 0 or self.slow.running > 0

    def _work(self, seed: int) -> None:
        dice = random.Random(seed)
        try:
            while not self._ending.is_set():
                self._step(dice.randrange(32), dice.randrange(8))
                time.sleep(0.0005)
        except BaseException as error:
            self.wrong.append(error)

    def _step(self, what: int, which: int) -> None:
        if what == 0:
            judge(make("new", self.provider).get_token(), "new")
        elif what == 1:
            try:
                self.broken.get_token()
            except rdsiam.CredentialsProviderError:
                return
            raise AssertionError("a provider that fails gave a token")
        elif what in (2, 3):
            self.caches[which].invalidate()
        judge(self.caches[which].get_token(), self.users[which])

    def use_as_child(self, number: int = 0) -> None:
        """What a child does with what it inherited: two of the caches in turn, and a new one."""
        for which in (number % 8, (number + 4) % 8):
            cache, user = self.caches[which], self.users[which]
            judge(cache.get_token(), user)
            cache.invalidate()
            judge(cache.get_token(), user)
        token = make("new", self.provider).get_token()
        judge(token, "new")
        assert key_of(token) == f"AKID{os.getpid()}", "the child did not make it"
        if number % 8 == 0:
            self.caches[0].invalidate()
            judge(asyncio.run(self.caches[0].get_token_async()), self.users[0])

    def renew_as_child(self) -> None:
        """A background refresh begins and ends in the child."""
        cache, user = self.caches[4], self.users[4]
        first = cache.get_token()
        deadline = time.monotonic() + 20
        while cache.get_token() == first:
            assert time.monotonic() < deadline, "no refresh in the child"
            time.sleep(0.02)
        judge(cache.get_token(), user)
