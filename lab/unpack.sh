#!/usr/bin/env bash
# Unpacks Debian packages of any architecture into a folder, without installing anything.
#
#   lab/unpack.sh [--suite=SUITE] [--no-depends] ARCH FOLDER PACKAGE...
#   lab/unpack.sh [--suite=SUITE] --source FOLDER PACKAGE...
#
# ARCH is Debian's name: amd64, arm64, armhf, riscv64. The packages come with all that they depend
# on, unless --no-depends is given. Sources become folders in FOLDER, such as zlib-1.2.13.dfsg. SUITE is by default the host's own release, where that is
# Debian's, else bookworm; packages of SUITE-backports are taken from there, what they depend on
# from SUITE. apt keeps its lists and downloads under build/apt/, so that neither root nor a foreign
# architecture on the host is needed. DEBIAN_MIRROR names another mirror.
set -euo pipefail
top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

die() {
    echo "unpack.sh: $*" >&2
    exit 1
}

suite='' depends=yes architecture=''
while [[ ${1-} == --* ]]; do
    case $1 in
    --suite=*) suite=${1#*=} ;;
    --no-depends) depends=no ;;
    --source) architecture=source ;;
    *) die "unknown option '$1': there are --suite=SUITE, --no-depends and --source" ;;
    esac
    shift
done
if [[ -z $architecture ]]; then
    architecture=${1-}
    shift || true
fi
(($# >= 2)) || die "ARCH, FOLDER and at least one PACKAGE are wanted"
folder=$1
shift
for tool in apt-get dpkg-deb; do
    type -p "$tool" >/dev/null || die "$tool is missing: Debian packages are unpacked with it"
done
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -e $keyring ]] || die "$keyring is missing: install debian-archive-keyring"
[[ -n $suite ]] || suite=$("$top/lab/debian-suite")

apt=$top/build/apt/$suite-$architecture
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
mkdir -p "$apt"/{etc/preferences.d,state/lists/partial,log} "$top/build/apt/cache/archives/partial" "$folder"
folder=$(cd -- "$folder" && pwd)
: >"$apt/status"
kind=deb
[[ $architecture != source ]] || kind=deb-src
for name in "${suite%-backports}" "$suite"; do
    echo "$kind [signed-by=$keyring] $mirror $name main"
done | sort -u >"$apt/etc/sources.list"
options=(-qq -o Dir::Etc="$apt/etc" -o Dir::State="$apt/state" -o Dir::State::status="$apt/status"
    -o Dir::Cache="$top/build/apt/cache" -o Dir::Cache::pkgcache="" -o Dir::Cache::srcpkgcache=""
    -o Dir::Log="$apt/log" -o APT::Sandbox::User="" -o Debug::NoLocking=1
    -o APT::Install-Recommends=0 -o APT::Get::List-Cleanup=0 -t "$suite")
[[ $architecture == source ]] || options+=(-o APT::Architecture="$architecture"
    -o APT::Architectures="$architecture")

# One apt at a time, since all share the downloads.
exec 9>"$top/build/apt/lock"
flock 9
apt-get "${options[@]}" update >&2
if [[ $architecture == source ]]; then
    cd "$folder"
    apt-get "${options[@]}" source "$@" >&2
    exit
fi
cd "$top/build/apt/cache/archives"
if [[ $depends == yes ]]; then
    # Lines such as: Inst libc6 (2.36-9 Debian:12.5/stable [armhf])
    simulated=$(apt-get "${options[@]}" --simulate install "$@")
    wanted=$(sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p' <<<"$simulated")
    mapfile -t packages <<<"$wanted"
else
    packages=("$@")
fi
apt-get "${options[@]}" download "${packages[@]}" >&2
# A download is called libc6_2.36-9_armhf.deb, with %3a for a colon in its version.
apt-cache "${options[@]}" show --no-all-versions "${packages[@]}" |
    awk '/^Package: / { name = $2 }
        /^Version: / { version = $2; gsub(":", "%3a", version) }
        /^Architecture: / { architecture = $2 }
        /^$/ { print name "_" version "_" architecture ".deb" }' | sort -u | while read -r file; do
    dpkg-deb --fsys-tarfile "$file" |
        tar -x --keep-directory-symlink --no-same-owner -C "$folder" -f -
done
