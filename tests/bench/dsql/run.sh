#!/usr/bin/env bash
# Installs Amazon's connectors into build/bench/dsql, and runs both programs.
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=build/bench/dsql
if [ ! -e "$out/installed" ]; then
    .venv/bin/python -m pip install -q --target "$out/python" aurora-dsql-python-connector==0.2.7 boto3
    npm install --silent --no-audit --no-fund --prefix "$out" \
        @aws/aurora-dsql-node-postgres-connector@0.1.9 pg@8.23.1 pg-connection-string@2.14.1
    touch "$out/installed"
fi
bindings-python/build-dev.sh
bindings-node/build-dev.sh
PYTHONPATH=$out/python .venv/bin/python tests/bench/dsql/pool.py
NODE_PATH=$PWD/$out/node_modules node tests/bench/dsql/pool.js
