#!/usr/bin/env bash
# One file of the Python package, by cosmic-ray, in a copy of the tree: see run.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
file=$1 name=$(basename "$1" .py) root=$PWD
venv=$root/build/mutants/python-venv tree=$root/build/mutants/python
[ -x "$venv/bin/cosmic-ray" ] || {
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q cosmic-ray==8.7.0
}
case $name in
_ca) tests=(ca) ;;
_tls | _mysql | _libpq) tests=(tls_settings arguments) ;;
_connect | _retry) tests=(arguments tls_settings errors_of_helpers helpers) ;;
_made | _database | _cache) tests=(database defaults cache) ;;
_boto3 | _patch) tests=(boto3 unpatch) ;;
_observe) tests=(observe) ;;
_unavailable | __init__) tests=(unavailable import) ;;
*) tests=(arguments tls_settings errors_of_helpers helpers cache) ;;
esac
mkdir -p "$tree"
git ls-files -co --exclude-standard -z bindings-python tests | tar c --null -T - | tar x -C "$tree"
ln -sfn "$root/bindings-python/python/rdsiam/_rdsiam.abi3.so" "$tree/bindings-python/python/rdsiam/_rdsiam.abi3.so"
ln -sfn "$root/bindings-node/node_modules" "$tree/node_modules"
mkdir -p "$tree/bindings-node" && ln -sfn "$root/bindings-node/node_modules" "$tree/bindings-node/node_modules"
cd "$tree/bindings-python"
config=$tree/$name.toml session=$tree/$name.sqlite
command="$root/.venv/bin/python -m pytest -x -q -p no:cacheprovider --timeout 60 ${RDSIAM_PYTEST:-} $(printf 'tests/test_%s.py ' "${tests[@]}")"
cat >"$config" <<TOML
[cosmic-ray]
module-path = "python/rdsiam/$name.py"
timeout = 120.0
excluded-modules = []
test-command = "$command"
[cosmic-ray.distributor]
name = "local"
TOML
# Without a change the tests pass.
$command >"$tree/$name.log" || { cat "$tree/$name.log" && exit 1; }
rm -f "$session"
"$venv/bin/cosmic-ray" init "$config" "$session"
"$venv/bin/python" "$root/tests/mutants/sample.py" "$session" "${RDSIAM_SAMPLE:-0}"
nice -n 19 "$venv/bin/cosmic-ray" exec "$config" "$session"
"$venv/bin/cr-report" --show-diff --surviving-only "$session"
