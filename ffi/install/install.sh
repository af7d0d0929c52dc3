#!/usr/bin/env bash
# Puts the C library in place, or takes it away again: install.sh install|uninstall
#
# PREFIX      where it will be found, /usr/local by default
# LIBDIR      PREFIX/lib by default; Debian's packages would say /usr/lib/x86_64-linux-gnu
# INCLUDEDIR  PREFIX/include by default
# DESTDIR     a folder in front of all that, for those who make packages
# PROFILE     release by default; dev for tests, whose libraries are large and slow
# BUILT       a folder with both libraries, built elsewhere; nothing is built then
# PRIVATE     what a program has to link with that static library
set -euo pipefail
cd "$(dirname "$0")/../.."
destdir=${DESTDIR:-} prefix=${PREFIX:-/usr/local} profile=${PROFILE:-release}
libdir=${LIBDIR:-$prefix/lib} includedir=${INCLUDEDIR:-$prefix/include}
for path in "$prefix" "$libdir" "$includedir"; do
    [[ $path =~ ^/[A-Za-z0-9_./+-]*$ ]] || { echo "install: $path is no absolute path" >&2; exit 1; }
done

constant() { sed -n "s/^$1 = \"\\(.*\\)\"/\\1/p" Cargo.toml | head -n 1; }
version=$(constant version)
abi=$(sed -n 's/^#define RDSIAM_ABI_VERSION //p' include/rdsiam.h)
# What a program has to link with the static library, by `rustc --print native-static-libs`;
# tests/consumer compares.
private="${PRIVATE:--lgcc_s -lutil -lrt -lpthread -lm -ldl -lc}"

pkgconfig=$libdir/pkgconfig cmake=$libdir/cmake/rdsiam
go=$prefix/share/rdsiam/go doc=$prefix/share/doc/rdsiam
files=(
    "$includedir/rdsiam.h"
    "$libdir/librdsiam.so" "$libdir/librdsiam.so.$abi" "$libdir/librdsiam.so.$version"
    "$libdir/librdsiam.a"
    "$pkgconfig/rdsiam.pc" "$pkgconfig/rdsiam-static.pc"
    "$cmake/rdsiam-config.cmake" "$cmake/rdsiam-config-version.cmake"
    "$doc/LICENSE-APACHE" "$doc/LICENSE-MIT"
)
mapfile -t go_files < <(cd examples/go/rdsiam && find . -type f ! -path './internal/*' \
    \( -name '*.go' -o -name go.mod -o -name go.sum \) ! -name '*_test.go' -printf '%P\n' | sort)

# pkg-config can move what is said in terms of the prefix.
in_prefix() { [[ $1 == "$prefix"/* ]] && echo "\${prefix}${1#"$prefix"}" || echo "$1"; }

fill() { # the template, the file
    sed -e "s|@PREFIX@|$prefix|g" -e "s|@LIBDIR@|$libdir|g" -e "s|@INCLUDEDIR@|$includedir|g" \
        -e "s|@PC_LIBDIR@|$(in_prefix "$libdir")|g" \
        -e "s|@PC_INCLUDEDIR@|$(in_prefix "$includedir")|g" \
        -e "s|@VERSION@|$version|g" -e "s|@ABI@|$abi|g" -e "s|@PRIVATE@|$private|g" \
        -e "s|@POINTER@|$(($(getconf LONG_BIT) / 8))|g" \
        "ffi/install/$1.in" >"$destdir$2"
    chmod 644 "$destdir$2"
}

install_all() {
    local built=${BUILT:-${CARGO_TARGET_DIR:-target}/${profile/dev/debug}} file
    [ -n "${BUILT:-}" ] || cargo build -q --locked --profile "$profile" -p rdsiam-ffi
    for file in "${files[@]}" "${go_files[@]/#/$go/}"; do
        install -d "$destdir${file%/*}"
    done
    install -m 644 include/rdsiam.h "$destdir$includedir/"
    install -m 755 "$built/librdsiam.so" "$destdir$libdir/librdsiam.so.$version"
    ln -sf "librdsiam.so.$version" "$destdir$libdir/librdsiam.so.$abi"
    ln -sf "librdsiam.so.$abi" "$destdir$libdir/librdsiam.so"
    if [ ! "$built/static/librdsiam.a" -nt "$built/librdsiam.a" ]; then
        mkdir -p "$built/static"
        ffi/install/static.sh "$built/librdsiam.a" "$built/static/librdsiam.a"
    fi
    install -m 644 "$built/static/librdsiam.a" "$destdir$libdir/"
    for file in rdsiam.pc rdsiam-static.pc; do fill "$file" "$pkgconfig/$file"; done
    for file in rdsiam-config.cmake rdsiam-config-version.cmake; do fill "$file" "$cmake/$file"; done
    install -m 644 LICENSE-APACHE LICENSE-MIT "$destdir$doc/"
    for file in "${go_files[@]}"; do
        install -m 644 "examples/go/rdsiam/$file" "$destdir$go/$file"
    done
    refresh_loader
}

# The loader keeps a list of what is in the folders it knows. A packager's destination is none.
refresh_loader() {
    case $destdir$libdir in
    /lib* | /usr/lib* | /usr/local/lib*) [ "$(id -u)" -ne 0 ] || ldconfig ;;
    esac
}

uninstall_all() {
    local file
    for file in "${files[@]}" "${go_files[@]/#/$go/}"; do
        rm -f "$destdir$file"
    done
    # Folders of its own, from the innermost; not those that were there before.
    if [ -d "$destdir$prefix/share/rdsiam" ]; then
        find "$destdir$prefix/share/rdsiam" -depth -type d -empty -delete
    fi
    rmdir "$destdir$cmake" "$destdir$doc" 2>/dev/null || true
    refresh_loader
}

case ${1:-} in
install) install_all ;;
uninstall) uninstall_all ;;
*) echo "usage: install.sh install|uninstall" >&2; exit 2 ;;
esac
