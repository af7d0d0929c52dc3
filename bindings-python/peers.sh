#!/bin/sh
# Peers that the tests of patch_boto3 need and that do not belong into the environment: aiobotocore
# with the botocore that it pins, and the source distribution of botocore, which has its tests.
set -eu
cd "$(dirname "$0")/.."
peers=build/peers
aiobotocore=3.10.0
botocore=$(sed -n 's/^botocore==//p' bindings-python/requirements-dev.txt)
stamp="$peers/installed-$aiobotocore-$botocore"
[ -e "$stamp" ] && exit
rm -rf "$peers"
mkdir -p "$peers"
pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }
# pip compares with the environment, in which these do not go.
pip install -q --target "$peers/aiobotocore" "aiobotocore==$aiobotocore" 2>"$peers/log" ||
    { cat "$peers/log"; exit 1; }
pip download -q --no-deps --no-binary botocore -d "$peers" "botocore==$botocore"
touch "$stamp"
