#!/usr/bin/env bash
# Changes the core line by line with cargo-mutants, and says which changes no test notices. All of the
# files below take hours; name some to test those alone: tests/tools/mutants.sh freshness token_cache
# The tests are those of the core without the default chain, which is tested against servers.
# tests/mutants.md has the figures and why the survivors are harmless.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] && names=("$@") || names=(
    token_cache refresh_cache refresh_cache/{obtain,worker} freshness per_process credentials/cache
    client client/{asynchronous,credentials,handle,host,refused,region,request}
    presign presign/{encode,endpoint_template,signer,signing_context,sigv4,template}
    endpoint region explain target
)
files=()
for name in "${names[@]}"; do files+=(--file "core/src/$name.rs"); done
# Kept between runs: the dependencies do not change.
export CARGO_TARGET_DIR=$PWD/build/mutants-target
exec nice -n 19 cargo mutants --package rdsiam --no-default-features --jobs 1 --no-shuffle \
    --profile mutants --timeout "${RDSIAM_SECONDS:-60}" --output build "${files[@]}" \
    --cargo-arg=--lib --cargo-arg=--test=vectors --cargo-arg=--test=wiped --cargo-arg=--test=crowd
