#!/usr/bin/env bash
# One package of Go, by gremlins: see run.sh. Started with `tests/standin/standin run --` for the tests
# that log in; those of the hooks are in internal/logintest, which gremlins does not reach.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$1 tool=$PWD/build/mutants/go prefix=$PWD/build/prefix
[ -x "$tool/gremlins" ] ||
    GOBIN=$tool go install github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
tests/tools/prefix.sh
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib
cd "$folder"
exec nice -n 19 "$tool/gremlins" unleash --workers 1 --timeout-coefficient 5 .
