"""A cache over any object that makes tokens, such as a boto3 client."""

import sys
from typing import TYPE_CHECKING, Any, Protocol

from ._cache import Token, TokenCache

if TYPE_CHECKING:
    from . import _made


class TokenMaker(Protocol):
    """What boto3's client for RDS has."""

    def generate_db_auth_token(
        self, DBHostname: str, Port: int, DBUsername: str, Region: str | None = None
    ) -> str: ...


class DatabaseTokenCache:
    """Caches the token of one login.

    `rds_client` is a boto3 client, whose credentials and region sign; or None, then the default
    credentials sign; or any other object with boto3's `generate_db_auth_token`, which is called for
    each new token. Otherwise it is a TokenCache, with the same methods and rules. Any number of
    threads may use it.

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
        self._cache: TokenCache | _made.MadeTokenCache
        login = (hostname, port, username)
        credentials = _credentials_of(rds_client)
        if rds_client is None:
            self._cache = TokenCache(*login, region)
        elif credentials is not None:
            # boto3 signs for the client's region, wherever the host is.
            region = region or rds_client.meta.region_name  # type: ignore[attr-defined]
            self._cache = TokenCache(*login, region, credentials=credentials)
        else:
            from ._made import MadeTokenCache

            self._cache = MadeTokenCache(rds_client, *login, region)

    def get_token(self) -> str:
        """A token that is valid for at least 10 seconds, as a str.

        Raises what the object's `generate_db_auth_token` raises; with a boto3 client or None, what
        `TokenCache.get_token` does.

        >>> import rdsiam
        >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
        >>> rdsiam.DatabaseTokenCache(None, host, 5432, "app").get_token()[:6]
        'mydb.a'
        """
        return self._cache.get_token()

    def __call__(self) -> str:
        """As `get_token`."""
        return self._cache.get_token()

    def get(self) -> Token:
        """As `TokenCache.get`.

        >>> import rdsiam
        >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
        >>> got = rdsiam.DatabaseTokenCache(None, host, 5432, "app").get()
        >>> got.expires_at - got.signed_at
        900
        """
        return self._cache.get()

    async def get_token_async(self) -> str:
        """As `TokenCache.get_token_async`.

        >>> import asyncio, rdsiam
        >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
        >>> cache = rdsiam.DatabaseTokenCache(None, host, 5432, "app")
        >>> asyncio.run(cache.get_token_async()) == cache.get_token()
        True
        """
        return await self._cache.get_token_async()

    def invalidate(self, token: "str | None" = None) -> None:
        """As `TokenCache.invalidate`.

        >>> import rdsiam
        >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
        >>> rdsiam.DatabaseTokenCache(None, host, 5432, "app").invalidate()
        """
        self._cache.invalidate(token)

    def login_refused(self, token: str, began: float) -> bool:
        """As `TokenCache.login_refused`.

        >>> import rdsiam, time
        >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
        >>> cache, began = rdsiam.DatabaseTokenCache(None, host, 5432, "app"), time.time()
        >>> cache.login_refused(cache.get_token(), began)
        False
        """
        return self._cache.login_refused(token, began)

    def stats(self) -> dict[str, int]:
        """As `TokenCache.stats`.

        >>> import rdsiam
        >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
        >>> rdsiam.DatabaseTokenCache(None, host, 5432, "app").stats()["hits"]
        0
        """
        return self._cache.stats()

    @property
    def host(self) -> str:
        """The host that is signed, as it was given."""
        return self._cache.host

    @property
    def port(self) -> int:
        """The port that is signed."""
        return self._cache.port

    @property
    def user(self) -> str:
        """The database user."""
        return self._cache.user

    @property
    def region(self) -> "str | None":
        """The region as it was given, or else the one in the host name."""
        return self._cache.region

    def __repr__(self) -> str:
        return repr(self._cache).replace("TokenCache", "DatabaseTokenCache", 1)

    def __deepcopy__(self, _: object) -> "DatabaseTokenCache":
        return self

    def __reduce__(self) -> str:
        raise TypeError("cannot pickle a DatabaseTokenCache: make one in each process")


def _credentials_of(rds_client: Any) -> Any:
    """Those of a boto3 client that signs as boto3 does; None for any other object."""
    client = sys.modules.get("botocore.client")
    if client is None or not isinstance(rds_client, client.BaseClient):
        return None
    # A test's double is called, and so is a client that signs in another way or not at all.
    if "generate_db_auth_token" in vars(rds_client):
        return None
    if rds_client.meta.config.signature_version not in (None, "v4"):
        return None
    return rds_client._request_signer._credentials
