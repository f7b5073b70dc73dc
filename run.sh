#!/usr/bin/env bash
# The one door: set up, measure, draw, check. Everything is said by ./run.sh --help.
set -euo pipefail
caller=${PWD%/}
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
root=$PWD
install=yes mixed=()
doors="compare history publish site" # which have a --help of their own
subcommands="ab check plot report setup $doors"

usage() {
    cat <<'TEXT'
usage: ./run.sh [EXPERIMENT...] [OPTION...]   set up, measure, validate, draw, report
       ./run.sh check [--no-install]          set up and pass all tests
       ./run.sh plot DATASET... [--no-install] [--emulated]
                                              draw datasets again
       ./run.sh report [DATASET...] [--no-install] [--emulated]
                                              write the report of a dataset, or of several
       ./run.sh ab OLD [NEW] [OPTION...]      is a copy kernel of one commit slower than that
                                              of another?
       ./run.sh compare BASE NEW [OPTION...]  two datasets of a machine, cell by cell
       ./run.sh history MACHINE... [OPTION...]
                                              where a machine's figures have changed; pictures in
                                              results/local/history/
       ./run.sh site [DIR...] [--out=DIR]     pages of all datasets below the folders
       ./run.sh publish DATASET --license=CC0-1.0|CC-BY-4.0 [OPTION...]
                                              a copy of it, without what identifies anybody,
                                              in results/data/
       ./run.sh setup [PURPOSE...]            install and build only

Without an EXPERIMENT all of them are measured. The dataset is a new folder
results/local/MACHINE/TIME-PROFILE/; its pictures are in plots/ within it, and report.html and
report.md beside them. Without a DATASET the report is of the newest in results/local; of several it
is written into the nearest folder that holds them all.

  --profile=quick|full  a first picture in five minutes (default), or everything
  --out=DIR             another folder for the dataset; none: no dataset, no pictures;
                        of site: for the pages, which go to build/site/ otherwise
  --emulated            show datasets of emulated machines beside those of real ones
  --no-install          install nothing: name the packages that are missing, and go on
                        if nothing indispensable is among them
  --help                this text; after compare, history, publish or site: their options

Any other option goes to `copycost run` as it is, such as --kernel='copy_*', --size=64..64Ki,
--cpu=1 or --dry-run; `build/*/copycost run --help` shows them all.

ab builds arch/ of two commits, NEW being the working tree unless given, and compares every copy
kernel that both have and this CPU can run with `copycost ab`, whose options and exit status these
are (0 not slower, 1 slower or wrong, 2 usage, 3 no verdict); --symbol=NAME compares that one only.

PURPOSE: build, run, site, test, lint, cross (other architectures, their kernels under emulation),
boards (whole machines under emulation); build and run if none is given. Missing packages are
installed by apt-get, through sudo where the user is not root; for dnf, pacman and apk they are only
named. PYTHON=... prefers a Python; one without the modules that are needed is passed over.

MACHINE is the name of a folder below results/data or results/local, or a folder of datasets.

Exit status: 0 fine, 1 failed or slower than before, 2 usage.
TEXT
}

# die STATUS TEXT...: one line, and the end.
die() {
    echo "run.sh: ${*:2}" >&2
    exit "$1"
}

