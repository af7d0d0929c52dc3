"""IAM authentication tokens for Amazon RDS and Aurora, signed locally, cached, renewed in time.

A token is the password of one login, good for 15 minutes. Making one calls no AWS service.

    import rdsiam

    token = rdsiam.generate_db_auth_token(host, 5432, "app")     # as boto3: a new one each time
    rds = rdsiam.client("rds")                                   # in place of boto3.client("rds")
    cache = rdsiam.TokenCache(host, 5432, "app")                 # one for the life of the process
    password = cache.get_token()                                 # at each connection
    print(rdsiam.explain(password))                              # when a login is refused

Everything may be used from any number of threads, and by a child of `fork`.
"""

# A token needs the compiled part and nothing else. The rest is loaded when it is first asked for,
# and nothing of the standard library that the interpreter has not loaded already.
try:
    from ._rdsiam import (
        __version__,
        client,
        explain,
        generate_db_auth_token,
        odbc_quote,
        pgpass_quote,
        url_quote,
    )
except ImportError as error:
    from ._unavailable import is_of_loader, message

    if not is_of_loader(error):
        raise
    raise ImportError(message(error), name=error.name, path=error.path) from error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import aiomysql as aiomysql
    from . import asyncmy as asyncmy
    from . import asyncpg as asyncpg
    from . import errors as errors
    from . import mysql_connector as mysql_connector
    from . import mysql_connector_aio as mysql_connector_aio
    from . import mysqlclient as mysqlclient
    from . import pg8000 as pg8000
    from . import psycopg as psycopg
    from . import psycopg2 as psycopg2
    from . import pymysql as pymysql
    from . import sqlalchemy as sqlalchemy
    from ._boto3 import Patch
    from ._cache import Token, TokenCache
    from ._database import DatabaseTokenCache
    from ._observe import observe
    from ._rdsiam import Explanation, RDSClient
    from .errors import (
        ClockError,
        CredentialsError,
        CredentialsExpiredError,
        CredentialsNotFoundError,
        CredentialsProviderError,
        InternalError,
        InvalidArgumentError,
        RdsIamError,
        RdsIamTimeoutError,
        RdsIamWarning,
        RegionMissingError,
        WouldBlockError,
    )
else:
    _HOMES = {
        "DatabaseTokenCache": "_database",
        "Explanation": "_rdsiam",
        "RDSClient": "_rdsiam",
        "Token": "_cache",
        "TokenCache": "_cache",
        "observe": "_observe",
    }

    # Each loads its driver, so that it has to be asked for by name.
    _HELPERS = (
        "aiomysql",
        "asyncmy",
        "asyncpg",
        "mysql_connector",
        "mysql_connector_aio",
        "mysqlclient",
        "pg8000",
        "psycopg",
        "psycopg2",
        "pymysql",
        "sqlalchemy",
    )

    def __getattr__(name):
        if name in _HELPERS:
            return __import__(f"rdsiam.{name}", fromlist=(name,))
        if name not in __all__:
            raise AttributeError(f"module 'rdsiam' has no attribute {name!r}")
        home = __import__(f"rdsiam.{_HOMES.get(name, 'errors')}", fromlist=(name,))
        found = globals()[name] = home if name == "errors" else getattr(home, name)
        return found

    def __dir__():
        return sorted({*globals(), *__all__})


del TYPE_CHECKING


def patch_boto3() -> "Patch":
    """Lets every RDS client of boto3, botocore or aiobotocore that is made from now on sign here.

    Its `generate_db_auth_token` keeps its signature, signs with the client's own credentials and
    region, and raises botocore's own exceptions where those are missing. What botocore would
    sign though it can never be right (an empty host or user, port 0) is an InvalidArgumentError.
    Calling it twice does no harm. Raises ImportError where there is no botocore. `unpatch_boto3`
    takes it back; `with rdsiam.patch_boto3():` does so at the end of the block.

    >>> import boto3, rdsiam
    >>> patched = rdsiam.patch_boto3()
    >>> host = "mydb.abc123.us-east-1.rds.amazonaws.com"
    >>> token = boto3.client("rds", "us-east-1").generate_db_auth_token(host, 5432, "app")
    >>> token.startswith(host)
    True
    """
    from ._boto3 import patch

    return patch()


def unpatch_boto3() -> None:
    """Takes `patch_boto3` back: clients that are made from now on are boto3's own again.

    Those that were made meanwhile go on signing here.

    >>> import boto3, rdsiam
    >>> with rdsiam.patch_boto3():
    ...     ours = boto3.client("rds", "us-east-1").generate_db_auth_token
    >>> ours.__module__, boto3.client("rds", "us-east-1").generate_db_auth_token.__module__
    ('rdsiam._boto3', 'botocore.signers')
    """
    import sys

    module = sys.modules.get("rdsiam._boto3")
    if module is not None:
        module.unpatch()


def ca_bundle(region: str | None = None) -> str:
    """The path of a file with the certificates of RDS, to verify the server with.

    Looks at the file that RDSIAM_CA_BUNDLE names, or else for global-bundle.pem (or the region's)
    in /etc/ssl/rds and other folders of the system and of a Lambda, then for
    ~/.postgresql/root.crt, and last in the working folder. The file has to hold a root of RDS that
    has not expired, for `region` if one is given; in the last two places all that it holds has to
    be known as published by RDS, by its fingerprint. rdsiam brings no certificates: they would
    grow old.

    Raises InvalidArgumentError, which says what was found and what to download.

    >>> import rdsiam
    >>> try:
    ...     path = rdsiam.ca_bundle("us-east-1")
    ... except rdsiam.InvalidArgumentError as error:
    ...     assert "https://truststore.pki.rds.amazonaws.com" in str(error)
    """
    from ._ca import find

    return find(region)


__all__ = [
    "ClockError",
    "CredentialsError",
    "CredentialsExpiredError",
    "CredentialsNotFoundError",
    "CredentialsProviderError",
    "DatabaseTokenCache",
    "Explanation",
    "InternalError",
    "InvalidArgumentError",
    "RDSClient",
    "RdsIamError",
    "RdsIamTimeoutError",
    "RdsIamWarning",
    "RegionMissingError",
    "Token",
    "TokenCache",
    "WouldBlockError",
    "__version__",
    "ca_bundle",
    "client",
    "errors",
    "explain",
    "generate_db_auth_token",
    "observe",
    "odbc_quote",
    "patch_boto3",
    "pgpass_quote",
    "unpatch_boto3",
    "url_quote",
]
