"""The one idea of all helpers: a valid token for each connection, and a second try.

A driver's module says how its driver is told about TLS and how it connects. What is dialled and
what is signed, whose token it is and when to try again is decided here.
"""

import contextlib
import hashlib
import os
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from . import _observe
from ._cache import TokenCache
from ._rdsiam import explain
from ._retry import Attempt, Tokens
from .errors import CredentialsProviderError, InvalidArgumentError, RdsIamError

T = TypeVar("T")

# All that Aurora DSQL says to a token that it refuses.
_DSQL_REFUSED = "unable to accept connection, access denied"
# What a helper takes for itself. Everything else is the driver's.
OURS = ("cache", "ca", "credentials", "profile", "region", "sign_host", "sign_port")


class Login(NamedTuple):
    """Where one login goes. `name` is the host that is signed and that the certificate is for."""

    tokens: Tokens
    host: str
    port: int
    user: str
    name: str
    region: "str | None"
    ca: "str | ssl.SSLContext | None"


_caches: dict[tuple[object, ...], TokenCache] = {}
_BOUND = 1024


def login(options: dict[str, Any], port: int) -> Login:
    """Takes what is ours out of `options`: see the documentation of `rdsiam.psycopg`.

    `port` is the driver's default.
    """
    cache = options.pop("cache", None)
    given = {what: options.pop(what, None) for what in (*OURS, "host", "port", "user")}
    for what in ("password", "passwd"):
        if options.pop(what, None):
            raise InvalidArgumentError(f"{what} is what the token is for; leave it out")
    for what in ("host", "user"):
        given[what] = given[what] or getattr(cache, what, None)
        if not isinstance(given[what], str) or not given[what]:
            raise InvalidArgumentError(f"{what} is missing; give the database's {what}")
    host = _endpoint(given["host"])
    name = _endpoint(given["sign_host"] or getattr(cache, "host", None) or host)
    dialled = _number("port", given["port"] or getattr(cache, "port", None) or port)
    if cache is None:
        # Behind a tunnel the port that is dialled says nothing about the database's.
        default = dialled if name == host else port
        signed = _number("sign_port", given["sign_port"] or default)
        cache = _shared(name, signed, given)
    else:
        _check_cache(cache, name, given)
    region = given["region"] or getattr(cache, "region", None)
    # The certificates of DSQL are from authorities that systems have.
    is_dsql = str(getattr(cache, "kind", "")).startswith("dsql")
    ca = given["ca"] or ("system" if is_dsql else None)
    if ca and not isinstance(ca, ssl.SSLContext):
        ca = os.fspath(ca)
    return Login(cache, host, dialled, given["user"], name, region, ca or None)


def _endpoint(host: str) -> str:
    """The one form of a name: as it is signed, dialled, and stands in certificates."""
    if host.startswith(("/", "@")) or "," in host:
        raise InvalidArgumentError(
            "host is not one host name; a token is signed for one endpoint, and sent over TLS only"
        )
    if not host.endswith(".."):  # An empty label, which the core refuses.
        host = host.removesuffix(".")
    return host.removeprefix("[").removesuffix("]").lower()


def _number(what: str, port: Any) -> int:
    try:
        return int(port)
    except (TypeError, ValueError):
        raise InvalidArgumentError(f"{what} is not a number; give the database's port") from None


def _check_cache(cache: Any, name: str, given: dict[str, Any]) -> None:
    """A cache says itself what it signs for."""
    for what in ("credentials", "profile", "region", "sign_port"):
        if given[what]:
            raise InvalidArgumentError(
                f"{what} is that of the cache that was given; leave it out, or the cache"
            )
    theirs = {"host": _endpoint(getattr(cache, "host", name)), "user": getattr(cache, "user", None)}
    for what, ours in (("host", name), ("user", given["user"])):
        if theirs[what] not in (None, ours):
            raise InvalidArgumentError(
                f"the {what} to sign for is not that of the cache that was given; leave it out"
            )


def _shared(host: str, port: int, given: dict[str, Any]) -> TokenCache:
    """The cache of the process for this login."""
    user, region, profile = given["user"], given["region"], given["profile"]
    credentials = given["credentials"]
    key = (host, port, user, region, profile, _identity(credentials))
    found = _caches.get(key)
    if found is None:
        if len(_caches) >= _BOUND:
            # Signing anew is cheap.
            _caches.clear()
        made = TokenCache(host, port, user, region, profile=profile, credentials=credentials)
        found = _caches.setdefault(key, made)
    return found


def _identity(credentials: Any) -> object:
    """Equal for equal credentials, so that a mapping written in place is not new each time."""
    if isinstance(credentials, Mapping):
        text = repr(sorted((str(key), str(value)) for key, value in credentials.items()))
        return hashlib.sha256(text.encode()).digest()
    try:
        hash(credentials)
    except TypeError:
        return _Same(credentials)
    return credentials


