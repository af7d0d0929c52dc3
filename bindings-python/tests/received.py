"""What a driver is given by its helper, which stops there."""

import asyncio
import importlib
import inspect
from collections.abc import Callable
from typing import Any

import pytest

import rdsiam
from helpers import HELPERS, named
from support import STATIC

# Where each driver begins, and what stands there instead.
INNERMOST = {
    "psycopg async": "psycopg:AsyncConnection.connect",
    **{name: helper.innermost for name, helper in HELPERS.items()},
}


class Stop(Exception):
    """The driver is not called."""


def parameters(function: Callable[..., Any]) -> dict[str, Any]:
    return {name: p.default for name, p in inspect.signature(function).parameters.items()}


def received(
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    *arguments: Any,
    connect: Any = None,
    **options: Any,
) -> Any:
    """What the driver is given, by the helper's `connect` or by another one."""
    found: dict[str, Any] = {}
    owner, _ = named(INNERMOST[name])
    *classes, last = INNERMOST[name].partition(":")[2].split(".")

    def stop(*arguments: Any, **passed: Any) -> None:
        found.update(passed)
        if name == "aiomysql":
            # Its destructor looks for one.
            arguments[0]._writer = None
        raise Stop

    with monkeypatch.context() as patch:
        # A class's own `connect` is one of psycopg's, which is a method of the class.
        patch.setattr(owner, last, classmethod(stop) if classes and last == "connect" else stop)
        helper: Any = importlib.import_module(f"rdsiam.{name.partition(' ')[0]}")
        if connect is None:
            is_async = name == "psycopg async"
            connect = helper.AsyncConnection.connect if is_async else helper.connect
        with pytest.raises(Stop):
            asyncio.run(wait_for(connect, arguments, options))
    return found


async def wait_for(connect: Any, arguments: "tuple[Any, ...]", options: dict[str, Any]) -> None:
    made = connect(*arguments, **options)
    if inspect.isawaitable(made):
        await made


def a_cache() -> rdsiam.TokenCache:
    return rdsiam.TokenCache("h.example", 5432, "app", "us-east-1", credentials=STATIC)
