"""Not run: what a type checker has to accept, and (with an ignore that it must need) refuse."""

import asyncio

from typing_extensions import assert_type

import rdsiam

token = rdsiam.generate_db_auth_token("h", 5432, "u")
assert_type(token, str)
assert_type(rdsiam.generate_db_auth_token("h", "5432", DBUser="u", Region="r"), str)
rdsiam.generate_db_auth_token("h", 5432)  # type: ignore[call-overload]
rdsiam.generate_db_auth_token("h", 1.5, "u")  # type: ignore[call-overload]

rds = rdsiam.client("rds", region_name="us-east-1")
assert_type(rds, rdsiam.RDSClient)
assert_type(rds.meta.region_name, str | None)

cache = rdsiam.TokenCache("h", 5432, b"u", credentials=dict)
assert_type(cache, rdsiam.TokenCache)
assert_type(cache(), str)
assert_type(asyncio.run(cache.get_token_async()), str)
assert_type(cache.stats(), dict[str, int])
text, expires_at = cache.get()
assert_type(text, str)
assert_type(expires_at, int)
cache.host = "x"  # type: ignore[misc]

database = rdsiam.DatabaseTokenCache(rds, "h", 5432, "u", "r")
rdsiam.DatabaseTokenCache(None, "h", 5432, "u")
rdsiam.DatabaseTokenCache(7, "h", 5432, "u")  # type: ignore[arg-type]
assert_type(database.get_token(), str)

assert_type(rdsiam.ca_bundle("us-east-1"), str)
assert_type(rdsiam.url_quote(token), str)
assert_type(rdsiam.odbc_quote(token, percent=True), str)
rdsiam.odbc_quote(token, True)  # type: ignore[call-arg]
rdsiam.patch_boto3()

told = rdsiam.explain(token)
assert_type(told.problems, tuple[str, ...])
assert_type(told.signed_at, int | None)

try:
    pass
except rdsiam.RdsIamError as error:
    assert_type(error.code, str)
    assert_type(error.retryable, bool)
