"""A binding with a stopped clock and keys of known expiry, and a judge of each of its tokens."""

import time

from verifier import verify

from bindings import Binding
from proof import signed_at, signed_with

LOGIN = ["mydb.abc123.us-east-1.rds.amazonaws.com", "5432", "app", "us-east-1"]
SECRET = "SECRETKEYEXAMPLE"
# Noon of a day in 2033.
START = 2_000_030_400
MIN_REMAINING = 10
LIFE = 900
EXPIRED = "ERR_RDSIAM_CREDENTIALS_EXPIRED"
PROVIDER = "ERR_RDSIAM_CREDENTIALS_PROVIDER"


def key_ending(at):
    """Its id says when it ends; 0: never."""
    return f"AKIDENDS{at}"


def end_of(key):
    return int(key.removeprefix("AKIDENDS")) or None


def keys_ending(at):
    """For a driver."""
    return f"keys={key_ending(at)},{SECRET},{at}"


class Stand:
    """`source` is that of a driver: `provider`, which `give` tells what to give, or keys."""

    def __init__(self, binding, clock, source="provider", env=None):
        self.name = binding
        self.clock = clock
        self.binding = Binding(binding, LOGIN, source, {**clock.env, **(env or {})})
        self.gets = ["get"] if binding == "c" else ["text", "get"]
        # The Python binding signs by what it is given once or finds, not by a provider.
        self.signs = binding != "python"

    def __enter__(self):
        self.binding.__enter__()
        return self

    def __exit__(self, *raised):
        self.binding.__exit__(*raised)

    def give(self, plain, forced="fail"):
        """Keys that end at these seconds: 0 never, `fail` none."""
        for kind, end in (("plain", plain), ("forced", forced)):
            words = ["fail"] if end == "fail" else [key_ending(end), SECRET, "-", end]
            self.binding.ask("give", kind, *words)

    def asked(self):
        return self.binding.ask("asked")["asked"]

    def ask(self, call):
        """A token that is right at this moment, or an error."""
        answer = self.binding.ask(call)
        if "token" in answer:
            self.judge(call, answer)
        return answer

    def judge(self, call, answer):
        """Nobody is handed a token that the server would not take now, or one of the future."""
        token, now, end = answer["token"], self.clock.now(), answer["expires_at"]
        key = signed_with(token)[0]
        keys = {key: {"secret": SECRET, "session_token": None}}
        known = {"endpoints": [":".join(LOGIN[:2])], "region": LOGIN[3], "keys": keys}
        verify(token, LOGIN[2], known, now)
        assert signed_at(token) <= now, (call, now, token)
        ends = min(end_of(key) or signed_at(token) + LIFE, signed_at(token) + LIFE)
        assert end in (None, ends), (call, now, end, ends)
        assert ends > now, (call, now, ends)
        if call != "sign":
            assert ends >= now + MIN_REMAINING, (call, now, ends)
        else:
            assert signed_at(token) == now

    def token(self):
        """Of the cache: the first of all calls that give it, each of which is judged."""
        answers = [self.ask(call) for call in self.gets]
        for answer in answers:
            assert "token" in answer, answer
        return answers[0]["token"]

    def code(self, call="get"):
        return self.ask(call).get("code")

    def asked_at_least(self, count):
        """Waits for a background fetch to ask."""
        asked = []
        deadline = time.monotonic() + 10
        while len(asked) < count:
            assert time.monotonic() < deadline, asked
            asked += self.asked()
            time.sleep(0.02)
        return asked
