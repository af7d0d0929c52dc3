#!/usr/bin/env bash
# Runs a program in a root of its own: in_root.sh ROOT PROGRAM...
#
# It has what was put into ROOT, /dev and /proc: no compiler, no project, no home. The mounts are
# this process's own, and end with it. The environment goes in as it is.
set -euo pipefail
if [ "${1:-}" != --inside ]; then
    exec unshare --mount --propagation private "$0" --inside "$@"
fi
root=$2
shift 2
mkdir -p "$root"/{dev,proc,tmp}
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
exec /usr/sbin/chroot "$root" "$@"
