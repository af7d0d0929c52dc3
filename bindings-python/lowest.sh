#!/bin/sh
# The tests of the helpers with the lowest versions of their drivers, which do not go into the
# environment. Started by the stand-in: see the Makefile.
set -eu
cd "$(dirname "$0")/.."
lowest=build/lowest
wanted=$(.venv/bin/python bindings-python/requirements.py lowest)
if [ "$wanted" != "$(cat "$lowest/installed" 2>/dev/null)" ]; then
    rm -rf "$lowest"
    # Names and versions have no spaces.
    # shellcheck disable=SC2086
    .venv/bin/python -m pip --disable-pip-version-check install -q --target "$lowest" $wanted
    echo "$wanted" >"$lowest/installed"
fi
cd bindings-python
# In C it is a version beside the one that is installed, as in the other tests. psycopg_pool calls
# a function for its `kwargs` since 3.3.
PYTHONPATH=$PWD/../$lowest exec ../.venv/bin/python -m pytest -q \
    tests/test_arguments.py tests/test_tls_settings.py tests/test_errors_of_helpers.py \
    tests/test_helpers.py tests/test_drivers.py tests/test_reconnect.py tests/test_retry.py \
    tests/test_frameworks.py tests/test_redis.py \
    -k "not in_C"
