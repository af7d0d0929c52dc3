"""Each mark in the tables of Aurora DSQL and of ElastiCache in docs/ is a test that is there."""

import re
from pathlib import Path

import pytest

from drivers import POSTGRESQL

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/drivers/index.md"
PYTHON = ROOT / "bindings-python/tests"
NODE = ROOT / "bindings-node/test"
GO = ROOT / "examples/go/rdsiam"

# The tests behind the marks of a row, one a column: the file, and what begins the test there.
DSQL_OF_PYTHON = (PYTHON / "test_dsql.py", "def test_each_driver_logs_in_to_dsql(")
DSQL_OF_NODE = (NODE / "dsql.test.js", "logs in to DSQL as ${user}`, { skip }, async")
DSQL_OF_GO = (GO / "internal/logintest/postgres_test.go", "func TestPgxLogsInToDSQL(")
DSQL_OF_C = (ROOT / "examples/c/test.py", "def test_postgres_on_dsql(")
DSQL_OF_COMMAND = (ROOT / "tests/cli/test_exec.py", "def test_psql_logs_in_to_dsql_also_")
REDIS_PY = PYTHON / "test_redis.py"
REDIS_JS = NODE / "redis.test.js"
BY_NODE_AND_IOREDIS = (REDIS_JS, "test(`node-redis and ioredis log in to ${kind}`")
CLIENTS = ROOT / "tests/valkey/test_clients.py"
TESTS = {
    "Python": [
        DSQL_OF_PYTHON,
        DSQL_OF_PYTHON,
        (PYTHON / "test_dsql.py", "def test_a_transaction_that_lost_a_race_is_run_again("),
    ],
    "Node": [
        DSQL_OF_NODE,
        DSQL_OF_NODE,
        (NODE / "occ.test.js", "test('a transaction that lost a race is run again'"),
    ],
    "Go": [
        DSQL_OF_GO,
        DSQL_OF_GO,
        (GO / "internal/logintest/occ_test.go", "func TestATransactionThatLostARaceIsRunAgain("),
    ],
    "C": [DSQL_OF_C, DSQL_OF_C, None],
    "command": [DSQL_OF_COMMAND, DSQL_OF_COMMAND, None],
    "redis-py, redis.asyncio": [
        (REDIS_PY, "def test_a_login_of_each_kind("),
        (REDIS_PY, "def test_a_wrong_token_is_refused("),
        (REDIS_PY, "def test_asyncio_connections_outlive_them_too("),
        (REDIS_PY, "def test_renewed_credentials_authenticate_all_connections_again("),
    ],
    "node-redis": [
        BY_NODE_AND_IOREDIS,
        (REDIS_JS, "test('a wrong token is refused'"),
        (REDIS_JS, "test('node-redis connections outlive their 12 hours while commands run'"),
        (REDIS_JS, "test('renewed credentials authenticate again'"),
    ],
    "ioredis": [
        BY_NODE_AND_IOREDIS,
        None,
        (REDIS_JS, "test('ioredis connections outlive them too, and a new one has a valid token'"),
        None,
    ],
    "go-redis": [
        (GO / "rdsiamredis/provider_test.go", "func TestAConnectionOutlivesIts12Hours("),
        None,
        (GO / "rdsiamredis/provider_test.go", "func TestAConnectionOutlivesIts12Hours("),
        None,
    ],
    "valkey-cli, redis-cli": [
        (CLIENTS, "def test_the_client_logs_in_over_tls_as_the_user("),
        (CLIENTS, "def test_a_server_of_a_kind_takes_the_tokens_for_that_kind_and_name_alone("),
        None,
        None,
    ],
}


def rows(heading: str) -> dict[str, list[str]]:
    section = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells[1:]}


TABLES = {**rows("Aurora DSQL"), **rows("ElastiCache and MemoryDB")}


def test_the_rows_are_those_of_the_tests() -> None:
    assert list(TABLES) == list(TESTS)


@pytest.mark.parametrize("row", TESTS)
def test_each_mark_is_a_test(row: str) -> None:
    _, *marks = TABLES[row]
    assert [mark != "" for mark in marks] == [test is not None for test in TESTS[row]]
    for test in TESTS[row]:
        if test:
            file, begin = test
            assert begin in file.read_text(), file


def test_each_driver_of_python_for_postgresql_is_named() -> None:
    named = [name.partition(" 3")[0] for name in TABLES["Python"][0].split(", ")]
    tested = {re.split(r"[ .]", name)[0] for name in POSTGRESQL}
    assert sorted(named) == sorted(tested)


def test_each_driver_of_node_for_postgresql_is_named() -> None:
    text = (NODE / "drivers.js").read_text()
    pattern = r"name: '([\w.-]+)[^']*',\s+server: 'postgres'"
    tested = {name.lower() for name in re.findall(pattern, text)}
    assert sorted(TABLES["Node"][0].lower().split(", ")) == sorted(tested)
