"""A cache over any object that makes tokens, such as a boto3 client."""

import time

from . import _rdsiam
from ._cache import TokenCache
from .errors import RdsIamTimeoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading
    from typing import Protocol

    class TokenMaker(Protocol):
        """What boto3's client for RDS has."""

        def generate_db_auth_token(
            self, DBHostname: str, Port: int, DBUsername: str, Region: str | None = None
        ) -> str: ...


# As TokenCache has them by default.
_LIFE = 900
_REFRESH_BEFORE = 60
_MIN_REMAINING = 10
# Seconds after a failed refresh before the next, and that a caller waits for another's call.
_PAUSE = 5
_PATIENCE = 15


class DatabaseTokenCache:
    """Keeps the token of one login, which `rds_client` makes with its own credentials.

    `rds_client` is any object with boto3's `generate_db_auth_token`, or None: then rdsiam signs
    with the default credentials. The token is made anew when less than a minute is left, behind
    the callers' backs; only who finds no usable token waits, and all wait for one call. Any
    number of threads may use it. `rds_client` is called with no lock held.

    >>> import rdsiam
    >>> rds = rdsiam.client("rds", region_name="us-east-1")
    >>> cache = rdsiam.DatabaseTokenCache(rds, "db.example.com", 5432, "app", "us-east-1")
    >>> cache.get_token() is cache.get_token()
    True
    """

    def __init__(
        self,
        rds_client: "TokenMaker | None",
        hostname: str,
        port: "int | str",
        username: str,
        region: "str | None" = None,
    ) -> None:
        # Also where `rds_client` signs: it looks at the arguments now, not at the first login.
        self._cache = TokenCache(hostname, port, username, region)
        self._client = rds_client
        self._region = region
        self._held: _Held | None = None
        self._current = _Process()

    def get_token(self) -> str:
        """A token that is good for at least 10 seconds more, as a str.

        Raises what `rds_client` raises; without one, as `TokenCache.get_token`.

        >>> import rdsiam
        >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
        >>> rdsiam.DatabaseTokenCache(None, host, 5432, "app").get_token()[:6]
        'mydb.a'
        """
        if self._client is None:
            return self._cache.get_token()
        held, now = self._held, time.time()
        if held is None or not held.signed_at <= now < held.expires_at - _MIN_REMAINING:
            return self._wait()
        if now >= held.expires_at - _REFRESH_BEFORE:
            self._refresh_behind(now)
        return held.token

    def invalidate(self) -> None:
        """Drops the token, after a login with it was refused.

        >>> import rdsiam
        >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
        >>> rdsiam.DatabaseTokenCache(None, host, 5432, "app").invalidate()
        """
        process = self._process()
        with process.lock:
            # A call that runs may bring the very token that was refused: it is not kept.
            process.flight = None
            self._held = None
        self._cache.invalidate()

    def __repr__(self) -> str:
        return repr(self._cache).replace("TokenCache", "DatabaseTokenCache", 1)

    def __reduce__(self) -> str:
        raise TypeError("cannot pickle a DatabaseTokenCache: make one in each process")

    def _process(self) -> "_Process":
        """What a child of fork has to have anew: a lock or a call may be another thread's,
        which stayed behind in the parent."""
        if self._current.pid != _pid():
            self._current = _Process()
        return self._current

    def _wait(self) -> str:
        process = self._process()
        with process.lock:
            flight, mine = process.flight, False
            if flight is None:
                flight = process.flight = _Flight()
                mine = True
        if mine:
            self._fly(process, flight)
        elif not flight.landed.wait(_PATIENCE):
            raise RdsIamTimeoutError("another thread's generate_db_auth_token does not return")
        if flight.error is not None:
            raise flight.error
        assert flight.token is not None
        return flight.token

    def _refresh_behind(self, now: float) -> None:
        from threading import Thread

        process = self._process()
        with process.lock:
            if process.flight is not None or process.paused_at <= now < process.paused_at + _PAUSE:
                return
            flight = process.flight = _Flight()

        def run() -> None:
            self._fly(process, flight)
            if flight.error is not None:
                process.paused_at = time.time()

        try:
            Thread(target=run, name="rdsiam-refresh", daemon=True).start()
        except RuntimeError as error:
            # No more threads, or the interpreter is shutting down: the old token still serves.
            flight.error = error
            process.flight = None
            flight.landed.set()

    def _fly(self, process: "_Process", flight: "_Flight") -> None:
        """Asks the client, keeps its token, and tells those who wait."""
        try:
            held = self._ask()
        except BaseException as error:
            flight.error = error
            held = None
        with process.lock:
            if process.flight is flight:
                process.flight = None
                if held is not None:
                    self._held = held
        flight.token = None if held is None else held.token
        flight.landed.set()

    def _ask(self) -> "_Held":
        assert self._client is not None
        asked_at = int(time.time())
        token = self._client.generate_db_auth_token(
            DBHostname=self._cache.host,
            Port=self._cache.port,
            DBUsername=self._cache.user,
            Region=self._region,
        )
        if not isinstance(token, str):
            raise TypeError(f"generate_db_auth_token returned {type(token).__name__}, not str")
        told = _rdsiam.explain(token)
        # A stand-in of a test may return any text: that one counts as good from now on.
        signed_at = asked_at if told.signed_at is None else told.signed_at
        return _Held(token, signed_at, told.expires_at or signed_at + _LIFE)


class _Held:
    """A token, and the Unix seconds between which it is good."""

    __slots__ = ("expires_at", "signed_at", "token")

    def __init__(self, token: str, signed_at: int, expires_at: int) -> None:
        self.token, self.signed_at, self.expires_at = token, signed_at, expires_at


class _Flight:
    """One call of the client, and how it ended."""

    def __init__(self) -> None:
        from threading import Event

        self.landed: threading.Event = Event()
        self.token: str | None = None
        self.error: BaseException | None = None


class _Process:
    """The call that runs in this process. The lock is held for a few lines, never in a call."""

    def __init__(self) -> None:
        from threading import Lock

        self.pid = _pid()
        self.lock: threading.Lock = Lock()
        self.flight: _Flight | None = None
        self.paused_at = float("-inf")


def _pid() -> int:
    from os import getpid

    return getpid()