has() {
    case $1 in
    command:*) type -p "${1#*:}" >/dev/null ;;
    header:*) cc -E -include "${1#*:}" -x c /dev/null >/dev/null 2>&1 ;;
    module:*) "$PYTHON" -c "from importlib.util import *; exit(not find_spec('${1#*:}'))" ;;
    file:*) [[ -e ${1#*:} ]] ;;
    esac
}

# Prints those lines of .ci/packages, for these purposes, whose probe finds nothing.
missing() {
    local purpose need probe packages
    while read -r purpose need probe packages; do
        if [[ " $* " == *" $purpose "* ]] && ! has "$probe" 2>/dev/null; then
            echo "$purpose $need $probe $packages"
        fi
    done < <(grep -v '^#' .ci/packages)
}

# Prints the packages of a column (4 Debian, 5 Fedora, 6 Arch, 7 Alpine) of such lines on one line.
packages_of() {
    awk -v column="$1" '$column != "-" && !seen[$column]++ { printf "%s ", $column }'
}

name_packages() {
    local lines=$1 column names
    local -a commands=([4]="apt-get install --no-install-recommends" [5]="dnf install"
        [6]="pacman -S" [7]="apk add")
    awk '{ sub(/^[a-z]*:/, "", $3); what = what ", " $3 ($2 == "may" ? " (optional)" : "") }
        END { print "missing: " substr(what, 3) }' <<<"$lines"
    for column in 4 5 6 7; do
        names=$(packages_of "$column" <<<"$lines")
        [[ -z $names ]] || echo "  ${commands[column]} $names"
    done
} >&2

as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

apt_install() {
    local packages
    read -r -a packages
    echo "installing ${packages[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends \
        "${packages[@]}" >/dev/null
}

# Installs what such lines name; what is optional may fail.
install_packages() {
    local lines=$1 must
    must=$(grep -E '^[a-z]+ must ' <<<"$lines" || true)
    as_root apt-get update -qq || echo "apt-get update failed; trying with the lists there are" >&2
    packages_of 4 <<<"$lines" | apt_install && return
    [[ -z $must ]] || packages_of 4 <<<"$must" | apt_install
}

can_install() {
    [[ $install == yes ]] && type -p apt-get >/dev/null &&
        { ((EUID == 0)) || type -p sudo >/dev/null; }
}

find_python() {
    PYTHON=$(.ci/find-python "$@") || PYTHON=python3
    export PYTHON
}

# Sees to it that all for these purposes is there, or ends saying what is not.
provide() {
    local lines
    find_python "$@"
    lines=$(missing "$@")
    [[ -n $lines ]] || return 0
    if can_install; then
        install_packages "$lines" || true
        find_python "$@"
        lines=$(missing "$@")
        [[ -n $lines ]] || return 0
    fi
    name_packages "$lines"
    if grep -q -E '^[a-z]+ must ' <<<"$lines"; then
        die 1 "something indispensable is missing; install it as shown above"
    fi
}

build() {
    make --no-print-directory -j "$(nproc)" "$@"
}

experiments() {
    grep -l '^BENCHMARK(' microbench/*.c | sed 's:.*/::; s:\.c$::'
}

# measure PROGRAM ARGUMENT...: shows what its `run` prints; leaves the dataset's folder in $dataset, its exit status in
# $measured. Ctrl-C ends the measuring, not what comes after: what has been measured is drawn.
measure() {
    local log
    log=$(mktemp)
    measured=0
    trap : INT
    "$1" run "${@:2}" | tee -i -- "$log" || measured=$?
    trap - INT
    dataset=$(sed -n 's/^dataset: //p' "$log")
    rm -f -- "$log"
}

# Validates beside drawing, as each takes some seconds; says at the end what it found.
draw() {
    local found validation valid=0 drawn=0
    found=$(mktemp)
    "$PYTHON" -m results.validate "$@" >"$found" 2>&1 &
    validation=$!
    "$PYTHON" -m results.load "$@" && "$PYTHON" -m plots --findings "${mixed[@]}" "$@" || drawn=$?
    wait "$validation" || valid=$?
    echo
    cat -- "$found"
    rm -f -- "$found"
    ((valid == 0 && drawn == 0))
}

# Writes report.html and report.md, and says where.
report() {
    "$PYTHON" -m plots.report "${mixed[@]}" "$@"
}

# What a run ends with; a report there is even of what could not all be drawn.
show() {
    local shown=0
    draw "$1" || shown=1
    report "$1" || shown=1
    return "$shown"
}

# A path as the caller meant it, who may be in another folder.
from_caller() {
    if [[ $1 == /* ]]; then echo "$1"; else echo "$caller/$1"; fi
}

# absolute_paths PROGRAM COMMAND OPTION...: leaves the options in $options, paths as the caller meant
# them. The program's help tells which of the command's take one.
absolute_paths() {
    local paths argument
    paths=$("$1" help "$2" | sed -n -E 's/^  (--[^=]+)=(FILE|FOLDER|PATH).*/\1/p')
    options=()
    for argument in "${@:3}"; do
        if [[ $argument == *=* && $argument != --out=none && $argument != *=- ]] &&
            grep -q -x -F -e "${argument%%=*}" <<<"$paths"; then
            argument=${argument%%=*}=$(from_caller "${argument#*=}")
        fi
        options+=("$argument")
    done
}

command_run() {
    local words=() options=() argument known program
    known=$(experiments)
    for argument; do
        case $argument in
        --no-install) install=no ;;
        -*) options+=("$argument") ;;
        *)
            grep -q -x -F -e "$argument" <<<"$known" ||
                die 2 "unknown '$argument'; there are ${subcommands// /, } and ${known//$'\n'/, }"
            words+=("$argument")
            ;;
        esac
    done
    [[ " ${options[*]-} " == *" --format="* ]] || options+=(--format=none)
    provide build run
    build all
    program=$(build --silent program)
    absolute_paths "$program" run "${options[@]}"
    measure "$program" "${words[@]}" "${options[@]}"
    [[ -z $dataset ]] || show "$(realpath -- "$dataset")"
    exit "$measured"
}

# take_words OPTIONS ARGUMENT...: the words that follow a command are left in $words, of OPTIONS what
# they mean.
take_words() {
    local known=$1 argument
    words=()
    for argument in "${@:2}"; do
        [[ $argument != -* || " $known " == *" $argument "* ]] ||
            die 2 "unknown option '$argument': taken here are ${known// /, }"
        case $argument in
        --no-install) install=no ;;
        --emulated) mixed=(--emulated) ;;
        *) words+=("$argument") ;;
        esac
    done
}

