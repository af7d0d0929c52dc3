#!/usr/bin/env bash
# Changes the sources line by line, and says which changes no test notices. Each file is given to the
# tool of its language, which the script installs; without names the files below are, for hours.
#
#     tests/mutants/run.sh core/src/freshness.rs bindings-node/lib/tls.ts
#     RDSIAM_SAMPLE=30 tests/mutants/run.sh bindings-python/python/rdsiam/_tls.py
#
# tests/mutants.md has the figures, and why what is left is harmless.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- \
    core/src/{token_cache,refresh_cache,freshness,per_process,client,presign,endpoint,region,explain,target,quote}.rs \
    core/src/{refresh_cache,client,presign}/*.rs core/src/credentials/cache.rs \
    ffi/src/*.rs cli/src/*.rs cli/src/*/*.rs bindings-python/src/*.rs bindings-node/src/*.rs \
    bindings-python/python/rdsiam/*.py bindings-node/lib/*.ts bindings-node/lib/drivers/*.ts \
    examples/go/rdsiam/{,rdsiampgx,rdsiammysql,rdsiamaws}
for file; do
    case $file in
    *.rs) tests/mutants/rust.sh "$file" ;;
    *.py) tests/mutants/python.sh "$file" ;;
    *.ts) tests/mutants/node.sh "$file" ;;
    examples/go/*) tests/mutants/go.sh "$file" ;;
    *) echo "no tool changes $file" >&2 && exit 2 ;;
    esac
done
