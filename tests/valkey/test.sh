#!/usr/bin/env bash
# The tests of Python, Node and Go that log in to this stand-in. Started by `valkey run`.
set -euo pipefail
cd "$(dirname "$0")/../.."
(cd bindings-python && ../.venv/bin/python -m pytest -q tests/test_redis.py)
(cd bindings-node && node --test test/redis.test.js)
