"""What of the caches has to be Python.

Without `typing`, whose NamedTuple would make a first token of a cache take ten times as long.
"""

from . import _rdsiam


class Token(tuple[str, int]):
    """A token and when it expires: `token, expires_at = cache.get()`.

    `token` is the text, the password of one login. `expires_at` is in Unix seconds: the end of the
    token's own life, or the expiry of the credentials that signed it if that is sooner. `repr()`
    and `str()` do not show the text, so that it gets into no log: use `.token`.

    >>> import rdsiam
    >>> got = rdsiam.TokenCache("mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app").get()
    >>> got.token == got[0] and got.expires_at == got[1]
    True
    """

    __slots__ = ()

    def __new__(cls, token: str, expires_at: int) -> "Token":
        return tuple.__new__(cls, (token, expires_at))

    @property
    def token(self) -> str:
        """The text, to be used as the password."""
        return self[0]

    @property
    def expires_at(self) -> int:
        """The Unix second at which it expires."""
        return self[1]

    @property
    def signed_at(self) -> "int | None":
        """The Unix second at which it was signed; None if the text does not say so."""
        return _rdsiam.explain(self[0]).signed_at

    def __repr__(self) -> str:
        return f"Token(token=<{len(self[0])} characters>, expires_at={self[1]})"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("cannot pickle a Token: it is a password; send .token if you have to")


class TokenCache(_rdsiam.TokenCache):
    """Tokens for one login, signed when needed and replaced before they expire.

    `host` is the endpoint as RDS shows it, also where the connection goes through a tunnel or a
    name of your own. `port` is an int or a str of digits. Without `region` it is the one in the
    host name, or else AWS_DEFAULT_REGION, AWS_REGION or the profile's.

    `credentials` is a mapping or an object with the keys (and perhaps their expiry), a function
    that returns one, or a session of boto3, botocore, aioboto3 or aiobotocore. A function is
    called on a thread of the cache, a coroutine function in an event loop of its own on that
    thread. It may take `force_refresh`, which is true when newer credentials than the last are
    wanted. Without `credentials`: the default credentials of the AWS SDKs, or those of `profile`.
    Caches with the same settings share these.

    `kind` is what the token is for: "rds", "dsql", "dsql-admin", "elasticache",
    "elasticache-serverless" or "memorydb". Without it: DSQL if the host is the endpoint of a DSQL
    cluster, as admin if that is the user, and RDS otherwise. ElastiCache and MemoryDB sign the
    name of the cache, which is `host` then, and not the port.

    `refresh_before` seconds before its expiry a token is signed anew; one that expires within
    `min_remaining` seconds is not returned. `expires` is its life, 1 to 900 seconds, for DSQL up to
    604800. `timeout` is
    how many seconds a call waits for credentials.

    Any number of threads and tasks may use one cache; it survives `fork`. Nothing is read or
    fetched before the first token. Calling the cache is calling `get_token`.

    Raises InvalidArgumentError (also a ValueError) for values that cannot be right, and TypeError.

    >>> import rdsiam
    >>> cache = rdsiam.TokenCache("mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app")
    >>> cache.region
    'us-east-1'
    >>> cache.get_token() == cache()
    True
    """

    def get(self) -> Token:
        """As `get_token`, with the second at which the token expires.

        >>> import rdsiam, time
        >>> cache = rdsiam.TokenCache("mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app")
        >>> token, expires_at = cache.get()
        >>> 890 < expires_at - time.time() <= 900
        True
        """
        return Token(*self._get())

    async def get_token_async(self) -> str:
        """As `get_token`, for asyncio and trio.

        What needs no waiting is returned at once. Credentials are fetched on a thread, once for
        all tasks of the loop that wait; one that is cancelled does not disturb the others.

        >>> import asyncio, rdsiam
        >>> cache = rdsiam.TokenCache("mydb.abc123.us-east-1.rds.amazonaws.com", 5432, "app")
        >>> asyncio.run(cache.get_token_async()) == cache.get_token()
        True
        """
        token = self._try_get_token()
        if token is None:
            from ._loops import wait_for_token

            token = await wait_for_token(self)
        return token

    def __deepcopy__(self, _: object) -> "TokenCache":
        # Settings that hold one, as Django's, may be copied; the copy shares it.
        return self

    def __reduce__(self) -> str:
        raise TypeError("cannot pickle a TokenCache: make one in each process")
