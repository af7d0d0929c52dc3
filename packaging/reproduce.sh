#!/usr/bin/env bash
# Builds what is committed once more, in another folder with a toolchain of its own, and compares every
# byte with build/dist: reproduce.sh [PLATFORM...]. Go's module has all platforms that were built, so that
# it is compared only where those are.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Longer than most, and with a space: the name of a folder is not in the bytes.
second="$work/another folder/rdsiam"
git clone -q . "$second"
[ -e bindings-node/node_modules ] && cp -a bindings-node/node_modules "$second/bindings-node/"
python3 "$second/packaging/dist.py" build "$@"
differing=0
while IFS= read -r file; do
    [ "$#" -eq 0 ] || [ "${file%%/*}" != go ] || continue
    if ! cmp -s "$second/build/dist/$file" "build/dist/$file"; then
        echo "differs: $file"
        differing=$((differing + 1))
    fi
done < <(cd "$second/build/dist" && find . -type f -printf '%P\n' | sort)
[ "$differing" -eq 0 ] && echo "the same bytes"
exit "$((differing > 0))"
