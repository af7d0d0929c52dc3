"""What every helper's `connect` takes beside its driver's arguments, for type checkers and editors.

Not loaded at run time.
"""

import os
import ssl
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

import psycopg
from psycopg.rows import Row, RowFactory, TupleRow

from ._retry import Tokens

if TYPE_CHECKING:
    from .psycopg import Connection

C_co = TypeVar("C_co", covariant=True)


class Managed(Protocol[C_co]):
    """What `await` and `async with` take."""

    def __await__(self) -> "Generator[Any, Any, C_co]": ...
    async def __aenter__(self) -> C_co: ...
    async def __aexit__(self, *details: object) -> None: ...


class Connects(Protocol[C_co]):
    """`ca` and the like are described in `rdsiam.psycopg`; `options` are the driver's."""

    def __call__(
        self,
        *,
        host: "str | None" = None,
        port: "int | str | None" = None,
        user: "str | None" = None,
        database: "str | None" = None,
        cache: "Tokens | None" = None,
        ca: "str | os.PathLike[str] | ssl.SSLContext | None" = None,
        credentials: "dict[str, Any] | Callable[..., Any] | object | None" = None,
        profile: "str | None" = None,
        region: "str | None" = None,
        sign_host: "str | None" = None,
        sign_port: "int | str | None" = None,
        **options: Any,
    ) -> C_co: ...


class ConnectsByDSN(Protocol[C_co]):
    """As `Connects`, for drivers that take a connection string."""

    def __call__(
        self,
        dsn: "str | None" = None,
        *,
        host: "str | None" = None,
        port: "int | str | None" = None,
        user: "str | None" = None,
        database: "str | None" = None,
        cache: "Tokens | None" = None,
        ca: "str | os.PathLike[str] | ssl.SSLContext | None" = None,
        credentials: "dict[str, Any] | Callable[..., Any] | object | None" = None,
        profile: "str | None" = None,
        region: "str | None" = None,
        sign_host: "str | None" = None,
        sign_port: "int | str | None" = None,
        **options: Any,
    ) -> C_co: ...


class ConnectsPsycopg(Protocol):
    """The rows of the connection are those of the `row_factory`."""

    @overload
    def __call__(
        self,
        conninfo: str = "",
        *,
        row_factory: None = None,
        host: "str | None" = None,
        port: "int | str | None" = None,
        user: "str | None" = None,
        dbname: "str | None" = None,
        cursor_factory: "type[psycopg.Cursor[Any]] | None" = None,
        cache: "Tokens | None" = None,
        ca: "str | os.PathLike[str] | None" = None,
        credentials: "dict[str, Any] | Callable[..., Any] | object | None" = None,
        profile: "str | None" = None,
        region: "str | None" = None,
        sign_host: "str | None" = None,
        sign_port: "int | str | None" = None,
        **options: Any,
    ) -> "Connection[TupleRow]": ...
    @overload
    def __call__(
        self,
        conninfo: str = "",
        *,
        row_factory: "RowFactory[Row]",
        host: "str | None" = None,
        port: "int | str | None" = None,
        user: "str | None" = None,
        dbname: "str | None" = None,
        cursor_factory: "type[psycopg.Cursor[Any]] | None" = None,
        cache: "Tokens | None" = None,
        ca: "str | os.PathLike[str] | None" = None,
        credentials: "dict[str, Any] | Callable[..., Any] | object | None" = None,
        profile: "str | None" = None,
        region: "str | None" = None,
        sign_host: "str | None" = None,
        sign_port: "int | str | None" = None,
        **options: Any,
    ) -> "Connection[Row]": ...
