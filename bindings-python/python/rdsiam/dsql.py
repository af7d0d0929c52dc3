"""Aurora DSQL: transactions that are tried again after a conflict.

    conn = rdsiam.psycopg.connect(host="abc.dsql.us-east-1.on.aws", user="admin", dbname="postgres")
    rdsiam.dsql.run_transaction(conn, lambda conn: conn.execute("UPDATE ..."))

Every helper of rdsiam for PostgreSQL signs for DSQL if its host is the endpoint of a DSQL cluster,
as admin if that is the user, and verifies the server by the authorities of the system.

DSQL locks nothing: of two transactions that change the same rows the later one fails at its end,
with SQLSTATE OC000, OC001 or 40001, and is to be run again. Names and defaults are those of
Amazon's connectors: `OCCRetryConfig`, `is_occ_error`.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

from .errors import InvalidArgumentError

T = TypeVar("T")

_CONFLICTS = ("OC000", "OC001", "40001")


class _Numbers(NamedTuple):
    max_retries: int = 3
    base_delay_ms: float = 1
    max_delay_ms: float = 100
    jitter_factor: float = 0.25


class OCCRetryConfig(_Numbers):
    """How often a transaction is run again, and the pauses before.

    A pause is `base_delay_ms`, which doubles up to `max_delay_ms`, and up to `jitter_factor` of it
    more.
    """

    __slots__ = ()

    def __new__(
        cls,
        max_retries: int = 3,
        base_delay_ms: float = 1,
        max_delay_ms: float = 100,
        jitter_factor: float = 0.25,
    ) -> "OCCRetryConfig":
        for name, value, is_right, wanted in (
            (
                "max_retries",
                max_retries,
                lambda n: n in range(101),
                "0 to 100",
            ),
            ("base_delay_ms", base_delay_ms, lambda n: n > 0, "more than 0"),
            ("max_delay_ms", max_delay_ms, lambda n: n >= base_delay_ms, "at least base_delay_ms"),
            ("jitter_factor", jitter_factor, lambda n: 0 <= n <= 1, "0 to 1"),
        ):
            if not isinstance(value, (int, float)) or not is_right(value):
                raise InvalidArgumentError(f"{name} is {value!r}; give {wanted}")
        return super().__new__(cls, max_retries, base_delay_ms, max_delay_ms, jitter_factor)

    def pause(self, retry: int) -> float:
        """Seconds before a retry, of which the first one is 0."""
        delay = min(self.base_delay_ms * 2.0 ** min(retry, 31), self.max_delay_ms)
        return delay * (1 + random.random() * self.jitter_factor) / 1000


def is_occ_error(error: BaseException) -> bool:
    """Whether another transaction changed the same rows first: this one may be run again."""
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return state in _CONFLICTS


def retrying(run: Callable[[], T], retry: "OCCRetryConfig | None" = None) -> T:
    """What `run` returns, which is called again after a conflict. It has to begin and end its
    transaction by itself.

    >>> import rdsiam.dsql
    >>> rdsiam.dsql.retrying(lambda: 1)
    1
    """
    config = retry or OCCRetryConfig()
    for tried in range(config.max_retries):
        try:
            return run()
        except Exception as error:
            if not is_occ_error(error):
                raise
        time.sleep(config.pause(tried))
    return run()


async def retrying_async(
    run: Callable[[], Awaitable[T]], retry: "OCCRetryConfig | None" = None
) -> T:
    """As `retrying`, for asyncio."""
    config = retry or OCCRetryConfig()
    for tried in range(config.max_retries):
        try:
            return await run()
        except Exception as error:
            if not is_occ_error(error):
                raise
        await asyncio.sleep(config.pause(tried))
    return await run()


def run_transaction(
    connection: Any, callback: Callable[[Any], T], *, retry: "OCCRetryConfig | None" = None
) -> T:
    """Calls `callback` with the connection and commits; after a conflict, does it all again.

    For connections with `commit` and `rollback`: psycopg, psycopg2, pg8000.
    """

    def run() -> T:
        try:
            result = callback(connection)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        return result

    return retrying(run, retry)


async def run_transaction_async(
    connection: Any,
    callback: Callable[[Any], Awaitable[T]],
    *,
    retry: "OCCRetryConfig | None" = None,
) -> T:
    """As `run_transaction`, for psycopg's AsyncConnection."""

    async def run() -> T:
        try:
            result = await callback(connection)
            await connection.commit()
        except BaseException:
            await connection.rollback()
            raise
        return result

    return await retrying_async(run, retry)
