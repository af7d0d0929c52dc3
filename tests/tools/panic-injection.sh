#!/bin/sh
# The compiler of this workspace's own crates in fault-build.sh.
exec "$@" --cfg rdsiam_panic_injection
