#!/usr/bin/env bash
# Makes build/sysroot/ARCH: headers and libraries to build for another architecture.
#
#   lab/sysroot.sh ARCH      ARCH: aarch64, arm or riscv64, as make's ARCH
#
# `make ARCH=...` calls it when the folder is not there; delete the folder to have it made anew. It
# is filled from Debian packages by lab/unpack.sh and touches nothing outside build/. Debian 12 has
# no packages for riscv64 and its linker can't use those of Debian 13 (it crashes on their static C
# library): there the indispensable libraries are built from their sources, for the C library that
# the cross compiler brings, and hwloc, libnuma, PAPI,
# libhttp-parser, liburing and libmnl are done without.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

arch=${1-}
if [[ ! $arch =~ ^(aarch64|arm|riscv64)$ ]]; then
    echo "sysroot.sh: unknown architecture '$arch': there are aarch64, arm and riscv64" >&2
    exit 2
fi
sysroot=$PWD/build/sysroot/$arch
suite=$(lab/debian-suite)

# unpack DEBIAN_ARCHITECTURE: from packages.
unpack() {
    mkdir -p "$sysroot.new"/usr/{bin,lib,sbin}
    # Where a release keeps its libraries in /usr/lib only, others are found there as well.
    for folder in bin lib sbin; do
        ln -s "usr/$folder" "$sysroot.new/$folder"
    done
    lab/unpack.sh --suite="$suite" "$1" "$sysroot.new" libc6-dev libhwloc-dev libjansson-dev \
        zlib1g-dev libmd-dev libnuma-dev libpapi-dev libpfm4-dev libhttp-parser-dev \
        liburing-dev libmnl-dev
    # Links from the root of that system would lead into the host's.
    find "$sysroot.new" -type l -lname '/*' -printf '%p\t%l\n' |
        while IFS=$'\t' read -r link target; do
            ln -sfr "$sysroot.new$target" "$link"
        done
    # Only what compilers read is kept.
    rm -rf "$sysroot.new"/usr/{bin,games,sbin,share} "$sysroot.new"/{bin,sbin,etc,opt,var}
}

# compile TRIPLET: from sources, static libraries only.
compile() {
    local source=$sysroot.new/source
    mkdir -p "$source"
    lab/unpack.sh --suite="$suite" --source "$source" zlib jansson libmd
    (cd "$source"/zlib-*/ && CHOST=$1 ./configure --prefix=/usr --static && install_made)
    (cd "$source"/libmd-*/ && ./configure --host="$1" --prefix=/usr --disable-shared &&
        install_made)
    (cd "$source"/jansson-*/ && cmake -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_C_COMPILER="$1-gcc" \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
        -DJANSSON_BUILD_DOCS=OFF -DJANSSON_EXAMPLES=OFF -DJANSSON_WITHOUT_TESTS=ON . &&
        install_made)
    rm -r "$source"
}

install_made() {
    env -u MAKEFLAGS -u MAKELEVEL make install DESTDIR="$sysroot.new"
}

rm -rf "$sysroot" "$sysroot.new"
echo "making $sysroot (Debian $suite)"
log=$sysroot.log
mkdir -p "${log%/*}"
trap '[[ $? == 0 ]] || { tail -n 20 "$log"; echo "sysroot.sh: failed; all of it is in $log"; } >&2' EXIT
{
    case $arch-$suite in
    aarch64-*) unpack arm64 ;;
    arm-*) unpack armhf ;;
    riscv64-bookworm) compile riscv64-linux-gnu ;;
    riscv64-*) unpack riscv64 ;;
    esac
    echo "# Debian $suite" >"$sysroot.new/made.mk"
} >"$log" 2>&1
mv "$sysroot.new" "$sysroot"
