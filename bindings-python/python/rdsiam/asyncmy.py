"""asyncmy and its pool.

    connection = await rdsiam.asyncmy.connect(host=..., user="app", database="app")
    async with rdsiam.asyncmy.create_pool(host=..., user="app", database="app") as pool: ...

Each connection is made with a token that is valid then, also where asyncmy makes it again
(`connect()`, `ping`), over TLS that verifies the server; without TLS nothing is sent. What is
taken beside asyncmy's own arguments is said in `rdsiam.psycopg`, what of its settings of TLS in
`rdsiam.pymysql`. Errors of rdsiam are raised as asyncmy's OperationalError, with the error as its
cause.
"""

import importlib.metadata
from typing import TYPE_CHECKING, Any

import asyncmy
import asyncmy.connection
import asyncmy.contexts
import asyncmy.errors
import asyncmy.pool

from . import _connect, _loops, _mysql, _versions

if TYPE_CHECKING:
    from ._signature import Connects, Managed

_versions.check("asyncmy", "asyncmy", "0.2.14", importlib.metadata.version("asyncmy"))

# CR_UNKNOWN_ERROR
_UNKNOWN = 2000


def _raising() -> Any:
    return _connect.raising(lambda text: asyncmy.errors.OperationalError(_UNKNOWN, text))


class Connection(asyncmy.connection.Connection):
    """asyncmy's, which makes its own password.

    With a context it speaks TLS to the server even if that offers none.
    """

    def __init__(self, login: _connect.Login, passed: dict[str, Any]) -> None:
        self._login, self._token = login, ""
        super().__init__(**passed, password_creator=lambda: self._token)

    async def connect(self) -> Any:
        """As asyncmy's, at the first time and at each reconnect."""
        if self.connected:
            return await super().connect()
        with _raising():
            return await _connect.connect_async(self._login, self._connect_with)

    async def _connect_with(self, token: str) -> Any:
        self._token = token
        try:
            return await super().connect()
        finally:
            self._token = ""


async def _connected(**options: Any) -> Connection:
    with _raising():
        _loops.require_asyncio()
        made = Connection(*_mysql.settings(options))
    await made.connect()
    return made


def _connect_managed(**options: Any) -> Any:
    """As asyncmy's, and see the module."""
    return asyncmy.contexts._ConnectionContextManager(_connected(**options))


connect: "Connects[Managed[Connection]]" = _connect_managed


class Pool(asyncmy.pool.Pool):
    """asyncmy's, whose connections ask for a token each time they connect."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        own = ("minsize", "maxsize", "echo", "pool_recycle")
        pool = {name: options.pop(name) for name in own if name in options}
        self._token = ""
        with _raising():
            self._login, passed = _mysql.settings(options)
        super().__init__(*arguments, **pool, **passed, password_creator=self._new_token)

    async def _new_token(self) -> str:
        self._token = await _connect.token_async(self._login.tokens)
        return self._token

    async def fill_free_pool(self, override_min: bool = False) -> None:
        """As asyncmy's, once more after a refusal of a cached token."""
        retry = _connect.Retry(self._login)
        while True:
            self._token = ""
            try:
                with _raising():
                    await super().fill_free_pool(override_min)
            except Exception as error:
                if not retry.after(error, self._token):
                    raise
            else:
                if self._token:
                    retry.accepted()
                return


def create_pool(
    minsize: int = 1,
    maxsize: int = 10,
    echo: bool = False,
    pool_recycle: int = 3600,
    **options: Any,
) -> "Managed[Pool]":
    """As asyncmy's, and see the module."""
    own = {"minsize": minsize, "maxsize": maxsize, "echo": echo, "pool_recycle": pool_recycle}
    pool: Managed[Pool] = asyncmy.contexts._PoolContextManager(_create_pool(own, options))
    return pool


async def _create_pool(own: dict[str, Any], options: dict[str, Any]) -> Pool:
    with _raising():
        _loops.require_asyncio()
    pool = Pool(**own, **options)
    if own["minsize"] > 0:
        async with pool._cond:
            await pool.fill_free_pool(False)
    return pool
