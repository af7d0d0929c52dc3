"""Each mark in the table of drivers in docs/ is a test of that driver."""

import functools
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from drivers import BY_NAME, IN_C, MARIADB, POSTGRESQL
from helpers import HELPERS

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs/drivers/index.md"

ALL = {**POSTGRESQL, **MARIADB, **BY_NAME, **IN_C}
# Which rows of drivers.py stand for a row of the table: those that begin with its name, or these.
OTHER_ROWS = {
    "psycopg 3": ["psycopg", "psycopg async"],
    "aiomysql, asyncmy": ["aiomysql", "aiomysql pool", "asyncmy", "asyncmy pool"],
    "mysql-connector-python": [
        name for name in ALL if name.startswith("mysql-connector-python") and "aio" not in name
    ],
    "mysql.connector.aio": ["mysql-connector-python aio", "mysql-connector-python aio pool"],
}


def rows(driver: str) -> list[str]:
    by_name = [name for name in ALL if re.match(rf"{re.escape(driver)}(?![\w])", name)]
    return OTHER_ROWS.get(driver) or by_name


def table() -> list[list[str]]:
    section = PAGE.read_text().split("\n## Python\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]


ROWS = {row[0]: rows(row[0]) for row in table()[1:]}
# What stands behind a yes: logins with both lengths of tokens, one after the end, the second try.
PROOFS = [
    "test_short_and_long_tokens_log_in[0-340-{}]",
    "test_short_and_long_tokens_log_in[1544-1900-{}]",
    "test_a_connection_after_the_end_has_a_new_token[{}]",
    "test_a_refused_token_of_the_cache_is_replaced_once[{}]",
]
FORK = "test_a_forked_child_logs_in[{}]"
RECONNECT = "test_a_reconnect_has_a_valid_token[{}]"
PRE_PING = "test_a_broken_connection_is_replaced_with_a_valid_token[{}]"
ERRORS = "test_without_credentials_it_is_the_driver_s_error[{}]"
# The names of the tests are those of the rows, but for these.
RECONNECTS = {
    "PyMySQL": ["PyMySQL ping", "PyMySQL connect"],
    "aiomysql, asyncmy": ["aiomysql ping", "asyncmy ping", "aiomysql pool", "asyncmy pool"],
    "mysql-connector-python": [
        "mysql-connector-python ping",
        "mysql-connector-python reconnect",
        "mysql-connector-python in C ping",
    ],
    "mysql.connector.aio": ["mysql-connector-python aio reconnect"],
    "mysqlclient": ["mysqlclient ping"],
}
PRE_PINGS = {
    "psycopg_pool": ["psycopg_pool"],
    "SQLAlchemy": [name for name in ROWS["SQLAlchemy"] if "pool" not in name],
    "Django": ["Django postgresql", "Django mysql"],
}
SAME_HOST = "yes, host dialled = signed"


@functools.cache
def collected() -> set[str]:
    """The tests of drivers, in each of the processes that they run in."""
    found = set()
    files = [
        str(HERE / f"test_{name}.py")
        for name in ("drivers", "reconnect", "frameworks", "errors_of_helpers")
    ]
    for which in ("", "by name", "in C"):
        command = ["-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
        known = {"NSS_WRAPPER_HOSTS": "here"} if which else {}
        done = subprocess.run(
            [sys.executable, *command, *files],
            env={**os.environ, "RDSIAM_REQUIRE_STANDIN": "1", "RDSIAM_ROWS": which, **known},
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
    assert titles[:4] == ["driver", "the line to write", "PostgreSQL", "MariaDB, MySQL"]
    assert titles[4:] == ["reconnect", "pool", "pre-ping", "fork", "errors", "types"]
    assert len(rows) == len(ROWS) > 10
    tested = [name for names in ROWS.values() for name in names]
    assert sorted(tested) == sorted(ALL)


@pytest.mark.parametrize("driver", ROWS)
def test_each_mark_is_a_test(driver: str) -> None:
    ((_, line, postgresql, mariadb, *more),) = [row for row in table() if row[0] == driver]
    on_postgresql = [name for name in ROWS[driver] if name in POSTGRESQL]
    on_mariadb = [name for name in ROWS[driver] if name not in POSTGRESQL]
    assert postgresql == ("yes" if on_postgresql else "")
    # Where a driver of a framework is bound to the name, the driver's own row says so.
    only_by_name = driver in BY_NAME
    assert mariadb == (SAME_HOST if only_by_name else "yes" if on_mariadb else "")
    for name in ROWS[driver]:
        for proof in [*PROOFS, FORK]:
            assert proof.format(name) in collected(), name
    tests = {
        "reconnect": [RECONNECT.format(name) for name in RECONNECTS.get(driver, [])],
        "pool": [name for name in ROWS[driver] if "pool" in name or driver == "SQLAlchemy"],
        "pre-ping": [PRE_PING.format(name) for name in PRE_PINGS.get(driver, [])],
        "fork": [FORK.format(ROWS[driver][0])],
        "errors": errors(driver, line),
        "types": typed(line),
    }
    assert more == ["yes" if tests[title] else "" for title in tests]
    for title in ("reconnect", "pre-ping", "errors"):
        assert set(tests[title]) <= collected()
    # What the line names is there.
    named = re.findall(r"rdsiam\.([a-z_0-9]+)\.(\w+)", line)
    assert named
    for module, attribute in named:
        thing = importlib.import_module(f"rdsiam.{module}")
        if attribute.islower() and driver == "Django":
            importlib.import_module(f"rdsiam.{module}.{attribute}.base")
        else:
            assert callable(getattr(thing, attribute)), attribute


def errors(driver: str, line: str) -> list[str]:
    """The tests of what is raised; a pool raises its driver's."""
    if driver == "SQLAlchemy":
        return [test for test in collected() if test.startswith("test_sqlalchemy_s_users_catch")]
    if driver == "Django":
        return [test for test in collected() if test.startswith("test_makemigrations_without")]
    helpers = (
        set() if driver == "psycopg_pool" else set(re.findall(r"rdsiam\.([a-z_0-9]+)\.", line))
    )
    return [ERRORS.format(name) for name in helpers & set(HELPERS)]


def typed(line: str) -> list[str]:
    """The helpers whose driver has types or stubs, which users' code then sees."""
    users = (HERE / "typing_helpers.py").read_text()
    seen = {
        "psycopg": "Connection[psycopg.rows.TupleRow]",
        "psycopg2": "connect(**login), psycopg2.extensions.connection)",
        "asyncpg": "asyncpg.Connection[Any])",
        "pymysql": "pymysql.cursors.Cursor)",
        "aiomysql": "rdsiam.aiomysql.Connection)",
        "mysql_connector": "mysql.connector.abstracts.MySQLConnectionAbstract)",
        "mysql_connector_aio": "sixth.get_database(), str)",
        "mysqlclient": "rdsiam.mysqlclient.Connection)",
        "sqlalchemy": "sqlalchemy.Engine)",
    }
    assert [told for told in seen.values() if told not in users] == []
    return [name for name in re.findall(r"rdsiam\.([a-z_0-9]+)\.", line) if name in seen]
