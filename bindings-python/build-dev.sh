#!/bin/sh
# Builds the extension with cargo and puts a copy beside the Python files, for the tests.
# A copy, because other builds replace what lies in the target folder.
set -eu
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-../target}
(cd .. && cargo build --locked)
case "$(uname -s)" in
Darwin) built=lib_rdsiam.dylib ;;
*) built=lib_rdsiam.so ;;
esac
# Renamed into place: a process that has the old one loaded keeps it.
cp "$target/debug/$built" python/rdsiam/_rdsiam.abi3.so.new
mv -f python/rdsiam/_rdsiam.abi3.so.new python/rdsiam/_rdsiam.abi3.so
