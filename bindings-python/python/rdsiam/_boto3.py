"""Signing in place of boto3 and aiobotocore. Imported by `patch_boto3`."""

import datetime
import inspect
import sys
from collections.abc import Callable
from typing import Any

import botocore
import botocore.exceptions
import botocore.handlers
import botocore.signers

from . import _rdsiam

_EVENT = "creating-client-class.rds"
# Those of the peers, for clients that do not sign with SigV4.
_originals: dict[str, Callable[..., Any]] = {}


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
    # Every session, also one that is there already, has botocore's handler of this event, which
    # looks the function up in its module when a client is made.
    _replace("botocore.signers", generate_db_auth_token)
    _replace("aiobotocore.signers", generate_db_auth_token_async)
    # aiobotocore may be imported later: sessions made from now on have a handler of ours too.
    if (_EVENT, _add_method) not in botocore.handlers.BUILTIN_HANDLERS:
        botocore.handlers.BUILTIN_HANDLERS.append((_EVENT, _add_method))
    return Patch()


def unpatch() -> None:
    """Clients that are made from now on have the methods of their SDK. Those that are there keep
    what they have."""
    for name, ours in (
        ("botocore.signers", generate_db_auth_token),
        ("aiobotocore.signers", generate_db_auth_token_async),
    ):
        module: Any = sys.modules.get(name)
        if getattr(module, "generate_db_auth_token", None) is ours and name in _originals:
            module.generate_db_auth_token = _originals[name]
    if (_EVENT, _add_method) in botocore.handlers.BUILTIN_HANDLERS:
        botocore.handlers.BUILTIN_HANDLERS.remove((_EVENT, _add_method))
    global _is_patched
    _is_patched = False


def _replace(name: str, ours: Callable[..., Any]) -> None:
    module = sys.modules.get(name)
    theirs = getattr(module, "generate_db_auth_token", None)
    if theirs is not None and theirs is not ours:
        _originals[name] = theirs
        module.generate_db_auth_token = ours  # type: ignore[union-attr]


def _add_method(class_attributes: dict[str, Any], base_classes: list[type], **_: Any) -> None:
    if not _is_patched:
        return
    theirs = class_attributes.get("generate_db_auth_token")
    if any(inspect.iscoroutinefunction(getattr(c, "_make_api_call", None)) for c in base_classes):
        if theirs is not None and theirs is not generate_db_auth_token_async:
            _originals["aiobotocore.signers"] = theirs
        class_attributes["generate_db_auth_token"] = generate_db_auth_token_async
    else:
        class_attributes["generate_db_auth_token"] = generate_db_auth_token


def generate_db_auth_token(
    self: Any, DBHostname: str, Port: int | str, DBUsername: str | bytes, Region: str | None = None
) -> str:
    """Signs a token with the credentials of this client, as botocore's method of this name."""
    if not _is_sigv4(self):
        unsigned: str = _originals["botocore.signers"](self, DBHostname, Port, DBUsername, Region)
        return unsigned
    credentials = _credentials_of(self)
    frozen = credentials.get_frozen_credentials()
    return _sign(self, frozen, DBHostname, Port, DBUsername, Region)


async def generate_db_auth_token_async(
    self: Any, DBHostname: str, Port: int | str, DBUsername: str | bytes, Region: str | None = None
) -> str:
    """Signs a token with the credentials of this client, as aiobotocore's method of this name."""
    if not _is_sigv4(self):
        theirs = _originals["aiobotocore.signers"]
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
) -> str:
    if region is None:
        region = client.meta.region_name
    if region is None:
        raise botocore.exceptions.NoRegionError()
    # The clock of botocore, so that a test that stops it stops this one too.
    now = datetime.datetime.now(datetime.timezone.utc).timestamp()
    keys = (frozen.access_key, frozen.secret_key, frozen.token or None)
    return _rdsiam._sign_at(host, port, user, region, *keys, int(now), 900)
