#!/usr/bin/env bash
# Builds the programs into a folder: the first one against both libraries.
set -euo pipefail
cd "$(dirname "$0")"
out=$1
flags=(-std=c99 -O2 -Wall -Wextra -Werror)
shared() {
    "${CC:-cc}" "${flags[@]}" "$1.c" $(pkg-config --cflags --libs rdsiam) \
        -Wl,-rpath,"$(pkg-config --variable=libdir rdsiam)" -o "$out/$1"
}
shared token
shared steady
"${CC:-cc}" "${flags[@]}" token.c $(pkg-config --cflags --libs rdsiam-static) -o "$out/token-static"
