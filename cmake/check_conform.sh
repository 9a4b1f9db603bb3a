#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What ./conform installs and builds for each command, with stand-ins for apt, dpkg, cmake, ninja and the program.
#
#   check_conform.sh CONFORM
set -euo pipefail
conform=$1
place=$(mktemp -d)
trap 'rm -r "$place"' EXIT
mkdir -p "$place/tools" "$place/build/bin"

stand_in() {
  printf '#!/bin/sh\n%s\n' "$2" >"$1"
  chmod +x "$1"
}
stand_in "$place/tools/cmake" "mkdir -p '$place/build/targets'
printf 'a_port qemu_riscv32 rtl_rv32imc\nhost_port \n' >'$place/build/targets/ports.txt'"
stand_in "$place/tools/ninja" "shift 2; echo \"\$*\" >'$place/built'"
stand_in "$place/build/bin/lsgd-conform" "echo \"\$*\" >'$place/ran'"

failures=0
fail() {
  printf 'check_conform.sh: %s\n' "$1" >&2
  failures=1
}

# Runs ./conform with the arguments behind the first two: expected are its exit status and the last line of FILE.
expect() {
  local status=$1 expected=$2 file=$3 found=0
  shift 3
  : >"$place/built"
  PATH=$place/tools:$PATH "$conform" --no-install --build "$place/build" "$@" >"$place/output" 2>&1 || found=$?
  ((found == status)) || fail "expected exit status $status of: $*; got $found"
  [[ $(tail -n 1 "$place/$file") == "$expected" ]] ||
    fail "expected '$expected' of: $*; got '$(tail -n 1 "$place/$file")'"
}
builds() { expect 0 "$1" built "${@:2}"; }
refuses() { expect 2 "conform: $1" output "${@:2}"; }

builds "lsgd-conform lsgd_targets" run
builds "lsgd-conform lsgd_targets" run --suite smoke
builds "lsgd-conform lsgd_targets" run --target 'a_port-*'
builds "lsgd-conform lsgd_targets" run --target '*-host*' --jobs 1
builds "lsgd-conform lsgd_targets" run --target mine.toml --target 'a_port-rtl_*'
builds "lsgd-conform lsgd_targets" explain 'a_port-rtl_rv32imc-gcc_O2'
builds "lsgd-conform lsgd_targets" bench
builds "lsgd-conform lsgd_targets lsgd_selftest_targets" selftest
# First verdicts come early: nothing is built that they do not run.
builds "lsgd-conform" run --target mine.toml
builds "lsgd-conform" run --target=mine.toml --out there
builds "lsgd-conform" explain mine.toml level1/odd_length
builds "lsgd-conform" measure mine.toml
builds "lsgd-conform port-a_port" run --target 'a_port-host-*'
builds "lsgd-conform port-a_port port-host_port" run --target a_port-host-gcc_O2 --target=host_port-host-gcc_O2 --target mine.toml
builds "lsgd-conform port-a_port" measure a_port-host-gcc_O2
builds "lsgd-conform lsgd_host_targets" run --target '*-host-*' --jobs 1
builds "lsgd-conform" vectors verify somewhere
builds "all" test -N
expect 0 "run --target a b.toml" ran run --target "a b.toml"

expect 0 "conform: and on qemu_riscv32, rtl_rv32imc by: ./conform run --target 'a_port-*'" output port a_port
expect 0 "conform: built for this machine; it is judged by: ./conform run --target 'host_port-host-*'" output port host_port
refuses "expected ./conform port NAME, a directory of targets/ports" port
refuses "expected ./conform port NAME, a directory of targets/ports" port a_port b_port
refuses "expected a port that is built for this machine, one of a_port host_port, not none" port none
refuses "expected a port that is built for this machine, one of a_port host_port, not none" run --target 'none-host-*'

# On a machine that has none of the packages.
stand_in "$place/tools/dpkg" 'echo amd64'
stand_in "$place/tools/dpkg-query" 'exit 1'
# Their own arguments.
# shellcheck disable=SC2016
stand_in "$place/tools/apt-cache" 'echo "$3 | 1.0 | here"'
stand_in "$place/tools/sudo" 'exec "$@"'
# shellcheck disable=SC2016
stand_in "$place/tools/dpkg-deb" 'mkdir -p "$3/usr/include" && test -e "$2"'
stand_in "$place/tools/apt-get" "case \$1 in
  install) [ \$2 != -y ] || echo \"\$*\" >'$place/installed' ;;
  download) touch \"\$2_1.0_all.deb\" && echo \"\$2\" >>'$place/unpacked' ;;
esac"
packages_of() {
  awk -v tiers=" $* " 'index(tiers, " " $1 " ") { printf " %s", $2 }' "${conform%/*}/cmake/debian-packages.txt"
}
# Runs ./conform with the arguments behind the first: expected are the tiers that it installs, and that headers are
# unpacked unless their packages are among them.
installs() {
  local tiers=$1 expected headers
  shift
  # As the file lists them.
  # shellcheck disable=SC2086
  expected="install -y --no-install-recommends$(packages_of $tiers)"
  rm -rf "$place/new"
  : >"$place/unpacked"
  PATH=$place/tools:$PATH "$conform" --build "$place/new" "$@" >"$place/output" 2>&1 || true
  [[ $(cat "$place/installed") == "$expected" ]] || fail "expected '$expected' of: $*; got '$(cat "$place/installed")'"
  headers=$(packages_of headers)
  [[ $expected != *"$headers "* ]] || headers=' '
  [[ " $(paste -s -d ' ' "$place/unpacked")" == "$headers" ]] ||
    fail "expected '$headers' to be unpacked by: $*; got '$(cat "$place/unpacked")'"
  [[ $headers == ' ' || -d $place/new/headers/libvalijson-dev/usr/include ]] || fail "headers are not where CMake looks, after: $*"
}
installs "program" run --suite smoke --target mine.toml
installs "program" vectors verify somewhere
installs "program data" run --target mine.toml
installs "program data boards rtl" run
installs "program data boards rtl tests" test
# Without a network, and where nothing can be written.
stand_in "$place/tools/apt-get" 'echo "Temporary failure resolving deb.debian.org"; exit 100'
status=0
PATH=$place/tools:$PATH "$conform" --build "$place/new" --help >"$place/output" 2>&1 || status=$?
((status == 2)) || fail "expected exit status 2 without a network, got $status"
grep -q "^conform: Debian's package lists cannot be fetched (no network?); needed: g++ cmake " "$place/output" ||
  fail "does not say that there is no network: $(cat "$place/output")"
: >"$place/file"
expect 2 "conform: $place/file/build cannot be written; --build DIR builds elsewhere" output --build "$place/file/build" --help
exit $failures
