#!/usr/bin/env bash
# The main job, in three languages: make a token, log in with it over verified TLS to a
# PostgreSQL that checks it, and be refused with a tampered one.
#
#   make demo                                     against a local stand-in for RDS
#   make demo HOST=... PORT=... DBUSER=...        a token for your own database, with your own
#                                                 credentials; SHOW=1 prints the token itself
#   ARTIFACTS=build/dist make demo                with what ships
#
# It installs nothing on this machine: what is missing is put into build/demo, or into a temporary folder
# that is removed at the end. It says first what that is.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$PWD/build/demo
python=${PYTHON:-python3}
bindings=(C Python Node)
own_database=${HOST:-}${PORT:-}${DBUSER:-}

say() { printf '\n== %s\n' "$*"; }
refuse() {
    echo "make demo: $*" >&2
    exit 3
}

binding() {
    case $1 in
    C) "$out/demo-c" ;;
    Python) PYTHONPATH=bindings-python/python "$python" examples/demo/demo.py ;;
    Node) NODE_PATH=$out/node_modules node examples/demo/demo.js ;;
    esac
}

check_toolchains() {
    command -v cargo >/dev/null || refuse "needs Rust, and there is no cargo in PATH: https://rustup.rs"
    command -v cc >/dev/null || refuse "needs a C compiler, and there is no cc in PATH: apt-get install gcc libc6-dev"
    command -v "$python" >/dev/null || refuse "needs Python 3.10 or newer, and there is no $python in PATH"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        refuse "needs Python 3.10 or newer, and $python is $("$python" -V); PYTHON=python3.12 make demo names another"
    command -v node >/dev/null || refuse "needs Node 20 or newer, and there is no node in PATH"
    node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' ||
        refuse "needs Node 20 or newer, and node is $(node -v)"
}

# What is missing, and where it will be.
plan() {
    say "What this needs beside the compilers, and what it does for that"
    if [ -x .venv/bin/python ] && .venv/bin/python -c 'import psycopg' 2>/dev/null; then
        python=$PWD/.venv/bin/python
    elif [ -x "$out/venv/bin/python" ]; then
        python=$out/venv/bin/python
    fi
    if [ -n "$own_database" ]; then
        echo "No server, and no drivers: it makes tokens and does not log in."
    elif "$python" -c 'import psycopg' 2>/dev/null; then
        echo "psycopg, to log in from Python: is there"
    else
        echo "psycopg, to log in from Python: by pip into build/demo/venv"
        venv=missing
    fi
    if [ -e bindings-node/node_modules/esbuild ] && [ -e bindings-node/node_modules/pg ]; then
        modules=$PWD/bindings-node/node_modules
        echo "esbuild, to build the JavaScript, and pg, to log in from Node: are there"
    else
        modules=$out/npm/node_modules
        [ -e "$out/npm/installed" ] || echo "esbuild, to build the JavaScript, and pg, to log in from Node: by npm into build/demo/npm"
    fi
    [ -z "$own_database" ] || return 0
    local missing
    if ! missing=$("$python" tests/standin/standin unpack --plan ignored); then
        echo "PostgreSQL cannot be had here: its verifier judges the tokens without one"
        standin=none
    elif [ -z "$missing" ]; then
        echo "PostgreSQL, which checks the tokens: is there; one is started for the demo, and stopped"
    else
        echo "PostgreSQL, which checks the tokens: Debian packages $missing, unpacked into a temporary folder"
        standin=unpack
    fi
    echo "Nothing on the machine is installed, upgraded or enabled. make clean removes build/."
}

install_venv() {
    "$python" -m venv "$out/venv" ||
        refuse "needs Python's module venv, which Debian has in a package: apt-get install python3-venv"
    python=$out/venv/bin/python
    "$python" -m pip install -q --no-cache-dir --disable-pip-version-check "$(grep '^psycopg' bindings-python/requirements-dev.txt)" ||
        { rm -rf "$out/venv"; refuse "pip could not install psycopg"; }
}

# Of the development dependencies these two, in their locked versions.
install_modules() {
    [ "$modules" = "$out/npm/node_modules" ] && [ ! -e "$out/npm/installed" ] || return 0
    mkdir -p "$out/npm"
    cp bindings-node/package-lock.json "$out/npm"
    node -p 'const { esbuild, pg } = require("./bindings-node/package.json").devDependencies;
        JSON.stringify({ private: true, dependencies: { esbuild, pg } })' >"$out/npm/package.json"
    (cd "$out/npm" && npm install --silent --no-audit --no-fund --cache cache)
    touch "$out/npm/installed"
}

# The package of Node, as a program finds it.
build_node() {
    local package=$out/node_modules/rdsiam
    mkdir -p "$package"
    ln -sfn "$modules/pg" "$out/node_modules/pg"
    cp bindings-node/package.json "$package"
    NODE_PATH=$modules node bindings-node/compile.js "$package"
    bindings-node/build-dev.sh addon "$package"
}

build_c() {
    local library=${CARGO_TARGET_DIR:-target}/debug/librdsiam.so
    [ -z "${ARTIFACTS:-}" ] || library=$(tests/tools/artefact.sh c)/lib/librdsiam.so
    mkdir -p "$out/lib"
    cp "$library" "$out/lib/librdsiam.so.1"
    ln -sf librdsiam.so.1 "$out/lib/librdsiam.so"
    local libpq=()
    if [ -z "$own_database" ] && pg_config --version >/dev/null 2>&1; then
        libpq=(-DWITH_LIBPQ "-I$(pg_config --includedir)" "-L$(pg_config --libdir)" -lpq)
    fi
    cc -std=c99 -O2 -Iinclude examples/demo/demo.c -o "$out/demo-c" -L"$out/lib" -lrdsiam \
        "${libpq[@]}" -Wl,-rpath,"$out/lib"
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
    judge() { "$python" tests/standin/verifier.py --config "$config" --user "$DEMO_USER"; }
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

if [ "${1:-}" = against-standin ]; then
    python=$DEMO_PYTHON
    build_c
    against_standin
    exit
fi

check_toolchains
if [ -n "$own_database" ] && [ -z "${HOST:-}" -o -z "${PORT:-}" -o -z "${DBUSER:-}" ]; then
    refuse "give HOST=, PORT= and DBUSER= together"
fi
mkdir -p "$out"
venv='' standin='' modules=''
plan
[ -z "$venv" ] || install_venv
install_modules
if [ -n "${ARTIFACTS:-}" ]; then
    say "The library and its C, Python and Node bindings of $ARTIFACTS, as they ship"
else
    say "Building the library and its C, Python and Node bindings (debug build)"
    cargo build --locked
fi
bindings-python/build-dev.sh
build_node

if [ -n "$own_database" ]; then
    build_c
    for_own_database
    exit
fi
say "A PostgreSQL that checks tokens"
if [ "$standin" = unpack ]; then
    unpacked=$(mktemp -d)
    trap 'rm -rf "$unpacked"' EXIT
    if variables=$("$python" tests/standin/standin unpack "$unpacked"); then
        eval "$variables"
    else
        standin=none
    fi
fi
if [ "$standin" = none ]; then
    build_c
    against_verifier
else
    DEMO_PYTHON=$python "$python" tests/standin/standin run --postgres -- "$0" against-standin
fi
say "Done"
