"""Signing in place of boto3 and aiobotocore. Imported by `patch_boto3`."""

import datetime
import inspect
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import botocore
import botocore.exceptions
import botocore.handlers
import botocore.signers

from . import _rdsiam

# Those of the peers, for clients that do not sign with SigV4: by module and function.
_originals: dict[tuple[str, str], Callable[..., Any]] = {}
_SIGNERS, _ASYNC_SIGNERS = "botocore.signers", "aiobotocore.signers"


class Patch:
    """What `patch_boto3` returns, so that it may be for one block alone."""

    def __enter__(self) -> None:
        patch()

    def __exit__(self, *_: Any) -> None:
        unpatch()


# Sessions that were made meanwhile keep the handler, which has to do nothing afterwards.
_is_patched = False


def patch() -> Patch:
    """Idempotent. Clients that are there already keep what they have."""
    global _is_patched
    _is_patched = True
    for method in _METHODS:
        # Every session, also one that is there already, has botocore's handler of this event, which
        # looks the function up in its module when a client is made.
        _replace(_SIGNERS, method.function, method.ours)
        _replace(_ASYNC_SIGNERS, method.function, method.ours_async)
    # aiobotocore may be imported later: sessions made from now on have a handler of ours too.
    for handler in _HANDLERS:
        if handler not in botocore.handlers.BUILTIN_HANDLERS:
            botocore.handlers.BUILTIN_HANDLERS.append(handler)
    return Patch()


def unpatch() -> None:
    """Clients that are made from now on have the methods of their SDK. Those that are there keep
    what they have."""
    for method in _METHODS:
        for name, ours in ((_SIGNERS, method.ours), (_ASYNC_SIGNERS, method.ours_async)):
            module: Any = sys.modules.get(name)
            theirs = _originals.get((name, method.function))
            if getattr(module, method.function, None) is ours and theirs is not None:
                setattr(module, method.function, theirs)
    for handler in _HANDLERS:
        if handler in botocore.handlers.BUILTIN_HANDLERS:
            botocore.handlers.BUILTIN_HANDLERS.remove(handler)
    global _is_patched
    _is_patched = False


def _replace(name: str, function: str, ours: Callable[..., Any]) -> None:
    module = sys.modules.get(name)
    theirs = getattr(module, function, None)
    if theirs is not None and theirs is not ours:
        _originals[name, function] = theirs
        setattr(module, function, ours)


def _add_methods(service: str) -> Callable[..., None]:
    def add(class_attributes: dict[str, Any], base_classes: list[type], **_: Any) -> None:
        if not _is_patched:
            return
        calls = [getattr(base, "_make_api_call", None) for base in base_classes]
        is_async = any(inspect.iscoroutinefunction(call) for call in calls)
        for method in _METHODS:
            if method.service != service:
                continue
            theirs = class_attributes.get(method.name)
            if is_async and theirs is not None and theirs is not method.ours_async:
                _originals[_ASYNC_SIGNERS, method.function] = theirs
            class_attributes[method.name] = method.ours_async if is_async else method.ours

    return add


def generate_db_auth_token(
    self: Any, DBHostname: str, Port: int | str, DBUsername: str | bytes, Region: str | None = None
) -> str:
    """Signs a token with the credentials of this client, as botocore's method of this name."""
    if not _is_sigv4(self):
        unsigned: str = _originals[_SIGNERS, "generate_db_auth_token"](
            self, DBHostname, Port, DBUsername, Region
        )
        return unsigned
    credentials = _credentials_of(self)
    frozen = credentials.get_frozen_credentials()
    return _sign(self, frozen, DBHostname, Port, DBUsername, Region)


async def generate_db_auth_token_async(
    self: Any, DBHostname: str, Port: int | str, DBUsername: str | bytes, Region: str | None = None
) -> str:
    """Signs a token with the credentials of this client, as aiobotocore's method of this name."""
    if not _is_sigv4(self):
        theirs = _originals[_ASYNC_SIGNERS, "generate_db_auth_token"]
        unsigned: str = await theirs(self, DBHostname, Port, DBUsername, Region)
        return unsigned
    credentials = _credentials_of(self)
    frozen = await credentials.get_frozen_credentials()
    return _sign(self, frozen, DBHostname, Port, DBUsername, Region)


def _is_sigv4(client: Any) -> bool:
    return client.meta.config.signature_version in (None, "v4")


def _credentials_of(client: Any) -> Any:
    credentials = client._request_signer._credentials
    if credentials is None:
        raise botocore.exceptions.NoCredentialsError()
    return credentials


def _sign(
    client: Any,
    frozen: Any,
    host: str,
    port: int | str,
    user: str | bytes,
    region: str | None,
    expires: int = 900,
    kind: str | None = None,
) -> str:
    if region is None:
        region = client.meta.region_name
    if region is None:
        raise botocore.exceptions.NoRegionError()
    # The clock of botocore, so that a test that stops it stops this one too.
    now = datetime.datetime.now(datetime.timezone.utc).timestamp()
    keys = (frozen.access_key, frozen.secret_key, frozen.token or None)
    return _rdsiam._sign_at(host, port, user, region, *keys, int(now), expires, kind)


def _dsql(kind: str, function: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """botocore's method of DSQL, and aiobotocore's."""

    def ours(self: Any, Hostname: str, Region: str | None = None, ExpiresIn: int = 900) -> str:
        """Signs a token with the credentials of this client, as botocore's method of this name."""
        if not _is_sigv4(self):
            unsigned: str = _originals[_SIGNERS, function](self, Hostname, Region, ExpiresIn)
            return unsigned
        frozen = _credentials_of(self).get_frozen_credentials()
        return _sign(self, frozen, Hostname, 1, "", Region, ExpiresIn, kind)

    async def ours_async(
        self: Any, Hostname: str, Region: str | None = None, ExpiresIn: int = 900
    ) -> str:
        """As aiobotocore's method of this name, with the credentials of this client."""
        if not _is_sigv4(self):
            theirs = _originals[_ASYNC_SIGNERS, function]
            unsigned: str = await theirs(self, Hostname, Region, ExpiresIn)
            return unsigned
        frozen = await _credentials_of(self).get_frozen_credentials()
        return _sign(self, frozen, Hostname, 1, "", Region, ExpiresIn, kind)

    for made in (ours, ours_async):
        made.__name__ = made.__qualname__ = function
    return ours, ours_async


class _Method(NamedTuple):
    """A method of a client, and the function of botocore's module that it is made from."""

    service: str
    name: str
    function: str
    ours: Callable[..., Any]
    ours_async: Callable[..., Any]


_CONNECT, _ADMIN = (
    "dsql_generate_db_connect_auth_token",
    "dsql_generate_db_connect_admin_auth_token",
)
_METHODS = (
    _Method(
        "rds",
        "generate_db_auth_token",
        "generate_db_auth_token",
        generate_db_auth_token,
        generate_db_auth_token_async,
    ),
    _Method("dsql", _CONNECT.removeprefix("dsql_"), _CONNECT, *_dsql("dsql", _CONNECT)),
    _Method("dsql", _ADMIN.removeprefix("dsql_"), _ADMIN, *_dsql("dsql-admin", _ADMIN)),
)
_HANDLERS = [(f"creating-client-class.{name}", _add_methods(name)) for name in ("rds", "dsql")]
