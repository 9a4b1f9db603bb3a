#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs ./conform in a minimal root of a Debian release, which it makes from the package registry:
#
#   cmake/debian_root.sh trixie /var/tmp/trixie run --suite smoke
#   cmake/debian_root.sh bookworm:arm64 /var/tmp/arm64 run --suite smoke --target '*-host-*'
#
# A root that is there is used again, with what was built in it. For another architecture than this machine's, this
# machine's CMake and cross compilers build, and what they built runs in qemu-user.
# Needs mmdebstrap, and root for chroot; for another architecture dpkg-dev, qemu-user-static and binfmt-support.
set -euo pipefail

release=${1:?expected a release of Debian, such as trixie, or trixie:arm64}
root=$(realpath -m -- "${2:?expected a directory for the root}")
shift 2
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
architectures=$(dpkg --print-architecture)
foreign=
if [[ $release == *:* && ${release#*:} != "$architectures" ]]; then
  foreign=${release#*:}
  architectures+=,$foreign
fi
release=${release%%:*}

stop() {
  printf 'debian_root.sh: %s\n' "$1" >&2
  exit 2
}
[[ $root/ != "$sources"/* ]] || stop "expected a directory outside the sources, not $root"

path=/usr/sbin:/usr/bin:/sbin:/bin
in_root() {
  chroot "$root" env -i PATH="$path" HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
}

# The sources as git knows them. A file whose content is as before keeps its time, so that it is not built again.
copy_sources() {
  local file
  mkdir -p "$root/lsgd" "$root/lsgd.new"
  git -C "$sources" ls-files -z | tar -C "$sources" --null -T - -cf - | tar -C "$root/lsgd.new" -xmf -
  while IFS= read -r -d '' file; do
    if cmp -s "$root/lsgd/$file" "$root/lsgd.new/$file"; then
      touch -r "$root/lsgd/$file" "$root/lsgd.new/$file"
    fi
  done < <(git -C "$sources" ls-files -z)
  [[ ! -e $root/lsgd/build ]] || mv "$root/lsgd/build" "$root/lsgd.new/build"
  rm -r --one-file-system "$root/lsgd"
  mv "$root/lsgd.new" "$root/lsgd"
}

# Installs the libraries of the other architecture, and puts its compilers first in the PATH, where everything takes
# them for this machine's.
prepare_cross() {
  local triplet package packages tool
  triplet=$(dpkg-architecture -a "$foreign" -q DEB_HOST_GNU_TYPE 2>/dev/null)
  if [[ ! -e $root/usr/local/cross ]]; then
    in_root apt-get -qq update
    packages=("g++-${triplet//_/-}")
    while read -r package; do
      # What is the same everywhere has no architecture in its name.
      if [[ $(in_root apt-cache show --no-all-versions "$package") == *'Architecture: all'* ]]; then
        packages+=("$package")
      else
        packages+=("$package:$foreign")
      fi
    done < <(awk '$1 == "program" && $2 ~ /^lib|-dev$/ { print $2 }' "$sources/cmake/debian-packages.txt")
    in_root apt-get install -y --no-install-recommends "${packages[@]}" >"$root/packages.log" 2>&1 </dev/null ||
      { tail -n 5 "$root/packages.log" >&2; stop "could not install ${packages[*]}"; }
    mkdir "$root/usr/local/cross"
  fi
  for tool in gcc g++ cpp ar as ld nm objcopy objdump ranlib readelf strip; do
    ln -sf "/usr/bin/$triplet-$tool" "$root/usr/local/cross/$tool"
  done
  ln -sf gcc "$root/usr/local/cross/cc"
  ln -sf g++ "$root/usr/local/cross/c++"
  path=/usr/local/cross:$path
}

if [[ ! -e $root/etc/debian_version ]]; then
  mkdir -p "$root"
  mmdebstrap --quiet --variant=minbase --include=ca-certificates --architectures="$architectures" "$release" "$root"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
fi
copy_sources

leave() {
  umount --lazy "$root/proc" "$root/dev" 2>/dev/null || true
}
trap leave EXIT
leave
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
[[ -z $foreign ]] || prepare_cross
# The arguments are those of the inner shell.
# shellcheck disable=SC2016
in_root bash -c 'cd /lsgd && ./conform "$@"' conform "$@"
