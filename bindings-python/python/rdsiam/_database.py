"""A cache over any object that makes tokens, such as a boto3 client."""

from . import _rdsiam
from ._cache import TokenCache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class TokenMaker(Protocol):
        """What boto3's client for RDS has."""

        def generate_db_auth_token(
            self, DBHostname: str, Port: int, DBUsername: str, Region: str | None = None
        ) -> str: ...


class DatabaseTokenCache:
    """Keeps the token of one login, which `rds_client` makes with its own credentials.

    `rds_client` is any object with boto3's `generate_db_auth_token`, or None: then rdsiam signs
    with the default credentials. The rules are those of TokenCache: renewed behind the callers'
    backs from 60 s before the end on, not handed out in the last 10 s, one call for all who
    wait. Any number of threads may use it. `rds_client` is called with no lock held.

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
        self._cache: _rdsiam.TokenCache
        if rds_client is None:
            self._cache = TokenCache(hostname, port, username, region)
            return
        from . import _shutdown as _shutdown

        def make() -> str:
            token = rds_client.generate_db_auth_token(
                DBHostname=cache.host, Port=cache.port, DBUsername=cache.user, Region=region
            )
            if not isinstance(token, str):
                raise TypeError(f"generate_db_auth_token returned {type(token).__name__}, not str")
            return token

        cache = self._cache = _rdsiam._keep_tokens(hostname, port, username, region, make)

    def get_token(self) -> str:
        """A token that is good for at least 10 seconds more, as a str.

        Raises what `rds_client` raises; without one, as `TokenCache.get_token`.

        >>> import rdsiam
        >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
        >>> rdsiam.DatabaseTokenCache(None, host, 5432, "app").get_token()[:6]
        'mydb.a'
        """
        return self._cache.get_token()

    def invalidate(self) -> None:
        """Drops the token, after a login with it was refused.

        >>> import rdsiam
        >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
        >>> rdsiam.DatabaseTokenCache(None, host, 5432, "app").invalidate()
        """
        self._cache.invalidate()

    def stats(self) -> dict[str, int]:
        """What the cache has done so far: see `TokenCache.stats`.

        >>> import rdsiam
        >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
        >>> rdsiam.DatabaseTokenCache(None, host, 5432, "app").stats()["hits"]
        0
        """
        return self._cache.stats()

    def __repr__(self) -> str:
        return repr(self._cache).replace("TokenCache", "DatabaseTokenCache", 1)

    def __deepcopy__(self, _: object) -> "DatabaseTokenCache":
        return self

    def __reduce__(self) -> str:
        raise TypeError("cannot pickle a DatabaseTokenCache: make one in each process")
