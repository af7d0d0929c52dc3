#!/usr/bin/env bash
# Vets and tests the Go package against the stand-in: with the race detector and checks of cgo's
# pointers, linked statically, and with a garbage collection at each reading of a C pointer.
# `test.sh bench` compares it with the AWS SDK instead.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${STANDIN_HOST:-}" ]; then
    tests/tools/prefix.sh
    exec tests/standin/standin run -- "$0" "$@"
fi

prefix=$PWD/build/prefix
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib
cd examples/go/rdsiam

if [ "${1:-}" = bench ]; then
    exec go test -run '^$' -bench . -benchtime 1s -count 3 ./rdsiamaws
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

unformatted=$(gofmt -l .) && [ -z "$unformatted" ]
go vet ./...
go vet -tags debug,static .
go mod verify >/dev/null
go mod tidy -diff

go test -race "${under[@]}" ./...
# Compiled into the program, the library is found without LD_LIBRARY_PATH.
LD_LIBRARY_PATH='' go test -tags static "${under[@]}" ./internal/logintest ./rdsiamaws
GOGC=1 go test -tags debug -short "${under[@]}" . ./rdsiamaws ./internal/logintest
