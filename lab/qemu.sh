#!/usr/bin/env bash
# Unpacks the newest emulator of single programs that Debian has for this release into build/qemu/,
# where `make check-kernels` looks for it: Debian 12's own knows no FEAT_MOPS, the one among its
# backports does.
#
#   lab/qemu.sh
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

suite=$(lab/debian-suite)-backports
rm -rf build/qemu build/qemu.new
lab/unpack.sh --suite="$suite" --no-depends "$(dpkg --print-architecture)" build/qemu.new qemu-user
mv build/qemu.new build/qemu
echo "build/qemu: $(build/qemu/usr/bin/qemu-aarch64 --version | head -n 1), from $suite"
