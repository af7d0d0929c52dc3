#!/usr/bin/env bash
# Logs in with each face; run by `standin run -- logins.sh`, which sets STANDIN_*.
set -euo pipefail
cd "$(dirname "$0")/../.."
export RDSIAM_REQUIRE_STANDIN=1
(cd bindings-python && ../.venv/bin/python -m pytest -q tests/test_login.py)
(cd bindings-node && node --test test/login.test.js)
examples/demo/run.sh against-standin
