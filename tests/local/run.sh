#!/usr/bin/env bash
# The tests of `rdsiam local`, beside the stand-in, whose verifier is the second opinion.
set -euo pipefail
cd "$(dirname "$0")/../.."

export RDSIAM_COMMAND=$PWD/target/debug/rdsiam
tests/standin/standin run -- .venv/bin/python -m pytest -q -c tests/pytest.ini tests/local
cd tests/local/go
go vet ./...
go mod tidy -diff
go test ./...
