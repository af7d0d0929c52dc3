"""asyncmy and its pool.

    connection = await rdsiam.asyncmy.connect(host=..., user="app", database="app")
    pool = await rdsiam.asyncmy.create_pool(host=..., user="app", database="app")

Each connection is made with a token that is good now, over TLS that verifies the server; without
TLS nothing is sent. What is taken beside asyncmy's own arguments is said in `rdsiam.psycopg`; not
taken are settings of TLS.
"""

from typing import Any

import asyncmy
import asyncmy.pool

from . import _connect, _mysql


async def connect(**options: Any) -> Any:
    """As asyncmy's, and see the module."""
    # With a context it speaks TLS to the server even if that offers none.
    wanted, settings = _mysql.settings(options)

    async def dial(token: str) -> Any:
        return await asyncmy.connect(**settings, password=token)

    return await _connect.connect_async(wanted, dial)


class Pool(asyncmy.pool.Pool):
    """asyncmy's, which asks for a token at each new connection."""

    _connects = True

    @property
    def minsize(self) -> int:
        # Below it the pool would connect by itself, with the driver's `connect`.
        return self._minsize if self._connects else 0

    async def fill_free_pool(self, override_min: bool = False) -> None:
        self._connects = False
        try:
            await super().fill_free_pool(False)
        finally:
            self._connects = True
        while self.size < self._minsize or (
            override_min and not self._free and self.size < self.maxsize
        ):
            self._acquiring += 1
            try:
                self._free.append(await connect(**self._conn_kwargs))
            finally:
                self._acquiring -= 1
                self._cond.notify()


async def create_pool(
    minsize: int = 1,
    maxsize: int = 10,
    echo: bool = False,
    pool_recycle: int = 3600,
    **options: Any,
) -> Pool:
    """As asyncmy's, and see the module."""
    pool = Pool(minsize=minsize, maxsize=maxsize, echo=echo, pool_recycle=pool_recycle, **options)
    if minsize > 0:
        async with pool._cond:
            await pool.fill_free_pool(False)
    return pool
