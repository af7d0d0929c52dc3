"""IAM authentication tokens for Amazon RDS, Aurora, Aurora DSQL, ElastiCache and MemoryDB, signed
locally, cached, renewed in time.

A token is the password of one login, good for 15 minutes. Making one calls no AWS service.

    import rdsiam

    token = rdsiam.generate_db_auth_token(host, 5432, "app")     # as boto3: a new one each time
    rds = rdsiam.client("rds")                                   # in place of boto3.client("rds")
    cache = rdsiam.TokenCache(host, 5432, "app")                 # one for the life of the process
    password = cache.get_token()                                 # at each connection
    print(rdsiam.explain(password))                              # when a login is refused

Everything may be used from any number of threads, and by a child of `fork`.
"""

# A first token takes less than a millisecond, which the benchmarks hold it to. So only the compiled
# part is loaded here, and the rest when it is first asked for. `typing` alone would take ten times
# as long; checkers know this name for its TYPE_CHECKING.
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
    from . import dsql as dsql
    from . import errors as errors
    from . import mysql_connector as mysql_connector
    from . import mysql_connector_aio as mysql_connector_aio
    from . import mysqlclient as mysqlclient
    from . import pg8000 as pg8000
    from . import psycopg as psycopg
    from . import psycopg2 as psycopg2
    from . import pymysql as pymysql
    from . import redis as redis
    from . import sqlalchemy as sqlalchemy
    from ._ca import ca_bundle
    from ._cache import Token, TokenCache
    from ._database import DatabaseTokenCache
    from ._observe import observe
    from ._patch import patch_boto3, unpatch_boto3
    from ._rdsiam import DSQLClient, Explanation, RDSClient
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
        "DSQLClient": "_rdsiam",
        "Explanation": "_rdsiam",
        "RDSClient": "_rdsiam",
        "Token": "_cache",
        "TokenCache": "_cache",
        "ca_bundle": "_ca",
        "observe": "_observe",
        "patch_boto3": "_patch",
        "unpatch_boto3": "_patch",
    }

    # Each loads its driver, so that it has to be asked for by name.
    _HELPERS = (
        "aiomysql",
        "asyncmy",
        "asyncpg",
        "dsql",
        "mysql_connector",
        "mysql_connector_aio",
        "mysqlclient",
        "pg8000",
        "psycopg",
        "psycopg2",
        "pymysql",
        "redis",
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


__all__ = [
    "ClockError",
    "CredentialsError",
    "CredentialsExpiredError",
    "CredentialsNotFoundError",
    "CredentialsProviderError",
    "DSQLClient",
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
