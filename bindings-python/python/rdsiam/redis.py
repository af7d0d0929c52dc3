"""redis-py and valkey-py's like: ElastiCache and MemoryDB with a token for each connection.

    provider = rdsiam.redis.CredentialProvider("app", "my-cache", region="us-east-1")
    client = redis.Redis(host="master.my-cache....cache.amazonaws.com", port=6379, ssl=True,
                         credential_provider=provider)

The second argument is the name of the replication group, serverless cache or cluster, not its
endpoint; `kind` says which: "elasticache", "elasticache-serverless" or "memorydb". AWS takes tokens
over TLS alone, so `ssl=True` has to be there.

The server ends a connection 12 hours after its last AUTH. With `StreamingCredentialProvider` every
connection of the client authenticates again before that, and when the credentials were renewed.
"""

import asyncio
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import redis.credentials
from redis.auth.token import TokenInterface

from . import _connect, _versions
from ._cache import TokenCache
from ._rdsiam import explain
from .errors import InvalidArgumentError

if TYPE_CHECKING:
    from ._retry import Tokens

_versions.check("redis", "redis", "6.0.0", redis.__version__)

_KINDS = ("elasticache", "elasticache-serverless", "memorydb")
# The server ends a connection after 12 hours.
_LONGEST = 12 * 3600
_log = logging.getLogger("rdsiam")


class CredentialProvider(redis.credentials.CredentialProvider):
    """Gives redis-py the user and a valid token, at each new connection."""

    def __init__(
        self,
        user: str,
        name: str,
        region: "str | None" = None,
        *,
        kind: str = "elasticache",
        cache: "Tokens | None" = None,
        credentials: Any = None,
        profile: "str | None" = None,
    ) -> None:
        if kind not in _KINDS:
            raise InvalidArgumentError(f"kind is unknown; give one of {', '.join(_KINDS)}")
        own = {"credentials": credentials, "profile": profile, "kind": kind}
        made = TokenCache(name, 6379, user, region, **own)
        self._tokens: Tokens = made if cache is None else cache
        # As AWS stores it, and as it is signed.
        self._user = user.lower()

    def get_credentials(self) -> "tuple[str, str]":
        """The user, and a valid token as the password."""
        return self._user, _connect.token_of(self._tokens)

    async def get_credentials_async(self) -> "tuple[str, str]":
        """As `get_credentials`, without holding up the event loop."""
        return self._user, await _connect.token_async(self._tokens)


class StreamingCredentialProvider(
    CredentialProvider, redis.credentials.StreamingCredentialProvider
):
    """As `CredentialProvider`, and has the connections of its clients authenticate again.

    All do so `reauthenticate` seconds after the last time, 11 hours without it, and within `check`
    seconds after the credentials were renewed. A daemon thread sees to it while the provider is in
    use; `close` ends it. Make one for each client of an event loop.
    """

    def __init__(
        self,
        user: str,
        name: str,
        region: "str | None" = None,
        *,
        reauthenticate: float = 11 * 3600,
        check: float = 60,
        **options: Any,
    ) -> None:
        super().__init__(user, name, region, **options)
        if not 0 < reauthenticate < _LONGEST or not 0 < check <= reauthenticate:
            raise InvalidArgumentError(
                "reauthenticate is not between 0 and 12 hours, or check is longer; give seconds"
            )
        self._stream = _Stream(self._tokens, self._user, reauthenticate, check)
        weakref.finalize(self, self._stream.closed.set)

    def get_credentials(self) -> "tuple[str, str]":
        """As that of `CredentialProvider`."""
        made = super().get_credentials()
        self._stream.start(made[1])
        return made

    async def get_credentials_async(self) -> "tuple[str, str]":
        """As that of `CredentialProvider`."""
        made = await super().get_credentials_async()
        self._stream.loop = asyncio.get_running_loop()
        self._stream.start(made[1])
        return made

    def on_next(self, callback: Callable[[Any], Any]) -> None:
        """redis-py gives what is called with each new token."""
        self._stream.callbacks.append(callback)

    def on_error(self, callback: Callable[[Exception], Any]) -> None:
        """Failures are in the log `rdsiam`: what redis-py gives here only raises, on our thread."""

    def is_streaming(self) -> bool:
        """Whether the thread runs."""
        return self._stream.is_running()

    def close(self) -> None:
        """Ends the thread. Connections that are there authenticate no more."""
        self._stream.closed.set()


class Token(TokenInterface):
    """What redis-py sends in AUTH. A connection that is in use sends it later, so the text is that
    of the cache at that time: a token is valid for 15 minutes only."""

    def __init__(self, tokens: "Tokens", user: str) -> None:
        self._tokens, self._user = tokens, user

    def get_value(self) -> str:
        return _connect.token_of(self._tokens)

    def try_get(self, key: str) -> "str | None":
        return self._user if key == "oid" else None

    def is_expired(self) -> bool:
        return False

    def ttl(self) -> float:
        return self.get_expires_at_ms() - time.time() * 1000

    def get_expires_at_ms(self) -> float:
        return (explain(self.get_value()).expires_at or 0) * 1000

    def get_received_at_ms(self) -> float:
        return (explain(self.get_value()).signed_at or 0) * 1000


class _Stream:
    """The thread, and what it needs; it holds no provider, so that an unused one can go."""

    def __init__(self, tokens: "Tokens", user: str, every: float, check: float) -> None:
        self.callbacks: list[Callable[[Any], Any]] = []
        self.closed = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._tokens, self._user, self._every, self._check = tokens, user, every, check
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._lock = threading.Lock()
        self._at = 0.0
        self._key: str | None = None

    def start(self, token: str) -> None:
        """At the first connection, and once more in a child of fork."""
        if self.is_running() or self.closed.is_set():
            return
        with self._lock:
            if self.is_running():
                return
            self._at, self._key, self._pid = time.time(), _key_of(token), os.getpid()
            self._thread = threading.Thread(target=self._run, name="rdsiam-redis", daemon=True)
            self._thread.start()

    def is_running(self) -> bool:
        thread = self._thread
        return thread is not None and self._pid == os.getpid() and thread.is_alive()

    def _run(self) -> None:
        while not self.closed.wait(
            min(self._check, max(self._at + self._every - time.time(), 0.01))
        ):
            try:
                key = _key_of(self._tokens.get_token())
                # A clock that was set back says nothing about the server's.
                if key == self._key and 0 <= time.time() - self._at < self._every:
                    continue
                self._tell()
                self._at, self._key = time.time(), key
            except Exception as error:
                _log.warning("re-authentication failed, and is tried again: %s", error)
                self.closed.wait(min(self._check, 1))

    def _tell(self) -> None:
        token = Token(self._tokens, self._user)
        for callback in list(self.callbacks):
            if not asyncio.iscoroutinefunction(callback):
                callback(token)
            elif self.loop is not None and self.loop.is_running():
                asyncio.run_coroutine_threadsafe(callback(token), self.loop).result(60)


def _key_of(token: str) -> "str | None":
    return explain(token).access_key_id
