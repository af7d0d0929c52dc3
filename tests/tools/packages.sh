#!/usr/bin/env bash
# Installs what the tests of C, Go and the command need beside a C compiler: as root with apt-get, or else says
# what to type.
set -euo pipefail
missing=()
for need in pkg-config:pkg-config cmake:cmake c++:g++ valgrind:valgrind groff:groff-base; do
    command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
done
# From which localedef makes the locale that a test runs in.
[ -e /usr/share/i18n/locales/tr_TR ] || missing+=(locales)
[ "${#missing[@]}" -gt 0 ] || exit 0
command=(apt-get install -y --no-install-recommends "${missing[@]}")
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "not everything is here; type: sudo ${command[*]}" >&2
    exit 3
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
"${command[@]}"
