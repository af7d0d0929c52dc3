#!/usr/bin/env bash
# The tests of the command in two halves side by side, each with servers of its own: much of the time
# is spent waiting for tokens to expire.
set -euo pipefail
cd "$(dirname "$0")/../.."

half() { tests/standin/standin run -- build/cli/venv/bin/python -m pytest -q -c tests/pytest.ini "$@"; }

in_first=(tests/cli/test_{exec,docs,terminal,token}.py)
failed=0
half "${in_first[@]}" &
first=$!
half tests/cli "${in_first[@]/#/--ignore=}" || failed=1
wait "$first" || failed=1
exit "$failed"
