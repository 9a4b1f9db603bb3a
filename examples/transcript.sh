#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What somebody sees who has the package and nothing else: runs the lines of transcript.txt in a root that cmake/installed_root.sh
# made, and prints each with its output, for transcript.md.
#
#   examples/transcript.sh ROOT
set -euo pipefail
root=$(realpath -- "${1:?expected a root that cmake/installed_root.sh made}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

leave() {
  umount "$root/proc" "$root/dev" 2>/dev/null || true
}
trap leave EXIT
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
rm -rf --one-file-system "$root/home/ada"
mkdir "$root/home/ada"
chown 65534 "$root/home/ada"
work=/home/ada
while IFS= read -r line; do
  case $line in
    '' | '#'*) printf '%s\n' "$line" ;;
    *)
      printf '$ %s\n' "$line"
      as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
      [[ $line != apt-get* ]] || as=()
      # The line is the inner shell's.
      # shellcheck disable=SC2016
      chroot "$root" "${as[@]}" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/home/ada DEBIAN_FRONTEND=noninteractive \
        bash -c 'cd "$1" && eval "$2"; status=$?; pwd >&9; exit $status' bash "$work" "$line" 9>"$root/tmp/pwd" 2>&1 </dev/null ||
        printf '(exit status %s)\n' $?
      work=$(cat "$root/tmp/pwd")
      ;;
  esac
done <"$here/transcript.txt"
