#!/usr/bin/env bash
# The tests of the command, C, Rust, Python, Node and Go that log in to this stand-in. Started by `valkey run`.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${VALKEY_HOST:?}" # Without it the tests of Python would skip themselves.
tests/tools/prefix.sh
.venv/bin/python -m pytest -q tests/valkey
(cd bindings-python && ../.venv/bin/python -m pytest -q tests/test_redis.py)
(cd bindings-node && node --test test/redis.test.js)
export PKG_CONFIG_PATH=$PWD/build/prefix/lib/pkgconfig LD_LIBRARY_PATH=$PWD/build/prefix/lib
(cd examples/go/rdsiam/rdsiamredis && go test -count=1 .)
