#!/bin/sh
# Builds the extension with cargo and puts a copy beside the Python files, for the tests.
# A copy, because other builds replace what lies in the target folder. With ARTIFACTS it is the
# library that ships.
set -eu
cd "$(dirname "$0")/.."
case "$(uname -s)" in
Darwin) name=lib_rdsiam.dylib ;;
*) name=lib_rdsiam.so ;;
esac
if [ -n "${ARTIFACTS:-}" ]; then
    built=$(tests/tools/artefact.sh python)
else
    built=${CARGO_TARGET_DIR:-target}/debug/$name
    cargo build --locked
fi
# Renamed into place: a process that has the old one loaded keeps it.
to=bindings-python/python/rdsiam/_rdsiam.abi3.so
cp "$built" $to.new
mv -f $to.new $to
