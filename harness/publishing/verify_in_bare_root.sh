#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Verifies a package where there is nothing but the program, its libraries, its data and ssh-keygen: no compiler, no
# shell, no network, and not the targets.
#
#   verify_in_bare_root.sh PROGRAM PACKAGE [ALLOWED_SIGNERS]
#
# Root, or namespaces for users. Exit status: that of `lsgd-conform verify`; 77 where no such root can be made.
set -euo pipefail
program=$(realpath -- "$1")
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
root=$(mktemp -d)
trap 'rm -rf --one-file-system "$root"' EXIT

# Copies programs with the libraries that they load.
copy_with_libraries() {
  local file
  for file in "$@" $(ldd "$@" | grep -o '/[^ ]*\.so[^ ]*' | sort -u); do
    mkdir -p "$root/$(dirname "$file")"
    cp -L "$file" "$root/$file"
  done
}

key_program=$(type -P ssh-keygen)
copy_with_libraries "$program" "$key_program"
mkdir -p "$root"/{bin,etc,tmp,proc,dev} "$root/share/lsgd-conform/harness" "$root/share/lsgd-conform/vectors"
mv "$root/$program" "$root/bin/lsgd-conform"
: >"$root/dev/null"
echo 'root:x:0:0:root:/:/bin/none' >"$root/etc/passwd"
cp -r "$sources/harness/suites" "$root/share/lsgd-conform/harness/suites"
cp -r "$sources"/vectors/{golden,models,probes} "$root/share/lsgd-conform/vectors/"
[[ ! -d /usr/share/datasets ]] || { mkdir -p "$root/usr/share" && cp -r /usr/share/datasets "$root/usr/share/"; }
cp "$2" "$root/package.tar"
signers=()
[[ -z ${3-} ]] || { cp "$3" "$root/allowed_signers" && signers=(--allowed-signers /allowed_signers); }

namespaces=(unshare --mount --net)
((EUID == 0)) || namespaces+=(--map-root-user)
"${namespaces[@]}" mount --rbind /proc "$root/proc" 2>/dev/null || {
  echo "verify_in_bare_root.sh: skipped, no namespace can be made here"
  exit 77
}
echo "in the root: $(cd "$root" && find . -type f -perm /111 ! -name '*.so*' | sort | tr '\n' ' ')and $(find "$root" -name '*.so*' | wc -l) libraries"
# The program finds itself below /proc, and ssh-keygen opens /dev/null.
# shellcheck disable=SC2016
"${namespaces[@]}" sh -c 'mount --rbind /proc "$0/proc" && mount --bind /dev/null "$0/dev/null" && exec chroot "$0" "$@"' \
  "$root" /bin/lsgd-conform verify /package.tar "${signers[@]}"
