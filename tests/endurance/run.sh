#!/usr/bin/env bash
# Builds what run.py starts, into build/endurance, and runs it under the stand-in.
#
#   ENDURANCE_SECONDS=1800 ENDURANCE_THREADS=50 ENDURANCE_PAUSE=20 tests/endurance/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/endurance
target=${CARGO_TARGET_DIR:-target}

cargo build -q --locked
# Copies: another build must not change what runs here for half an hour.
rm -rf "$out"
mkdir -p "$out/lib" "$out/node_modules/rdsiam" "$out/python"
cp "$target/debug/librdsiam.so" "$out/lib/librdsiam.so.1"
ln -s librdsiam.so.1 "$out/lib/librdsiam.so"
cp -r bindings-python/python/rdsiam "$out/python/rdsiam"
cp "$target/debug/lib_rdsiam.so" "$out/python/rdsiam/_rdsiam.abi3.so"
cp -r bindings-node/package.json bindings-node/dist "$out/node_modules/rdsiam/"
cp "$target/debug/librdsiam_node.so" "$out/node_modules/rdsiam/rdsiam.linux-x64-gnu.node"
for module in bindings-node/node_modules/*; do
    ln -s "$PWD/$module" "$out/node_modules/"
done
cp tests/endurance/login.js "$out/login.js"
cc -std=c99 -Wall -Wextra -Wpedantic -Werror -O1 -g -Iinclude -I"$(pg_config --includedir)" \
    tests/endurance/login.c -o "$out/login" -L"$out/lib" -lrdsiam -L"$(pg_config --libdir)" -lpq \
    -pthread -Wl,-rpath,"$PWD/$out/lib"

for name in $(compgen -e AWS_); do unset "$name"; done
export AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/nonexistent
export AWS_SHARED_CREDENTIALS_FILE=/nonexistent PYTHONPATH=$PWD/$out/python:$PWD/tests/tools:$PWD/tests/standin
exec nice -n 10 tests/standin/standin run -- .venv/bin/python tests/endurance/run.py
