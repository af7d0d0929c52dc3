#!/usr/bin/env bash
# Vets and tests the Go package against the stand-in: with the race detector and checks of cgo's
# pointers, linked statically, and with a garbage collection at each reading of a C pointer.
# `test.sh bench` compares it with the AWS SDK instead.
set -euo pipefail
cd "$(dirname "$0")/../.."

prefix=$PWD/build/prefix
if [ "${1:-}" = bench ]; then
    tests/tools/prefix.sh release
    prefix+=-release
elif [ -z "${STANDIN_HOST:-}" ]; then
    tests/tools/prefix.sh
    exec tests/standin/standin run -- "$0"
fi

export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib
cd examples/go/rdsiam

if [ "${1:-}" = bench ]; then
    cd rdsiamaws
    exec go test -run '^$' -bench . -benchtime 1s -count 3 .
fi

export DB_DSN="host=$STANDIN_HOST port=$STANDIN_PORT user=$STANDIN_USER dbname=$STANDIN_DB
    sslmode=verify-full sslrootcert=$STANDIN_CA"
export DB_ADDRESS=$STANDIN_MARIADB_HOST:$STANDIN_MARIADB_PORT DB_USER=$STANDIN_USER
export DB_NAME=$STANDIN_DB DB_CA=$STANDIN_CA
unset AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION
export AWS_ACCESS_KEY_ID=$STANDIN_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$STANDIN_SECRET_ACCESS_KEY
export AWS_SESSION_TOKEN=$STANDIN_SESSION_TOKEN AWS_EC2_METADATA_DISABLED=true

# The endpoints' names are in no DNS: nss_wrapper answers for them, if Go asks the C library.
export GODEBUG=netdns=cgo,cgocheck=1 NSS_WRAPPER_HOSTS=$STANDIN_HOSTS
under=(-exec "env LD_PRELOAD=$STANDIN_NSS_WRAPPER" -timeout 5m)

# Each hook is a module of its own.
modules=(. rdsiamaws rdsiammysql rdsiampgx rdsiamredis internal/logintest)
in_module() {
    local folder=$1
    shift
    (cd "$folder" && "$@")
}
for module in "${modules[@]}"; do
    in_module "$module" go vet ./...
    in_module "$module" go mod tidy -diff
done
go vet -tags debug,static .

# Who uses one hook downloads no other driver and no SDK, and who uses none downloads nothing.
needs() { in_module "$1" go list -m all; }
[ "$(needs .)" = rdsiam ]
if needs rdsiampgx | grep -E 'mysql|aws' || needs rdsiammysql | grep -E 'pgx|aws' ||
    needs rdsiamredis | grep -E 'pgx|mysql|aws' || needs rdsiamaws | grep -E 'pgx|mysql|redis'; then
    echo "a hook needs what only another one is for"
    exit 1
fi

# Without cgo, as when cross-compiling, the compiler says what is missing.
for setting in CGO_ENABLED=0 GOARCH=arm64; do
    if said=$(cd rdsiampgx && env "$setting" go build . 2>&1); then
        echo "it compiles with $setting"
        exit 1
    fi
    [[ $said == *"rdsiam needs cgo: set CGO_ENABLED=1"* && $said != *undefined* ]] || {
        echo "with $setting: $said"
        exit 1
    }
done

for module in "${modules[@]}"; do
    in_module "$module" go test -race "${under[@]}" ./...
done
# Compiled into the program, the library is found without LD_LIBRARY_PATH.
for module in internal/logintest rdsiamaws; do
    LD_LIBRARY_PATH='' in_module "$module" go test -tags static "${under[@]}" .
done
for module in . rdsiamaws internal/logintest; do
    GOGC=1 in_module "$module" go test -tags debug -short "${under[@]}" .
done
