#!/usr/bin/env bash
# Installs the C library as a packager would, builds programs against it in a root that has nothing
# else of this project, lets them log in to PostgreSQL and MariaDB, and takes it away again.
#
#   tests/consumer/run.sh              with the debug build
#   PROFILE=release tests/consumer/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
export PROFILE=${PROFILE:-dev}
if [ -z "${STANDIN_HOST:-}" ]; then
    exec tests/standin/standin run -- "$0"
fi
root=$PWD/build/consumer/root
# A root that was left behind has no mounts any more: they ended with the process that made them.
rm -rf "$root"
mkdir -p "$root"/{consumer,etc,tmp}
install_it() { make -s "$1" PREFIX=/opt/rdsiam DESTDIR="$root" LIBDIR= INCLUDEDIR=; }
install_it install

# What rustc says that a program has to link is what the installed files say.
native=$(cargo rustc -q --locked --profile "$PROFILE" -p rdsiam-ffi --lib --crate-type staticlib -- \
    --print native-static-libs 2>&1 | sed -n 's/^note: native-static-libs: //p')
[ -n "$native" ]
grep -qx "Libs.private: $native" "$root/opt/rdsiam/lib/pkgconfig/rdsiam.pc"
grep -qx "Libs: \${libdir}/librdsiam.a $native" "$root/opt/rdsiam/lib/pkgconfig/rdsiam-static.pc"
grep -qF "INTERFACE_LINK_LIBRARIES \"$native\"" "$root/opt/rdsiam/lib/cmake/rdsiam/rdsiam-config.cmake"

# Both libraries have the symbols of the header and no others.
diff ffi/symbols.txt <(nm -D --defined-only "$root/opt/rdsiam/lib/librdsiam.so" | awk '{print $3}' | sort)
diff ffi/symbols.txt <(nm -g --defined-only "$root/opt/rdsiam/lib/librdsiam.a" | awk 'NF == 3 {print $3}' | sort)
ls -lL "$root"/opt/rdsiam/lib/librdsiam.{so,a} | awk '{print $NF ": " $5 " bytes"}'

# A program may have a second library in Rust beside it, in either order.
work=build/consumer
rustc --edition 2024 --crate-type staticlib tests/consumer/other.rs -o "$work/libother.a"
static=$root/opt/rdsiam/lib/librdsiam.a
for libraries in "$static $work/libother.a" "$work/libother.a $static"; do
    # shellcheck disable=SC2086 # several words on purpose
    cc -std=c99 -Wall -Wextra -Wpedantic -Werror -Iinclude tests/consumer/both.c $libraries $native \
        -o "$work/both"
    "$work/both"
done

cp tests/consumer/{login.c,CMakeLists.txt,consume.sh} "$root/consumer/"
cp -r tests/consumer/go "$root/consumer/go"
cp "$STANDIN_CA" "$root/etc/db-ca.pem"
echo "root:x:0:0::/tmp:/bin/sh" >"$root/etc/passwd"
echo "hosts: files" >"$root/etc/nsswitch.conf"
echo "$STANDIN_HOSTADDR $STANDIN_HOST $STANDIN_MARIADB_HOST" >"$root/etc/hosts"
cat >"$root/consumer/env" <<ENV
export PROJECT='$PWD'
export CARGO_OF_HOST='${CARGO_HOME:-$HOME/.cargo}'
export PG_HOST='$STANDIN_HOST' PG_PORT='$STANDIN_PORT'
export MARIADB_HOST='$STANDIN_MARIADB_HOST' MARIADB_PORT='$STANDIN_MARIADB_PORT'
export DB_USER='$STANDIN_USER' DB_NAME='$STANDIN_DB' DB_CA=/etc/db-ca.pem
export AWS_ACCESS_KEY_ID='$STANDIN_ACCESS_KEY_ID' AWS_EC2_METADATA_DISABLED=true
export AWS_SECRET_ACCESS_KEY='$STANDIN_SECRET_ACCESS_KEY'
export AWS_SESSION_TOKEN='$STANDIN_SESSION_TOKEN'
ENV
chmod 600 "$root/consumer/env"

# The drivers' modules come from outside, before the network is gone.
for module in rdsiammysql rdsiampgx; do (cd "examples/go/rdsiam/$module" && go mod download); done
before=$(grep -c accepted "$STANDIN_LOG" || true)
tests/consumer/in_root.sh "$root" sh /consumer/consume.sh
accepted=$(($(grep -c accepted "$STANDIN_LOG") - before))
[ "$accepted" -eq 22 ] || { echo "$accepted logins and not 22"; exit 1; }

# Nothing stays behind.
install_it uninstall
left=$(cd "$root/opt" && find . ! -type d -o -path '*rdsiam/*' -name '*rdsiam*')
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
rm -rf "$root"
echo "consumers: 11 programs, $accepted logins"
