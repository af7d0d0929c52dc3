#!/bin/sh
# Puts PgBouncer and its libraries into build/pgbouncer, out of the packages of Debian or Ubuntu.
# Unpacked and not installed, since the package starts a service.
set -eu
cd "$(dirname "$0")/../.."
out=build/pgbouncer
[ -e "$out/usr/sbin/pgbouncer" ] && exit
command -v apt-get >/dev/null || { echo "there is no apt-get to have PgBouncer from" >&2; exit 3; }
rm -rf "$out"
mkdir -p "$out/packages"
[ "$(id -u)" -ne 0 ] || apt-get update -q
(cd "$out/packages" && apt-get download -q pgbouncer libc-ares2 libevent-2.1-7)
for package in "$out"/packages/*.deb; do dpkg-deb -x "$package" "$out"; done
