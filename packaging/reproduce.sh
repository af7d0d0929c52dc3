#!/usr/bin/env bash
# Builds what is committed once more, in another folder with a toolchain of its own, and compares every
# byte with build/dist: reproduce.sh [PLATFORM...]
set -euo pipefail
cd "$(dirname "$0")/.."
second=$(mktemp -d)/rdsiam
trap 'rm -rf "$(dirname "$second")"' EXIT
git clone -q . "$second"
[ -e bindings-node/node_modules ] && cp -a bindings-node/node_modules "$second/bindings-node/"
python3 "$second/packaging/dist.py" build "$@"
differing=0
while IFS= read -r file; do
    if ! cmp -s "$second/build/dist/$file" "build/dist/$file"; then
        echo "differs: $file"
        differing=$((differing + 1))
    fi
done < <(cd "$second/build/dist" && find . -type f -printf '%P\n' | sort)
[ "$differing" -eq 0 ] && echo "the same bytes"
exit "$((differing > 0))"
