"""The lowest versions that the helpers work with, which are those that the tests run."""

import re

# By the name of the extra: the distribution and its version.
LOWEST = {
    "aiomysql": ("aiomysql", "0.2.0"),
    "asyncmy": ("asyncmy", "0.2.14"),
    "asyncpg": ("asyncpg", "0.30.0"),
    "django": ("Django", "5.1"),
    "mysql-connector": ("mysql-connector-python", "9.4.0"),
    "mysqlclient": ("mysqlclient", "2.2.4"),
    "pg8000": ("pg8000", "1.31.6"),
    "psycopg": ("psycopg", "3.1.18"),
    "psycopg2": ("psycopg2", "2.9.9"),
    "pymysql": ("PyMySQL", "1.1.2"),
    "redis": ("redis", "6.0.0"),
    "sqlalchemy": ("SQLAlchemy", "2.0.30"),
}


def check(extra: str, version: object) -> None:
    """Refuses a driver that is older than what its helper works with."""
    name, lowest = LOWEST[extra]
    if _numbers(str(version)) < _numbers(lowest):
        raise ImportError(
            f"rdsiam needs {name} {lowest} or newer, and {version} is installed; "
            f"pip install 'rdsiam[{extra}]'"
        )


def _numbers(version: str) -> "tuple[int, ...]":
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(number) for number in found[0].split(".")) if found else ()
