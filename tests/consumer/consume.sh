#!/bin/sh
# In the clean root: builds each consumer against /opt/rdsiam, shared and static, and runs it.
set -eu
. /consumer/env
prefix=/opt/rdsiam
strict="-Wall -Wextra -Wpedantic -Werror"
ran=0

# The project is not here: what is found is what was installed.
for gone in "$PROJECT" "$CARGO_OF_HOST"; do
    if [ -e "$gone" ]; then echo "$gone is in the clean root"; exit 1; fi
done

# Runs a program, which has to print its two logins, and has to need the library or not to.
logs_in() { # shared or static, program
    needed=$(ldd "$2" | grep -o 'librdsiam[^ ]* => [^ ]*' || true)
    case $1 in
    shared) [ "$needed" = "librdsiam.so.1 => $prefix/lib/librdsiam.so.1" ] ;;
    static) [ -z "$needed" ] ;;
    esac || { echo "$2 is not $1: $needed"; exit 1; }
    printed=$("$2")
    [ "$printed" = "postgres: $DB_USER
mariadb: $DB_USER" ] || { echo "$2 printed: $printed"; exit 1; }
    echo "$2: logged in to both ($1)"
    ran=$((ran + 1))
}

mkdir -p /tmp/out && cd /tmp/out
cp /consumer/login.c login.cpp
echo $prefix/lib >/etc/ld.so.conf
ldconfig

PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export PKG_CONFIG_PATH
[ "$(pkg-config --modversion rdsiam)" = "$(pkg-config --modversion rdsiam-static)" ]
drivers=$(pkg-config --cflags --libs libpq libmariadb)
for kind in shared static; do
    package=rdsiam
    [ $kind = shared ] || package=rdsiam-static
    options="$(pkg-config --cflags --libs $package) $drivers"
    cc -std=c99 $strict /consumer/login.c -o c99-$kind $options
    logs_in $kind ./c99-$kind
    c++ -std=c++11 $strict login.cpp -o c++11-$kind $options
    logs_in $kind ./c++11-$kind
done

# The prefix moved elsewhere, and without the shared library: pkg-config --static tells the rest.
cp -r $prefix /tmp/moved
rm /tmp/moved/lib/librdsiam.so*
options=$(PKG_CONFIG_PATH=/tmp/moved/lib/pkgconfig pkg-config --define-prefix --static --cflags --libs rdsiam)
cc -std=c99 $strict /consumer/login.c -o c99-only-static $options $drivers
logs_in static ./c99-only-static

cp $prefix/lib/librdsiam.so.1 /tmp/moved/lib/
for place in $prefix /tmp/moved; do
    cmake -S /consumer -B cmake -DCMAKE_PREFIX_PATH=$place \
        -DRDSIAM_VERSION="$(pkg-config --modversion rdsiam)" >cmake.log || { cat cmake.log; exit 1; }
    found=$(sed -n 's/^rdsiam_DIR:PATH=//p' cmake/CMakeCache.txt)
    [ "$found" = $place/lib/cmake/rdsiam ] || { echo "CMake found $found"; exit 1; }
    [ $place = $prefix ] || break # that it is found there will do
    cmake --build cmake >cmake.log || { cat cmake.log; exit 1; }
    for kind in shared static; do
        logs_in $kind cmake/c-$kind
        logs_in $kind cmake/cxx-$kind
    done
    rm -r cmake
done

cp -r /consumer/go go && cd go
go vet .
go build -o ../go-shared .
go build -tags static -o ../go-static .
cd ..
logs_in shared ./go-shared
logs_in static ./go-static
[ $ran -eq 11 ]
