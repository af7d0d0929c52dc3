#!/usr/bin/env bash
# Unpacks what ships for this machine from the folder ARTIFACTS, and prints where:
#   artefact.sh python    the library of the wheel
#   artefact.sh node      the addon of the npm package of this platform
#   artefact.sh c         the C library's prefix
# Tests that are told ARTIFACTS=build/dist run with that instead of a build of their own.
set -euo pipefail
cd "$(dirname "$0")/../.."
cpu=$(uname -m)
libc=gnu
getconf GNU_LIBC_VERSION >/dev/null 2>&1 || libc=musl
out=$PWD/build/artefacts/$1
rm -rf "$out"
mkdir -p "$out"

# The one file that fits a pattern.
only() {
    local found=("$ARTIFACTS"/$1)
    [ "${#found[@]}" -eq 1 ] && [ -e "${found[0]}" ] || {
        echo "ARTIFACTS=$ARTIFACTS has no $1, or several; make dist makes it" >&2
        exit 1
    }
    echo "${found[0]}"
}

case $1 in
python)
    linux=manylinux
    [ $libc = gnu ] || linux=musllinux
    wheel=$(only "python/rdsiam-*-abi3-*$linux*_$cpu.whl")
    python3 -m zipfile -e "$wheel" "$out"
    # The Python files are those of this tree.
    diff -r -x '__pycache__' -x '*.so' "$out/rdsiam" bindings-python/python/rdsiam >&2
    echo "$out/rdsiam/_rdsiam.abi3.so"
    ;;
node)
    [ "$cpu" = x86_64 ] && arch=x64 || arch=arm64
    tar -xzf "$(only "npm/rdsiam-linux-$arch-$libc-*.tgz")" -C "$out"
    echo "$out/package/rdsiam.linux-$arch-$libc.node"
    ;;
c)
    tar -xzf "$(only "c/rdsiam-c-*-$cpu-linux-$libc.tar.gz")" -C "$out" --strip-components=1
    echo "$out"
    ;;
*) echo "usage: artefact.sh python|node|c" >&2; exit 2 ;;
esac
