#!/usr/bin/env bash
# Runs the examples, and the code of the README and of docs/, against the stand-in.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${STANDIN_HOST:-}" ]; then
    # The command, for the options that pages name.
    cargo build -q --locked -p rdsiam-cli
    cargo build -q --locked
    tests/tools/prefix.sh
    bindings-python/build-dev.sh
    bindings-node/build-dev.sh
    examples/pgbouncer/install.sh
    exec tests/standin/standin run -- "$0"
fi

out=build/examples
rm -rf "$out"
mkdir -p "$out/node_modules"
ln -s "$PWD/bindings-node" "$out/node_modules/rdsiam"
ln -s "$PWD/bindings-node/node_modules/pg" "$out/node_modules/pg"

export AWS_ACCESS_KEY_ID=$STANDIN_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$STANDIN_SECRET_ACCESS_KEY
export AWS_SESSION_TOKEN=$STANDIN_SESSION_TOKEN AWS_DEFAULT_REGION=$STANDIN_REGION
export DB_HOST=$STANDIN_HOST DB_PORT=$STANDIN_PORT DB_USER=$STANDIN_USER DB_NAME=$STANDIN_DB
export DB_CA=$STANDIN_CA
# The endpoint's name is not in DNS: libpq dials this address, Node is told in dial.js.
export PGHOSTADDR=$STANDIN_HOSTADDR PYTHONPATH=bindings-python/python
unset AWS_PROFILE

cat >"$out/dial.js" <<'JS'
const dns = require('node:dns');
const address = '127.0.0.1';
dns.lookup = (host, options, done) =>
  options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4);
JS

ran=0
expect() { # what it is, the word it has to print, the command
    local name=$1 word=$2 printed
    shift 2
    printed=$("$@" 2>&1) || { printf '%s failed:\n%s\n' "$name" "$printed"; exit 1; }
    [[ $printed == *"$word"* ]] || { printf '%s printed:\n%s\n' "$name" "$printed"; exit 1; }
    echo "$name: ok"
    ran=$((ran + 1))
}

expect "code of the pages" " blocks run, 0 problems" .venv/bin/python docs/tools/run.py
expect "examples/c" OK python3 examples/c/test.py
expect "examples/setup" OK .venv/bin/python examples/setup/test.py
expect "examples/pgbouncer" OK .venv/bin/python examples/pgbouncer/test.py
expect "examples/python/postgres.py" "$DB_USER" .venv/bin/python examples/python/postgres.py
for example in tokens psycopg2_connection token_cache pools long_batch metrics; do
    expect "examples/python/$example.py" "$DB_USER" .venv/bin/python "examples/python/$example.py"
done
expect "examples/python/rds_proxy.py" "$DB_USER" env -u PGHOSTADDR "DB_DIAL=$STANDIN_HOSTADDR" \
    .venv/bin/python examples/python/rds_proxy.py
expect "examples/python/pymysql_connection.py" "$DB_USER" env "LD_PRELOAD=$STANDIN_NSS_WRAPPER" \
    "NSS_WRAPPER_HOSTS=$STANDIN_HOSTS" "DB_HOST=$STANDIN_MARIADB_HOST" \
    "DB_PORT=$STANDIN_MARIADB_PORT" .venv/bin/python examples/python/pymysql_connection.py
cp examples/node/*.js examples/node/*.mjs "$out/"
cp examples/lambda-node/index.js "$out/lambda.js"
expect "examples/node/postgres.js" "$DB_USER" node -r "./$out/dial.js" "$out/postgres.js"
expect "examples/node/postgres.mjs" "$DB_USER" node -r "./$out/dial.js" "$out/postgres.mjs"
expect "examples/node/tokens.js" "user: $DB_USER" node "$out/tokens.js"
expect "examples/node/pools.js" "$DB_USER" node -r "./$out/dial.js" "$out/pools.js"
expect "examples/node/pools.js, MySQL" "$DB_USER" env DB_ENGINE=mysql \
    DB_HOST="$STANDIN_MARIADB_HOST" DB_PORT="$STANDIN_MARIADB_PORT" \
    node -r "./$out/dial.js" "$out/pools.js"
expect "examples/lambda-node" "$DB_USER" node -r "./$out/dial.js" -e \
    "require('./$out/lambda.js').handler().then(console.log)"
expect "core/examples/token.rs" "$DB_HOST" cargo run -q -p rdsiam --example token
# No driver of Rust is here: its token is libpq's password.
log_in_with_password() {
    PGPASSWORD=$(cargo run -q -p rdsiam --example password) "$STANDIN_BINDIR/psql" -XAtc "SELECT current_user" \
        "host=$DB_HOST port=$DB_PORT user=$DB_USER dbname=$DB_NAME sslmode=verify-full sslrootcert=$DB_CA"
}
expect "core/examples/password.rs, RDS" "$DB_USER" log_in_with_password
DB_HOST=$STANDIN_DSQL_HOST expect "core/examples/password.rs, DSQL" "$DB_USER" log_in_with_password
DB_HOST=$STANDIN_DSQL_HOST DB_USER=admin expect "core/examples/password.rs, DSQL as admin" admin log_in_with_password
[ "$ran" -eq 23 ]
