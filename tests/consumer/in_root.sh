#!/usr/bin/env bash
# Runs a command in a root of its own: in_root.sh ROOT COMMAND...
#
# It has the machine's /usr, where the toolchain is, /dev and /proc, and beside that only what was
# put into ROOT beforehand: not the project, not the home of whoever runs this, not what Rust needs.
set -euo pipefail

if [ "${1:-}" != --inside ]; then
    map=()
    [ "$(id -u)" -eq 0 ] || map=(--map-root-user)
    # The mounts are this process's own, and end with it.
    exec unshare "${map[@]}" --mount --propagation private "$0" --inside "$@"
fi
root=$2
shift 2

mkdir -p "$root"/{usr,dev,proc,etc/alternatives,tmp,modules,compiled}
for name in bin sbin lib lib64; do
    [ -e "$root/$name" ] || ln -s "usr/$name" "$root/$name"
done
readonly_bind() {
    mount --bind "$1" "$2"
    mount -o remount,bind,ro "$2"
}
readonly_bind /usr "$root/usr"
readonly_bind /etc/alternatives "$root/etc/alternatives"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
# Go finds the drivers' modules, and what was compiled before, but no network.
readonly_bind "$(go env GOMODCACHE)" "$root/modules"
mount --bind "$(go env GOCACHE)" "$root/compiled"
exec chroot "$root" /usr/bin/env -i HOME=/tmp LC_ALL=C.UTF-8 \
    PATH=/usr/local/go/bin:/usr/bin:/usr/sbin GOMODCACHE=/modules GOCACHE=/compiled \
    GOPROXY=off GOFLAGS=-mod=readonly GOTOOLCHAIN=local "$@"