# take_datasets ARGUMENT...: folders of datasets, as the caller meant them, are left in $folders.
take_datasets() {
    local word
    folders=()
    take_words "--no-install --emulated" "$@"
    for word in "${words[@]}"; do
        folders+=("$(from_caller "$word")")
    done
}

command_check() {
    take_words --no-install "$@"
    ((${#words[@]} == 0)) || die 2 "unknown word '${words[0]}': check takes none"
    provide build run test
    build check
}

command_plot() {
    take_datasets "$@"
    ((${#folders[@]} > 0)) || die 2 "plot takes folders of datasets, and none is given"
    provide run
    draw "${folders[@]}"
}

command_report() {
    take_datasets "$@"
    provide run
    report "${folders[@]}"
}

# build_kernels REVISION FOLDER: arch/ of that commit, or of the working tree for `.`; leaves the shared
# object's path in $built.
build_kernels() {
    local name=working-tree
    mkdir -p "$2/.ci"
    if [[ $1 == . ]]; then
        cp -r arch "$2"
    else
        name=$(git rev-parse --verify --quiet --short "$1^{commit}") ||
            die 2 "'$1' is no commit here; in a shallow clone, git fetch --depth=1 origin it first"
        name=${1//[^[:alnum:]._-]/-}-$name
        git archive "$1" arch | tar -x -C "$2"
    fi
    cp Makefile "$2"
    cp .ci/comparable_kernels.c "$2/.ci"
    build --silent -C "$2" BUILD=build CFLAGS='-O2 -g -fPIC' \
        WITHOUT='hwloc numa papi http_parser pcap uring mnl ocaml' kernels >&2
    built=$2/$name.so
    mv -- "$2/build/kernels.so" "$built"
}

# The names of the kernels that can be compared of that revision.
comparable() {
    comm -12 <("$1/build/comparable_kernels" | sort) \
        <(nm -D --defined-only "$2" | awk '{ print $3 }' | sort)
}

command_ab() {
    local words=() given=() options=() symbols=() argument program old new built
    for argument; do
        case $argument in
        --no-install) install=no ;;
        -*) given+=("$argument") ;;
        *) words+=("$argument") ;;
        esac
    done
    ((${#words[@]} == 1 || ${#words[@]} == 2)) ||
        die 2 "ab takes one or two commits, the old one first, and ${#words[@]} are given"
    provide build run
    build all
    program=$(build --silent program)
    absolute_paths "$program" ab "${given[@]}"
    temporary=$(mktemp -d)
    trap 'rm -rf -- "$temporary"' EXIT
    build_kernels "${words[0]}" "$temporary/old"
    old=$built
    build_kernels "${words[1]-.}" "$temporary/new"
    new=$built
    if [[ " ${given[*]-}" != *" --symbol="* ]]; then
        mapfile -t symbols < <(comm -12 <(comparable "$temporary/old" "$old") \
            <(comparable "$temporary/new" "$new"))
        ((${#symbols[@]})) || die 2 "no kernel that this CPU can run is in both"
        echo "kernels in both: ${symbols[*]}" >&2
    fi
    cd -- "$temporary"
    "$program" ab "${old#"$temporary"/}" "${new#"$temporary"/}" "${symbols[@]/#/--symbol=}" "${options[@]}"
}

# python_door PURPOSES MODULE ARGUMENT...: hands them over where the caller is, whose paths they are.
python_door() {
    local argument arguments=()
    for argument in "${@:3}"; do
        if [[ $argument == --no-install ]]; then install=no; else arguments+=("$argument"); fi
    done
    # shellcheck disable=SC2086 # a word a purpose
    provide $1
    cd -- "$caller"
    PYTHONPATH=$root exec "$PYTHON" -m "$2" "${arguments[@]}"
}

command_publish() {
    python_door run results.publish "$@"
}

command_site() {
    python_door "run site" plots.site "$@"
}

command_compare() {
    python_door run results.compare "$@"
}

command_history() {
    python_door run plots.history --findings --out="$root/results/local/history" "$@"
}

command_setup() {
    local word
    take_words --no-install "$@"
    ((${#words[@]})) || words=(build run)
    for word in "${words[@]}"; do
        [[ $word =~ ^(build|run|site|test|lint|cross|boards)$ ]] ||
            die 2 "unknown purpose '$word': there are build, run, site, test, lint, cross and boards"
    done
    provide "${words[@]}"
    [[ " ${words[*]} " != *" build "* ]] || build all
}

if [[ " $* " == *" --help "* && " $doors " != *" ${1-} "* ]]; then
    usage
    exit
fi
if [[ -n ${1-} && " $subcommands " == *" $1 "* ]]; then
    "command_$1" "${@:2}"
else
    command_run "$@"
fi
