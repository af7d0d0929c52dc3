#!/usr/bin/env bash
# Installs header, shared and static library, and the pkg-config file: install.sh DESTDIR PREFIX
set -euo pipefail
cd "$(dirname "$0")/.."
destination=$1 prefix=${2:-/usr/local}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

cargo build --release -p rdsiam-ffi
install -d "$destination$prefix/lib/pkgconfig" "$destination$prefix/include"
install -m 644 include/rdsiam.h "$destination$prefix/include/"
install -m 755 target/release/librdsiam.so "$destination$prefix/lib/librdsiam.so.$version"
install -m 644 target/release/librdsiam.a "$destination$prefix/lib/"
ln -sf "librdsiam.so.$version" "$destination$prefix/lib/librdsiam.so.1"
ln -sf librdsiam.so.1 "$destination$prefix/lib/librdsiam.so"
sed -e "s|@PREFIX@|$prefix|" -e "s|@VERSION@|$version|" ffi/rdsiam.pc.in \
    >"$destination$prefix/lib/pkgconfig/rdsiam.pc"
