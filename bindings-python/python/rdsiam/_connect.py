"""The one idea of all helpers: a fresh token for each connection, and a second try.

A driver's module says how its driver is told about TLS and how it connects. What is dialled and
what is signed, whose token it is and when to try again is decided here.
"""

import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol, TypeVar

from ._cache import TokenCache
from ._rdsiam import explain
from .errors import InvalidArgumentError

T = TypeVar("T")


class Tokens(Protocol):
    """What a helper needs of a cache: TokenCache and DatabaseTokenCache have it."""

    def get_token(self) -> str: ...
    def invalidate(self) -> None: ...
    def stats(self) -> dict[str, int]: ...


class Login(NamedTuple):
    """Where one login goes. `name` is the host that the certificate has to be for."""

    tokens: Tokens
    host: str
    port: int
    user: str
    name: str
    region: "str | None"
    ca: "str | None"


_caches: dict[tuple[object, ...], TokenCache] = {}
_BOUND = 1024


def login(options: dict[str, Any], port: int) -> Login:
    """Takes out of `options` what is ours: see the documentation of a helper's `connect`."""
    given = options.pop("cache", None)
    named = {
        what: options.pop(what, None)
        for what in ("host", "port", "user", "sign_host", "sign_port", "region", "profile", "ca")
    }
    if options.pop("password", None) or options.pop("passwd", None):
        raise InvalidArgumentError("password is what the token is for; leave it out")
    for what in ("host", "user"):
        if not named[what]:
            named[what] = getattr(given, what, None)
        if not isinstance(named[what], str) or not named[what]:
            raise InvalidArgumentError(f"{what} is missing; give the database's {what}")
    host, name = named["host"], named["sign_host"] or getattr(given, "host", None) or named["host"]
    if host.startswith(("/", "@")) or "," in host:
        raise InvalidArgumentError(
            "host is not one host name; a token is signed for one endpoint, and sent over TLS only"
        )
    dialled = _number(named["port"] or getattr(given, "port", None) or port)
    if given is None:
        signed = _number(named["sign_port"] or dialled)
        given = _shared(name, signed, named["user"], named["region"], named["profile"])
    elif named["region"] or named["profile"] or named["sign_port"]:
        raise InvalidArgumentError(
            "sign_port, region and profile are those of the cache that was given; leave them out"
        )
    for what, ours in (("host", name), ("user", named["user"])):
        theirs = getattr(given, what, ours)
        if what == "host":
            theirs, ours = theirs.strip("[]"), ours.rstrip(".").lower().strip("[]")
        if theirs != ours:
            raise InvalidArgumentError(
                f"the {what} to sign for is not that of the cache that was given; leave it out"
            )
    region = named["region"] or getattr(given, "region", None)
    ca = os.fspath(named["ca"]) if named["ca"] else None
    return Login(given, host, dialled, named["user"], name, region, ca)


def _number(port: Any) -> int:
    try:
        return int(port)
    except (TypeError, ValueError):
        raise InvalidArgumentError("port is not a number; give the database's port") from None


def _shared(host: str, port: int, user: str, region: "str | None", profile: "str | None") -> Any:
    """The cache of the process for this login."""
    key = (host, port, user, region, profile)
    found = _caches.get(key)
    if found is None:
        if len(_caches) >= _BOUND:
            # Signing anew is cheap.
            _caches.clear()
        found = _caches.setdefault(key, TokenCache(host, port, user, region, profile=profile))
    return found


class _Try:
    """One attempt, which remembers what tells a new token from one that was kept."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.begun = int(time.time())
        self.signatures = tokens.stats()["signatures"]

    def may_go_on(self, error: BaseException, token: str) -> bool:
        """After a refusal of a token that was kept, which is then dropped."""
        if not is_refusal(error):
            return False
        # A refresh behind our back counts as a signature, but is not that of this token.
        kept = self.tokens.stats()["signatures"] == self.signatures
        if not kept and (explain(token).signed_at or 0) >= self.begun:
            return False
        # Others may have been refused with the same token: their new one stays.
        now = self.tokens._try_get_token() if isinstance(self.tokens, TokenCache) else None
        if now is None or now == token:
            self.tokens.invalidate()
        return True


async def token_async(tokens: Tokens) -> str:
    """A token, without holding up the event loop."""
    if isinstance(tokens, TokenCache):
        return await tokens.get_token_async()
    import asyncio

    return await asyncio.get_running_loop().run_in_executor(None, tokens.get_token)


def connect(wanted: Login, dial: Callable[[str], T]) -> T:
    """Connects, once more with a new token if the server refused one that was kept."""
    attempt = _Try(wanted.tokens)
    token = wanted.tokens.get_token()
    try:
        return dial(token)
    except Exception as error:
        if not attempt.may_go_on(error, token):
            raise
    return dial(wanted.tokens.get_token())


async def connect_async(wanted: Login, dial: Callable[[str], Awaitable[T]]) -> T:
    """As `connect`, for an event loop, which it never holds up."""
    attempt = _Try(wanted.tokens)
    token = await token_async(wanted.tokens)
    try:
        return await dial(token)
    except Exception as error:
        if not attempt.may_go_on(error, token):
            raise
    return await dial(await token_async(wanted.tokens))


def is_refusal(error: BaseException) -> bool:
    """Whether the server refused the login, rather than that it could not be asked.

    | driver | how it says so |
    |---|---|
    | asyncpg, psycopg | `sqlstate` 28000 or 28P01, where it has one |
    | psycopg, psycopg2 | the server's text |
    | MySQL's | number 1045, `errno` or the first argument |
    """
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if state in ("28000", "28P01"):
        return True
    number = getattr(error, "errno", None) or (error.args[0] if error.args else None)
    return number == 1045 or "authentication failed" in str(error)
