#!/usr/bin/env bash
# Installs the C library into build/prefix, for the programs of the tests: the debug build, or with
# `prefix.sh release` that one, into build/prefix-release. With ARTIFACTS it is what ships.
set -euo pipefail
cd "$(dirname "$0")/../.."
profile=${1:-dev} prefix=$PWD/build/prefix
[ "$profile" = dev ] || prefix+=-$profile
if [ -n "${ARTIFACTS:-}" ]; then
    shipped=$(tests/tools/artefact.sh c)
    rm -rf "$prefix"
    cp -a "$shipped" "$prefix"
    exit
fi
DESTDIR='' PREFIX=$prefix LIBDIR='' INCLUDEDIR='' PROFILE=$profile ffi/install/install.sh install
