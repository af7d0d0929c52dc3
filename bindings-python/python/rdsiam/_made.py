"""A cache of tokens that an object of the caller's makes."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from . import _rdsiam
from ._cache import Token
from .errors import CredentialsExpiredError, RdsIamTimeoutError


def _stated(name: str) -> int:
    """The default that the signature of TokenCache states."""
    signature = str(_rdsiam.TokenCache.__text_signature__)
    return int(signature.partition(f" {name}=")[2].partition(",")[0])


_REFRESH_BEFORE = _stated("refresh_before")
_MIN_REMAINING = _stated("min_remaining")
_TIMEOUT = _stated("timeout")
# After a call that failed while the old token is still valid.
_PAUSE = 5
# What a token that does not say so is valid for.
_LIFE = 900


class _Held(NamedTuple):
    token: str
    signed_at: float
    expires_at: float

    def is_fresh(self, now: float) -> bool:
        return self.signed_at <= now < self.expires_at - _REFRESH_BEFORE

    def is_usable(self, now: float) -> bool:
        return self.signed_at <= now < self.expires_at - _MIN_REMAINING


class MadeTokenCache:
    """One call of `generate_db_auth_token` for all who wait, in the thread of one of them."""

    def __init__(
        self, maker: Any, host: str, port: int | str, user: str, region: str | None
    ) -> None:
        # Checks the arguments, and keeps the rule about refused logins. It never signs.
        keys = {"access_key_id": "UNUSED", "secret_access_key": "UNUSED"}
        self._login = _rdsiam.TokenCache(host, port, user, region, credentials=keys)
        self._make: Callable[[], Any] = lambda: maker.generate_db_auth_token(
            DBHostname=self.host, Port=self.port, DBUsername=self.user, Region=region
        )
        self._held: _Held | None = None
        self._generation = 0
        self._paused_until = 0.0
        self._hits = self._misses = self._failures = self._waits = self._invalidations = 0
        self._begin_in_this_process()

    def _begin_in_this_process(self) -> None:
        # A child of fork may find the lock held by a thread that it does not have.
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self._calls = self._ended = 0

    def get_token(self) -> str:
        return self._get().token

    __call__ = get_token

    def get(self) -> Token:
        held = self._get()
        return Token(held.token, int(held.expires_at))

    async def get_token_async(self) -> str:
        token = self._try_get_token()
        if token is None:
            from ._loops import wait_for_token

            token = await wait_for_token(self)
        return token

    def _try_get_token(self) -> str | None:
        held = self._held
        if held is None or not held.is_fresh(time.time()):
            return None
        self._hits += 1
        return held.token

    def _get(self) -> _Held:
        now = time.time()
        held = self._held
        if held is not None and held.is_fresh(now):
            self._hits += 1
            return held
        if os.getpid() != self._process:
            self._begin_in_this_process()
        if held is not None and held.is_usable(now):
            self._hits += 1
            # One caller makes the next token; the others use the stale one.
            if now < self._paused_until or not self._lock.acquire(blocking=False):
                return held
            return self._make_under_lock(self._ended, held)
        self._misses += 1
        ended = self._ended
        if not self._lock.acquire(blocking=False):
            self._waits += 1
            if not self._lock.acquire(timeout=_TIMEOUT):
                raise RdsIamTimeoutError(
                    f"generate_db_auth_token has not returned within {_TIMEOUT} s in another thread"
                )
        return self._make_under_lock(ended, None)

    def _make_under_lock(self, ended: int, usable: _Held | None) -> _Held:
        try:
            now = time.time()
            if self._ended != ended:
                # Another thread completed its call meanwhile: all use its result.
                if self._held is not None and self._held.is_usable(now):
                    return self._held
                if self._error is not None:
                    raise self._error
            return self._make_new(now, usable)
        finally:
            self._lock.release()

    def _make_new(self, now: float, usable: _Held | None) -> _Held:
        generation = self._generation
        self._calls += 1
        try:
            held = _read(self._make(), now)
        except BaseException as error:
            self._failures += 1
            self._error = error
            self._paused_until = now + _PAUSE
            if usable is not None and isinstance(error, Exception):
                return usable
            raise
        finally:
            self._ended += 1
        self._error = None
        # One that was asked for before an invalidation is not kept.
        if generation == self._generation:
            self._held = held
        return held

    def invalidate(self, token: str | None = None) -> None:
        held = self._held
        if token is None or (held is not None and held.token == token):
            self._generation += 1
            self._invalidations += held is not None
            self._held = None

    def login_refused(self, token: str, began: float) -> bool:
        self.invalidate(token)
        return self._login.login_refused(token, began)

    def stats(self) -> dict[str, int]:
        return {
            "hits": self._hits,
            "misses": self._misses,
            "signatures": 0,
            "refreshes": self._calls,
            "refresh_failures": self._failures,
            "waits": self._waits,
            "evictions": 0,
            "invalidations": self._invalidations,
            "entries": int(self._held is not None),
        }

    @property
    def host(self) -> str:
        return self._login.host

    @property
    def port(self) -> int:
        return self._login.port

    @property
    def user(self) -> str:
        return self._login.user

    @property
    def region(self) -> str | None:
        return self._login.region

    def __repr__(self) -> str:
        return repr(self._login)


def _read(token: Any, now: float) -> _Held:
    if not isinstance(token, str):
        raise TypeError(f"generate_db_auth_token returned {type(token).__name__}, not str")
    told = _rdsiam.explain(token)
    signed_at = now if told.signed_at is None else told.signed_at
    expires_at = signed_at + _LIFE if told.expires_at is None else told.expires_at
    if signed_at <= now and expires_at - now <= _MIN_REMAINING:
        raise CredentialsExpiredError(
            f"generate_db_auth_token returned a token that expires in {expires_at - now:.0f} s; it "
            "could expire during the login"
        )
    return _Held(token, signed_at, expires_at)
