#!/usr/bin/env bash
# The tests of the proxy in two halves side by side, each with servers of its own: much of the time is
# spent waiting for what has to take its time. Those of drivers and of a MySQL of MySQL have targets of their own.
set -euo pipefail
cd "$(dirname "$0")/../.."

half() {
    tests/standin/standin run -- .venv/bin/python -m pytest -q -c tests/pytest.ini "$@"
}

in_first=(tests/proxy/test_{drain,limits}.py)
failed=0
half "${in_first[@]}" &
first=$!
half tests/proxy "${in_first[@]/#/--ignore=}" --ignore-glob='*/test_drivers.py' --ignore-glob='*/test_mysql_server.py' || failed=1
wait "$first" || failed=1
exit "$failed"
