#!/usr/bin/env bash
# With the stand-in running and a wheel installed: native.sh PYTHON does there what prove.py
# does in a bare root.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
exec env -i PATH=/usr/bin RDSIAM_VERSION="$version" AWS_EC2_METADATA_DISABLED=true \
    AWS_ACCESS_KEY_ID="$STANDIN_ACCESS_KEY_ID" AWS_SECRET_ACCESS_KEY="$STANDIN_SECRET_ACCESS_KEY" \
    AWS_SESSION_TOKEN="$STANDIN_SESSION_TOKEN" STANDIN_HOST="$STANDIN_HOST" \
    STANDIN_PORT="$STANDIN_PORT" STANDIN_USER="$STANDIN_USER" STANDIN_DB="$STANDIN_DB" \
    STANDIN_CA="$STANDIN_CA" LD_PRELOAD="$STANDIN_NSS_WRAPPER" NSS_WRAPPER_HOSTS="$STANDIN_HOSTS" \
    "$1" packaging/proofs/prove.py tests/vectors
