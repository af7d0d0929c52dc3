"""Refuses drivers that are older than what their helpers work with, as the tests run them."""

import re


def check(extra: str, name: str, lowest: str, version: object) -> None:
    """For the distribution of this name. The extra in pyproject.toml has the same number."""
    if _numbers(str(version)) < _numbers(lowest):
        raise ImportError(
            f"rdsiam needs {name} {lowest} or newer, and {version} is installed; "
            f"pip install 'rdsiam[{extra}]'"
        )


def _numbers(version: str) -> "tuple[int, ...]":
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(number) for number in found[0].split(".")) if found else ()
