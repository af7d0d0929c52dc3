#!/usr/bin/env bash
# Installs the C library into build/prefix, for the programs of the tests: the debug build, or with
# `prefix.sh release` that one, into build/prefix-release.
set -euo pipefail
cd "$(dirname "$0")/../.."
profile=${1:-dev} prefix=$PWD/build/prefix
[ "$profile" = dev ] || prefix+=-$profile
DESTDIR='' PREFIX=$prefix LIBDIR='' INCLUDEDIR='' PROFILE=$profile ffi/install/install.sh install
