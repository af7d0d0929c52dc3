#!/usr/bin/env bash
# Copies the command, so that another build does not change what runs here for half an hour, and runs
# proxy.py under the stand-in.
#
#   ENDURANCE_SECONDS=1800 ENDURANCE_CLIENTS=6 ENDURANCE_PAUSE=5 tests/endurance/proxy.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$PWD/build/endurance-proxy

cargo build -q --locked -p rdsiam-cli
mkdir -p "$out"
cp "${CARGO_TARGET_DIR:-target}/debug/rdsiam" "$out/rdsiam"
for name in $(compgen -e AWS_); do unset "$name"; done
export RDSIAM_COMMAND=$out/rdsiam PYTHONPATH=tests/emulator:tests/proxy:tests/standin:tests/tools
exec nice -n 10 tests/standin/standin run -- .venv/bin/python tests/endurance/proxy.py
