"""Each mark in the README's table of drivers is a test of that driver."""

import functools
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from drivers import BY_NAME, IN_C, MARIADB, POSTGRESQL

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"

# Which rows of drivers.py stand for a row of the table.
ROWS = {
    "psycopg 3": ["psycopg", "psycopg async"],
    "psycopg_pool": ["psycopg_pool", "psycopg_pool async"],
    "psycopg2": ["psycopg2", "psycopg2.pool"],
    "asyncpg": ["asyncpg", "asyncpg pool"],
    "PyMySQL": ["PyMySQL"],
    "aiomysql, asyncmy": ["aiomysql", "aiomysql pool", "asyncmy", "asyncmy pool"],
    "mysql-connector-python": [
        "mysql-connector-python",
        "mysql-connector-python pool",
        "mysql-connector-python in C",
        "mysql-connector-python pool in C",
    ],
    "mysqlclient": ["mysqlclient"],
    "SQLAlchemy": [
        "SQLAlchemy psycopg",
        "SQLAlchemy psycopg2",
        "SQLAlchemy psycopg async",
        "SQLAlchemy asyncpg",
        "SQLAlchemy pymysql",
        "SQLAlchemy aiomysql",
        "SQLAlchemy asyncmy",
        "SQLAlchemy mysqldb",
        "SQLAlchemy mysqlconnector",
    ],
    "Django": ["Django postgresql", "Django postgresql pool", "Django mysql"],
}
# What stands behind a yes: logins with both lengths of tokens, one after the end, the second try.
PROOFS = [
    "test_short_and_long_tokens_log_in[0-340-{}]",
    "test_short_and_long_tokens_log_in[1544-1900-{}]",
    "test_a_connection_after_the_end_has_a_new_token[{}]",
    "test_a_refused_token_of_the_cache_is_replaced_once[{}]",
]
SAME_HOST = "yes, host dialled = signed"


def table() -> list[list[str]]:
    section = README.read_text().split("\n## Python\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]


@functools.cache
def collected() -> set[str]:
    """The tests of drivers, in each of the processes that they run in."""
    found = set()
    for which in ("", "by name", "in C"):
        command = ["-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [sys.executable, *command, str(HERE / "test_drivers.py")],
            env={**os.environ, "RDSIAM_REQUIRE_STANDIN": "1", "RDSIAM_ROWS": which},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found |= {line.partition("::")[2] for line in done.stdout.splitlines()}
    return found


def test_the_rows_are_those_of_the_tests() -> None:
    titles, *rows = table()
    assert titles == ["driver", "the line to write", "PostgreSQL", "MariaDB, MySQL"]
    assert [row[0] for row in rows] == list(ROWS)
    tested = [name for names in ROWS.values() for name in names]
    assert sorted(tested) == sorted({**POSTGRESQL, **MARIADB, **BY_NAME, **IN_C})


@pytest.mark.parametrize("driver", ROWS)
def test_each_mark_is_a_test(driver: str) -> None:
    ((_, line, postgresql, mariadb),) = [row for row in table() if row[0] == driver]
    on_postgresql = [name for name in ROWS[driver] if name in POSTGRESQL]
    on_mariadb = [name for name in ROWS[driver] if name not in POSTGRESQL]
    assert postgresql == ("yes" if on_postgresql else "")
    # Where a driver of a framework is bound to the name, the driver's own row says so.
    only_by_name = driver in BY_NAME
    assert mariadb == (SAME_HOST if only_by_name else "yes" if on_mariadb else "")
    for name in ROWS[driver]:
        for proof in PROOFS:
            assert proof.format(name) in collected(), name
    # What the line names is there.
    named = re.findall(r"rdsiam\.([a-z_0-9]+)\.(\w+)", line)
    assert named
    for module, attribute in named:
        thing = importlib.import_module(f"rdsiam.{module}")
        if attribute.islower() and driver == "Django":
            importlib.import_module(f"rdsiam.{module}.{attribute}.base")
        else:
            assert callable(getattr(thing, attribute)), attribute
