"""Helpers by what they have in common, from the table in drivers.py, and their errors."""

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

import pytest

import rdsiam
from drivers import HELPERS

POSTGRESQL = [name for name, helper in HELPERS.items() if helper.server == "postgresql"]
MYSQL = [name for name, helper in HELPERS.items() if helper.server == "mysql"]
ASYNC = [name for name, helper in HELPERS.items() if helper.is_async]
CONTEXTS = [name for name, helper in HELPERS.items() if helper.context]


def named(path: str) -> Any:
    """What stands at `module:attribute.attribute`, and what has it."""
    module, _, attributes = path.partition(":")
    owner = found = importlib.import_module(module)
    for attribute in attributes.split("."):
        owner, found = found, getattr(found, attribute)
    return owner, found


def family(name: str) -> type[Exception]:
    found: type[Exception] = named(HELPERS[name].error)[1]
    return found


@contextlib.contextmanager
def refused(
    name: str, match: str, cause: type[Exception] = rdsiam.InvalidArgumentError
) -> Iterator[None]:
    """An error of the driver's family, with ours as its cause and our text in it."""
    with pytest.raises(family(name), match=match) as raised:
        yield
    assert isinstance(raised.value.__cause__, cause)
    assert str(raised.value.__cause__) in str(raised.value)
