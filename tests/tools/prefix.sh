#!/usr/bin/env bash
# Installs the debug build of the C library into build/prefix, for the programs of the tests.
set -euo pipefail
cd "$(dirname "$0")/../.."
DESTDIR='' PREFIX=$PWD/build/prefix LIBDIR='' INCLUDEDIR='' PROFILE=dev ffi/install/install.sh install
