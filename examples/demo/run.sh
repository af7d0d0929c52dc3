#!/usr/bin/env bash
# The main job, in three languages: make a token, log in with it over verified TLS to a
# PostgreSQL that checks it, and be refused with a tampered one.
#
#   make demo                                     against a local stand-in for RDS
#   make demo HOST=... PORT=... DBUSER=...        a token for your own database, with your own
#                                                 credentials; SHOW=1 prints the token itself
#   ARTIFACTS=build/dist make demo                with what ships
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/demo
mkdir -p "$out"
bindings=(C Python Node)

say() { printf '\n== %s\n' "$*"; }

binding() {
    case $1 in
    C) "$out/demo-c" ;;
    Python) PYTHONPATH=bindings-python/python .venv/bin/python examples/demo/demo.py ;;
    Node) node examples/demo/demo.js ;;
    esac
}

build_c() {
    local library=target/debug/librdsiam.so
    [ -z "${ARTIFACTS:-}" ] || library=$(tests/tools/artefact.sh c)/lib/librdsiam.so
    mkdir -p "$out/lib"
    cp "$library" "$out/lib/librdsiam.so.1"
    ln -sf librdsiam.so.1 "$out/lib/librdsiam.so"
    local libpq=()
    if pg_config --version >/dev/null 2>&1; then
        libpq=(-DWITH_LIBPQ "-I$(pg_config --includedir)" "-L$(pg_config --libdir)" -lpq)
    fi
    cc -std=c99 -O2 -Iinclude examples/demo/demo.c -o "$out/demo-c" -L"$out/lib" -lrdsiam \
        "${libpq[@]}" -Wl,-rpath,"$PWD/$out/lib"
}

for_own_database() {
    say "Tokens for $DBUSER at $HOST:$PORT, made here and now; nothing is sent anywhere"
    export DEMO_HOST=$HOST DEMO_PORT=$PORT DEMO_USER=$DBUSER DEMO_MODE=time
    for name in "${bindings[@]}"; do binding "$name"; done
    say "What the token says"
    DEMO_MODE=explain binding Python
    if [ -n "${SHOW:-}" ]; then
        say "The token: a password, good for 15 minutes"
        DEMO_MODE=token binding Python
    fi
}

# Called again by the stand-in, with its variables.
against_standin() {
    export DEMO_HOST=$STANDIN_HOST DEMO_PORT=$STANDIN_PORT DEMO_USER=$STANDIN_USER
    export DEMO_HOSTADDR=$STANDIN_HOSTADDR DEMO_CA=$STANDIN_CA DEMO_DB=$STANDIN_DB
    export AWS_ACCESS_KEY_ID=$STANDIN_ACCESS_KEY_ID
    export AWS_SECRET_ACCESS_KEY=$STANDIN_SECRET_ACCESS_KEY
    export AWS_SESSION_TOKEN=$STANDIN_SESSION_TOKEN DEMO_MODE=login
    unset AWS_PROFILE
    say "PostgreSQL at $DEMO_HOST:$DEMO_PORT checks each token; times are not a benchmark"
    for name in "${bindings[@]}"; do binding "$name"; done
    say "What the server said of the tampered tokens"
    grep -i refused "$STANDIN_LOG" | tail -n "${#bindings[@]}"
}

# Without a PostgreSQL: the same verifier that stands behind it, called directly.
against_verifier() {
    local config=$out/verifier.json token
    export DEMO_HOST=mydb.abc123xyz.us-east-1.rds.amazonaws.com DEMO_PORT=5432 DEMO_USER=app_iam
    export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=SECRETKEYEXAMPLE DEMO_MODE=token
    unset AWS_PROFILE AWS_SESSION_TOKEN
    cat >"$config" <<JSON
{"endpoints": ["$DEMO_HOST:$DEMO_PORT"], "region": "us-east-1",
 "keys": {"AKIDEXAMPLE": {"secret": "SECRETKEYEXAMPLE", "session_token": null}}}
JSON
    judge() { python3 tests/standin/verifier.py --config "$config" --user "$DEMO_USER"; }
    for name in "${bindings[@]}"; do
        token=$(binding "$name")
        printf '%s' "$token" | judge 2>/dev/null || { echo "$name: the token was refused"; exit 1; }
        if printf '%s' "${token/Expires=900/Expires=899}" | judge 2>/dev/null; then
            echo "$name: the tampered token was accepted"
            exit 1
        fi
        printf '%-6s | token of %d bytes accepted by the verifier | tampered token refused\n' \
            "$name" "${#token}"
    done
}

[ "${1:-}" = against-standin ] && { against_standin; exit; }

if [ -n "${ARTIFACTS:-}" ]; then
    say "The library and its C, Python and Node bindings of $ARTIFACTS, as they ship"
else
    say "Building the library and its C, Python and Node bindings (debug build)"
    cargo build --locked
fi
bindings-python/build-dev.sh
bindings-node/build-dev.sh

if [ -n "${HOST:-}${PORT:-}${DBUSER:-}" ]; then
    : "${HOST:?give HOST=, PORT= and DBUSER= together}" "${PORT:?give HOST=, PORT= and DBUSER= together}"
    : "${DBUSER:?give HOST=, PORT= and DBUSER= together}"
    build_c
    for_own_database
    exit
fi
say "A PostgreSQL that checks tokens"
tests/standin/standin install || true
if tests/standin/standin check; then
    build_c
    tests/standin/standin run -- "$0" against-standin
else
    say "No PostgreSQL can be had here, so the verifier judges the tokens without one"
    build_c
    against_verifier
fi
say "Done"
