#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the program in a root of debian_root.sh, compares the golden vectors that it writes there with those of the
# sources, and runs the suite smoke. Prints a row of the table in README.md.
#
#   cmake/judged_root.sh trixie /var/tmp/trixie                                # every built-in target
#   cmake/judged_root.sh trixie /var/tmp/trixie '*'                            # every target of the root's own machine
#   cmake/judged_root.sh bookworm:arm64 /var/tmp/arm64 float32_c99 sgd_classic # of these ports, the same
#
# In a root with a build already in it the time of that build is what is left of it.
set -euo pipefail

release=${1:?expected a release of Debian, such as trixie, or bookworm:arm64}
root=$(realpath -m -- "${2:?expected a directory for the root}")
shift 2
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log=$(mktemp)
trap 'rm "$log"' EXIT

stop() {
  tail -n 5 "$log" >&2
  printf 'judged_root.sh: %s\n' "$1" >&2
  exit 1
}

# Seconds of wall time and of processor time that a command takes in the root.
TIMEFORMAT='%0R %0U %0S'
wall=0 processor=0
in_root() {
  local status=0 user system
  { time "$sources/cmake/debian_root.sh" "$release" "$root" "$@" >"$log" 2>&1 || status=$?; } 2>"$log.time"
  ((status == 0)) || stop "fails: $*"
  read -r wall user system <"$log.time"
  rm "$log.time"
  processor=$((user + system))
}

targets=()
for port; do
  targets+=(--target "$port-host-*")
done

# What qemu-user itself allocates would count as heap of the port, so that level 4 is not judged.
levels=()
[[ $release != *:* || ${release#*:} == "$(dpkg --print-architecture)" ]] || levels=(--filter 'level[0-3]/*')

in_root --version
version=$(tail -n 1 "$log")
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+ ]] || stop "the program says no version"
built="$wall s ($processor s of processor time) with installation"
in_root vectors golden --out /var/tmp/golden
written=$wall
diff -r "$root/var/tmp/golden" "$sources/vectors/golden" >"$log" || stop "the golden vectors are others"
in_root run --suite smoke --out /var/tmp/smoke ${levels[@]+"${levels[@]}"} ${targets[@]+"${targets[@]}"}
passed=$(sed -n 's/.*: \([0-9]* of [0-9]* targets passed, .* cases.*\)$/\1/p' "$log" | grep .) || stop "smoke says nothing"
name=$(cut -d . -f 1 "$root/etc/debian_version")
[[ $release != *:* ]] || name+=" ${release#*:}"
disk=$(du -sxm --exclude=./var/cache --exclude=./var/lib/apt "$root" | cut -f 1)

printf '| Debian %s, sources of %s | %s MB on disk, %s; %s golden files the same bytes in %s s | %s s: %s | |\n' \
  "$name" "$version" "$disk" "$built" \
  "$(find "$root/var/tmp/golden" -type f | wc -l)" "$written" "$wall" "$passed"
