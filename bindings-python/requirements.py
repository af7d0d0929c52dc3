#!/usr/bin/env python3
"""Prints what pip installs for the tests of drivers, out of pyproject.toml.

requirements.py drivers    the pinned versions
requirements.py lowest     the lowest versions that the extras name
"""

import sys
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    from pip._vendor import tomli as tomllib  # type: ignore[no-redef]

PROJECT = tomllib.loads((Path(__file__).parent / "pyproject.toml").read_text())
# What is tested of the two is their wheels.
WHEELS = {"psycopg": ["psycopg", "psycopg-binary"], "psycopg2": ["psycopg2-binary"]}


def lowest() -> list[str]:
    found = []
    extras = PROJECT["project"]["optional-dependencies"]
    # What is in `testing` runs the tests, and is no driver.
    for wanted in (extras[name] for name in extras if name != "testing"):
        name, version = wanted[0].split(">=")
        found += [f"{wheel}=={version}" for wheel in WHEELS.get(name, [name])]
    return found


if __name__ == "__main__":
    wanted = {"drivers": PROJECT["dependency-groups"]["drivers"], "lowest": lowest()}
    print("\n".join(wanted[sys.argv[1]]))
