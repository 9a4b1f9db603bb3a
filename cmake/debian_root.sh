#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs ./conform in a minimal root of a Debian release, which it makes from the package registry:
#
#   cmake/debian_root.sh trixie /var/tmp/trixie run --suite smoke
#
# A root that is there is used again, with what was built in it. Needs mmdebstrap, and root for
# chroot.
set -euo pipefail

release=${1:?expected a release of Debian, such as trixie}
root=${2:?expected a directory for the root}
shift 2
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [[ ! -e $root/etc/debian_version ]]; then
  mkdir -p "$root"
  mmdebstrap --quiet --variant=minbase --include=ca-certificates "$release" "$root"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
fi
mkdir -p "$root/lsgd"
git -C "$sources" ls-files -z | tar -C "$sources" --null -T - -cf - | tar -C "$root/lsgd" -xf -

leave() {
  umount "$root/proc" "$root/dev" 2>/dev/null || true
}
trap leave EXIT
leave
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root bash -c 'cd /lsgd && ./conform "$@"' conform "$@"