class _Same:
    """Equal for one and the same object, which it keeps, so that no other takes its place."""

    def __init__(self, thing: object) -> None:
        self._thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other._thing is self._thing

    def __hash__(self) -> int:
        return id(self._thing)


@contextlib.contextmanager
def raising(make: Callable[[str], Exception], *also: type[Exception]) -> Iterator[None]:
    """Raises our errors as those of the driver, which its users catch."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, (RdsIamError, *also)):
            raise
        raise make(str(error)) from error


def token_of(tokens: Tokens) -> str:
    try:
        return tokens.get_token()
    except RdsIamError:
        raise
    except Exception as error:
        raise _provider_failed(error) from error


async def token_async(tokens: Tokens) -> str:
    """A token, without holding up the event loop."""
    try:
        if hasattr(tokens, "get_token_async"):
            token: str = await tokens.get_token_async()
            return token
        import asyncio

        return await asyncio.to_thread(tokens.get_token)
    except RdsIamError:
        raise
    except Exception as error:
        raise _provider_failed(error) from error


def _provider_failed(error: Exception) -> RdsIamError:
    return CredentialsProviderError(f"no token could be made: {type(error).__name__}: {error}")


class Retry:
    """The second try of one login, and who is told of it."""

    def __init__(self, wanted: Login) -> None:
        self._wanted = wanted
        self._attempt = Attempt(wanted.tokens)
        self._is_second = False
        self._told = _observe.Login(
            {"host": wanted.name, "port": wanted.port, "user": wanted.user, "region": wanted.region}
        )

    @contextlib.contextmanager
    def getting(self) -> Iterator[None]:
        """While a token is made."""
        try:
            yield
        except Exception as error:
            self._told.has_no_token(error)
            raise

    def after(self, error: Exception, token: str) -> bool:
        """Whether to connect once more after this error. If not, it says what was signed."""
        if not is_refusal(error):
            self._told.ends("failed")
            return False
        again = self._attempt.is_worth_another(token) and not self._is_second
        self._is_second = True
        if again:
            self._told.retries(_signed(self._wanted, token))
        else:
            _add(error, _signed(self._wanted, token))
            self._told.ends("refused")
        return again

    def accepted(self) -> None:
        self._told.ends("accepted")


def connect(wanted: Login, dial: Callable[[str], T]) -> T:
    """Connects, once more with a new token if the server refused a cached one."""
    retry = Retry(wanted)
    while True:
        with retry.getting():
            token = token_of(wanted.tokens)
        try:
            made = dial(token)
        except Exception as error:
            if not retry.after(error, token):
                raise
        else:
            retry.accepted()
            return made


async def connect_async(wanted: Login, dial: Callable[[str], Awaitable[T]]) -> T:
    """As `connect`, for an event loop, which it never holds up."""
    retry = Retry(wanted)
    while True:
        with retry.getting():
            token = await token_async(wanted.tokens)
        try:
            made = await dial(token)
        except Exception as error:
            if not retry.after(error, token):
                raise
        else:
            retry.accepted()
            return made


def is_refusal(error: BaseException) -> bool:
    """Whether the server refused the login, rather than that it could not be asked.

    | driver | how it says so |
    |---|---|
    | asyncpg, psycopg | `sqlstate` 28000 or 28P01, where it has one |
    | psycopg, psycopg2 | the server's text |
    | all, from Aurora DSQL | its text: the code, 08006, is that of other failures too |
    | MySQL's | number 1045, `errno` or the first argument |
    """
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if state in ("28000", "28P01"):
        return True
    number = getattr(error, "errno", None) or (error.args[0] if error.args else None)
    text = str(error)
    return number == 1045 or "authentication failed" in text or _DSQL_REFUSED in text


def _signed(wanted: Login, token: str) -> str:
    """What a refused token was signed for, without the token."""
    told = explain(token)
    # DSQL signs neither.
    user = told.user or f"{wanted.user} ({told.kind})"
    place = f"{told.host}:{told.port}" if told.port else str(told.host)
    text = (
        f"rdsiam: the server refused a token that was signed for user {user} at "
        f"{place} in {told.region} with the access key {told.access_key_id}"
    )
    if (wanted.host, wanted.port) != (told.host, told.port or wanted.port):
        text += f", and sent to {wanted.host}:{wanted.port}"
    return "; ".join([text, *told.problems])


def _add(error: Exception, text: str) -> None:
    """Adds to the error's own text, which is what logs and frameworks show."""
    if error.args and isinstance(error.args[-1], str):
        error.args = (*error.args[:-1], f"{error.args[-1]}\n{text}")
    elif error.args and isinstance(error.args[-1], dict) and "M" in error.args[-1]:
        # The fields of PostgreSQL's message, as pg8000 has them.
        fields = error.args[-1]
        error.args = (*error.args[:-1], {**fields, "M": f"{fields['M']}\n{text}"})
    elif hasattr(error, "add_note"):
        error.add_note(text)
