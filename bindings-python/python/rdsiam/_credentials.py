"""The shapes of credentials that `TokenCache(credentials=...)` takes.

Imported when `credentials` is given, so that `import rdsiam` stays small.
"""

import inspect
import math
import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, TypeAlias

from . import _shutdown as _shutdown

# Access key id, secret access key, session token, Unix second of their end.
Parts: TypeAlias = tuple[str, str, str | None, int | None]

# Names of boto3's arguments, of the core, of STS and the container endpoints, of botocore.
_NAMES: dict[str, tuple[str, ...]] = {
    "access_key_id": ("aws_access_key_id", "access_key_id", "AccessKeyId", "access_key"),
    "secret_access_key": (
        "aws_secret_access_key",
        "secret_access_key",
        "SecretAccessKey",
        "secret_key",
    ),
    "session_token": ("aws_session_token", "session_token", "SessionToken", "Token", "token"),
    "expires_at": ("expires_at", "Expiration", "expiration", "expiry_time"),
}

_Lock = type(threading.Lock())

_INVALID = 1
_NOT_FOUND = 20
_PROVIDER = 22


class Refused(Exception):
    """Ours: a status number of the core and a message that may be shown."""


def read(value: Any) -> "Parts | Callable[[bool], Parts]":
    """Reads static credentials at once; of anything else makes a function that asks it."""
    if callable(getattr(value, "get_credentials", None)):
        return _of_session(value)
    if callable(getattr(value, "get_frozen_credentials", None)) and hasattr(
        value, "refresh_needed"
    ):
        return lambda force_refresh: _of_botocore(value)
    if callable(value) and not isinstance(value, Mapping):
        return _of_callable(value)
    return _parts(value, _INVALID, "credentials")


def _of_callable(provider: "Callable[..., Any]") -> "Callable[[bool], Parts]":
    takes_force = _takes_force_refresh(provider)

    def ask(force_refresh: bool) -> Parts:
        value = provider(force_refresh=force_refresh) if takes_force else provider()
        return _parts(_awaited(value), _PROVIDER, "the credentials provider")

    return ask


def _awaited(value: Any) -> Any:
    """What a coroutine returns. Providers are asked on a thread without an event loop."""
    if not inspect.isawaitable(value):
        return value
    import asyncio

    async def awaited() -> Any:
        return await value

    return asyncio.run(awaited())


def _takes_force_refresh(provider: "Callable[..., Any]") -> bool:
    try:
        parameter = inspect.signature(provider).parameters.get("force_refresh")
    except (TypeError, ValueError):
        return False
    return parameter is not None and parameter.kind in (
        parameter.POSITIONAL_OR_KEYWORD,
        parameter.KEYWORD_ONLY,
    )


def _of_session(session: Any) -> "Callable[[bool], Parts]":
    def ask(force_refresh: bool) -> Parts:
        # botocore renews by itself what ends in less than 15 minutes; there is nothing to force.
        credentials = _awaited(session.get_credentials())
        if credentials is None:
            raise Refused(
                _NOT_FOUND, "no credentials: the boto3 session given as credentials found none"
            )
        return _of_botocore(credentials)

    return ask


def _of_botocore(credentials: Any) -> Parts:
    frozen = _awaited(credentials.get_frozen_credentials())
    frozen, expires_at = _with_their_end(credentials, frozen)
    return _parts(
        {
            "access_key": frozen.access_key,
            "secret_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": expires_at,
        },
        _PROVIDER,
        "the boto3 session",
    )


def _with_their_end(credentials: Any, frozen: Any) -> "tuple[Any, Any]":
    """Keys and the end that is theirs, though another thread may renew them at any time.

    botocore replaces both while it holds this lock. To ask it for the keys once more would not
    do: those of a role with sessions of 15 minutes are renewed at each such call.
    """
    lock: Any = getattr(credentials, "_refresh_lock", None)
    # aiobotocore's is asyncio's. Held longer than this, it waits for the network, and nothing is
    # replaced meanwhile.
    held = isinstance(lock, _Lock) and lock.acquire(timeout=0.05)
    try:
        before = getattr(credentials, "_expiry_time", None)
        frozen = getattr(credentials, "_frozen_credentials", None) or frozen
        after = getattr(credentials, "_expiry_time", None)
    finally:
        if held:
            lock.release()
    if before is None or after is None:
        return frozen, after
    return frozen, min(before, after)


def _parts(value: Any, status: int, whose: str) -> Parts:
    """Reads a mapping or an object. What is wrong is said without quoting any of it."""

    def find(what: str) -> Any:
        for name in _NAMES[what]:
            found = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
            if found is not None:
                return found
        return None

    def text(what: str) -> str | None:
        found = find(what)
        if found is not None and not isinstance(found, str):
            raise Refused(status, f"{whose}: {what} is {_kind(found)}, not str")
        try:
            (found or "").encode()
        except UnicodeEncodeError:
            # Without the cause, which carries the whole text.
            raise Refused(status, f"{whose}: {what} has a lone surrogate") from None
        return found

    access_key_id, secret = text("access_key_id"), text("secret_access_key")
    if access_key_id is None and secret is None:
        raise Refused(
            status,
            f"{whose}: {_kind(value)} has no keys; wanted is a mapping or an object with "
            "access_key_id and secret_access_key (or the names of boto3, STS or botocore)",
        )
    if access_key_id is None or secret is None:
        missing = "access_key_id" if access_key_id is None else "secret_access_key"
        raise Refused(status, f"{whose}: {missing} is missing; give both parts of the key")
    try:
        expires_at = _unix_second(find("expires_at"))
    except (ValueError, OverflowError):
        raise Refused(
            status,
            f"{whose}: expires_at is not a time; give Unix seconds, a datetime with a time zone, "
            "or an ISO 8601 text with one",
        ) from None
    return access_key_id, secret, text("session_token"), expires_at


def _kind(value: Any) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


def _unix_second(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, str):
        # Python 3.10 reads neither the Z nor any number of digits after the second.
        text = re.sub(r"(:\d\d)[.,]\d+", r"\1", value.strip())
        value = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
    if isinstance(value, datetime):
        if value.tzinfo is None or value.utcoffset() is None:
            raise ValueError("no time zone")
        return math.floor(value.astimezone(timezone.utc).timestamp())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return math.floor(value)
    raise ValueError("not a time")


def is_retryable(error: BaseException) -> bool:
    """Whether what a provider raised can pass by itself."""
    if getattr(error, "retryable", False) is True:
        return True
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    names = {cls.__name__ for cls in type(error).__mro__ if cls.__module__.startswith("botocore.")}
    return not names.isdisjoint(("HTTPClientError", "ConnectionError", "MetadataRetrievalError"))
