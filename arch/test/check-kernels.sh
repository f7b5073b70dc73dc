#!/bin/sh
# Builds and runs the kernel tests: on this CPU, or on others of an ISA under qemu-user.
#
#   make check-kernels [ARCH=aarch64|arm|riscv64]
#
# calls it with ARCH and the test program's path. From the environment: MAKE, CC (the compiler that
# make will use) and EMULATOR (a command that runs the program in place of the CPUs listed below).
# Of the qemu-user binaries on the PATH and in build/qemu/ (lab/qemu.sh) the newest is taken:
# Debian 12's 7.2 lacks FEAT_MOPS, Zicboz and riscv_hwprobe, the 10.0 of its backports has them.
#
# Exit: 0 all passed, 1 a kernel failed, 77 nothing ran because a compiler or an emulator is missing.
set -eu

isa=$1
program=$2
emulator=${EMULATOR:-}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/all"
passed=0 failed=0 skipped=0 runs=0

skip_all() {
    echo "skipped: $1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 77
}

# The CPUs to emulate: in-order and out-of-order cores, with and without what kernels need; every
# SVE vector length (in bytes) that makes a difference: as long as a Q register, longer, as long as a
# cache line; the shortest vectors (in bits) of RISC-V's V, and longer ones with all that a CPU may do
# otherwise: agnostic bytes are overwritten, the last two steps share evenly.
cpus_of() {
    case $1 in
    arm) echo cortex-a8 cortex-a7 cortex-a15 ;;
    aarch64)
        echo cortex-a57 neoverse-n1
        for bytes in 16 32 64; do
            echo "max,sve-default-vector-length=$bytes"
        done
        ;;
    riscv64)
        echo sifive-u54 rv64,v=true,vlen=128
        echo rv64,v=true,vlen=256,rvv_ta_all_1s=true,rvv_vl_half_avl=true,cboz_blocksize=128
        ;;
    esac
}

# Prints version and path of the newest qemu-user for this ISA; nothing if there is none.
find_emulator() {
    for candidate in "build/qemu/usr/bin/qemu-$isa" "qemu-$isa" "qemu-$isa-static"; do
        path=$(command -v "$candidate") || continue
        echo "$("$path" --version | sed -n '1s/.* version \([0-9.]*\).*/\1/p') $path"
    done | sort -V | tail -n 1
}

# run_tests HEADING COMMAND...: shows the program's lines, its sum in the heading, and adds that up.
run_tests() {
    heading=$1
    shift
    status=0
    "$@" >"$work/log" || status=$?
    cat "$work/log" >>"$work/all"
    runs=$((runs + 1))
    sum=$(sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$work/log")
    # shellcheck disable=SC2086 # three words
    set -- ${sum:-0 0 0}
    echo "== $heading: $1 passed, $2 failed, $3 skipped"
    sed '/ passed, /d' "$work/log"
    if [ -z "$sum" ]; then
        echo "FAIL $program: ended with status $status before its last line"
        failed=$((failed + 1))
    fi
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# A kernel that none of several CPUs could run is not tested: say so, in spite of a green sum.
show_untested() {
    [ "$runs" -gt 1 ] || return 0
    sed -n 's/^skip \(.*\): needs/untested on any of these: \1 needs/p' "$work/all" |
        sort | uniq -c | awk -v runs="$runs" '$1 == runs { sub(/^ *[0-9]+ /, ""); print }'
}

if [ -n "$isa" ]; then
    triplet=${CC%-gcc}
    case $isa in arm) debian=armhf ;; aarch64) debian=arm64 ;; *) debian=$isa ;; esac
    printf '#include <stdio.h>\nint main(void) { return 0; }\n' |
        "$CC" -x c - -o "$work/probe" 2>"$work/log" ||
        skip_all "no working $CC: install gcc-$triplet libc6-dev-$debian-cross"
    if [ -z "$emulator" ]; then
        found=$(find_emulator)
        [ -n "$found" ] ||
            skip_all "no qemu-$isa: install qemu-user-static, or run lab/qemu.sh"
    fi
fi

"${MAKE:-make}" -s --no-print-directory "$program"

# The objects of this CPU's own build are looked at by .ci/test_house.py.
if [ -n "$isa" ]; then
    arch=${program%/test/*}
    if ! python3 .ci/house.py "$arch/generic"/*.o "$arch/$isa"/*.o >"$work/log"; then
        sed 's/^/FAIL /' "$work/log"
        failed=$((failed + 1))
    fi
fi

if [ -n "$emulator" ]; then
    # shellcheck disable=SC2086 # a command with its options
    run_tests "${isa:-native}, $emulator" $emulator "$program"
elif [ -z "$isa" ]; then
    run_tests "this CPU" "$program"
else
    qemu=${found#* }
    libc=$("$CC" -print-file-name=libc.so.6)
    for cpu in $(cpus_of "$isa"); do
        heading="$isa, $cpu (qemu-user ${found%% *})"
        # An older emulator may know neither the CPU nor its properties.
        if "$qemu" -cpu "$cpu" -L "${libc%/*}/.." "$work/probe" 2>"$work/log"; then
            run_tests "$heading" "$qemu" -cpu "$cpu" -L "${libc%/*}/.." "$program"
        else
            echo "== $heading: skipped: $(tail -n 1 "$work/log")"
            skipped=$((skipped + 1))
        fi
    done
fi

show_untested
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
