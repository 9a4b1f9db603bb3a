#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs packages of cpack in a fresh minimal root of a Debian release, and judges a device there: as root, as nobody,
# without a network, and read-only. Prints a row of the table in README.md for each.
#
#   cmake/installed_root.sh bookworm /var/tmp/installed lsgd-conform_*.deb lsgd-conform-targets_*.deb
#   cmake/installed_root.sh bookworm:arm64 /var/tmp/installed lsgd-conform_*_arm64.deb ...    # under qemu-user
#
# LSGD_TARGET is what is judged, with the suites smoke and, unless LSGD_STANDARD is empty, standard. Needs mmdebstrap,
# and root for chroot.
set -euo pipefail

release=${1:?expected a release of Debian, such as bookworm, or bookworm:arm64}
root=$(realpath -m -- "${2:?expected a directory for the root}")
shift 2
target=${LSGD_TARGET:-float32_c99-host-gcc_O2}
architecture=$(dpkg --print-architecture)
[[ $release != *:* ]] || architecture=${release#*:}
release=${release%%:*}

stop() {
  printf 'installed_root.sh: %s\n' "$1" >&2
  exit 2
}
(($#)) || stop "expected Debian packages"
[[ ! -e $root ]] || stop "$root is there already"

mkdir -p "$root"
mmdebstrap --quiet --variant=minbase --architectures="$architecture" "$release" "$root"
cp /etc/resolv.conf "$root/etc/resolv.conf"
mkdir "$root/packages" "$root/work"
cp "$@" "$root/packages/"

in_root() {
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/nonexistent DEBIAN_FRONTEND=noninteractive "$@"
}
leave() {
  umount --lazy "$root/proc" "$root/dev" 2>/dev/null || true
}
trap leave EXIT
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"

megabytes() {
  du -sxm --exclude=./var/lib/apt --exclude=./var/cache --exclude=./packages . | cut -f 1
}
before=$(cd "$root" && megabytes)
began=$SECONDS
in_root apt-get -qq update
in_root sh -c 'apt-get install -y --no-install-recommends /packages/*.deb' >"$root/install.log" 2>&1 </dev/null ||
  { tail -n 5 "$root/install.log" >&2; stop "could not install $*"; }
installed="$(sed -n 's/^Need to get \(.*\/\)\?\(.*B\) of archives.*/\2/p' "$root/install.log") + $(du -cm "$@" | tail -n 1 |
  cut -f 1) MB to load, $(($(cd "$root" && megabytes) - before)) MB on disk, $((SECONDS - began)) s"
for compiler in cc gcc g++ clang tcc as ld; do
  ! in_root which "$compiler" >/dev/null 2>&1 || stop "there is a $compiler in the root"
done

# Runs a suite, and prints the seconds it takes and its cases.
judge() {
  local suite=$1
  shift
  began=$SECONDS
  # shellcheck disable=SC2016
  "$@" env -i PATH=/usr/bin:/bin sh -c 'cd /work && exec lsgd-conform run --suite "$1" --target "$2" --out "$1"' \
    sh "$suite" "$target" >"$root/work/log" 2>&1 || { tail -n 5 "$root/work/log" >&2; stop "$suite fails: $*"; }
  printf '%s s, ' $((SECONDS - began))
  sed -n 's/.*: 1 of 1 targets passed, \(.* cases.*\)$/\1/p' "$root/work/log" | grep . || stop "$suite does not pass"
}
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
# Everything but /work is read-only in a namespace of its own.
# shellcheck disable=SC2016
read_only=(unshare --net --mount sh -c 'mount --rbind "$0" "$0" && mount -o remount,ro,bind "$0" &&
  mount -t tmpfs none "$0/work" && chown 65534 "$0/work" && exec chroot "$0" "$@"' "$root")

name="Debian $(cut -d . -f 1 "$root/etc/debian_version")"
[[ $architecture == "$(dpkg --print-architecture)" ]] || name+=" $architecture"
# The way, and what runs a command in it.
row() {
  local way=$1 smoke standard=
  shift
  rm -r "$root/work"
  mkdir "$root/work"
  chown 65534 "$root/work"
  smoke=$(judge smoke "$@")
  [[ -z ${LSGD_STANDARD-1} ]] || standard=$(judge standard "$@")
  printf '| %s, %s | %s | %s | %s |\n' "$name" "$way" "$installed" "$smoke" "$standard"
  installed='the same'
}
row "the package" chroot "$root"
row "as nobody" chroot "$root" "${nobody[@]}"
row "as nobody, offline" unshare --net chroot "$root" "${nobody[@]}"
row "as nobody, offline, read-only" "${read_only[@]}" "${nobody[@]}"
