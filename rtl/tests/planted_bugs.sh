#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plants the bugs of planted_bugs.txt one at a time and checks that verification finds each of them.
#
#   planted_bugs.sh BUILD [PATTERN]     BUILD is rtl's build directory with lsgd-rtl-verify-rv32imc
#                                       built; PATTERN selects bugs by stage and description
#   planted_bugs.sh --proofs [PATTERN]  proofs/prove.sh alone, of bugs in what it speaks of
#
# Bugs of the stage "option" are planted into the core with SIMD; those of "bus" meet the test of the shims.
# Where nothing that is simulated finds a bug, its proof is asked.
#
# Exit status 0: all found. The last column says what found the bug first.
set -euo pipefail

proofs=false
if [[ $1 == --proofs ]]; then
  proofs=true
else
  build=$(cd "$1" && pwd)
fi
rtl=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

total=0
found=0

# proved_wrong NAME says what the proof breaks, the short one or else the deep one; exit status 1: nothing.
proved_wrong() {
  local output status=0
  output=$("$work/rtl/proofs/prove.sh" "$1" 2>&1) || status=$?
  ((status == 0)) && { output=$("$work/rtl/proofs/prove.sh" --deep "$1" 2>&1) || status=$?; }
  case $status in
    0) printf 'NOT FOUND'; return 1 ;;
    1) sed -n 's/.* breaks /proof: /p' <<<"$output" ;;
    *) printf '%s\n' "$output" >&2; exit 2 ;;
  esac
}

while IFS='|' read -r stage bug file expression; do
  [[ $stage == \#* || "$stage $bug" != *${2-}* ]] && continue
  proof=
  [[ $file == bus/lsgd_bus_*.sv ]] && proof=$(sed 's,bus/lsgd_bus_\(.*\).sv,\1,' <<<"$file")
  [[ $file == core/lsgd_core_fetch.sv ]] && proof=fetch
  $proofs && [[ -z $proof ]] && continue
  total=$((total + 1))
  rm -rf "$work/rtl"
  mkdir "$work/rtl"
  cp -r "$rtl"/{core,cores,soc,bus,test_core,tests,proofs} "$work/rtl"
  sed -i "$expression" "$work/rtl/$file"
  if cmp -s "$rtl/$file" "$work/rtl/$file"; then
    printf 'planted_bugs.txt: the expression for "%s" no longer matches\n' "$bug" >&2
    exit 2
  fi
  if $proofs; then
    by=$(proved_wrong "$proof") && found=$((found + 1))
    printf '%-10s | %-72s | %s\n' "$stage" "$bug" "$by"
    continue
  fi
  core=rv32imc
  programs=("$build"/directed_*.elf)
  if [[ $stage == option ]]; then
    core=rv32imc_simd
    programs=("$build/simd.elf" --simd)
  fi
  common=(-O3 --x-assign fast --x-initial fast --assert -Wno-lint --cc --exe --build --trace-fst
    --Mdir "$work/rtl/model" -MAKEFLAGS "CXX='${CXX-g++}' OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O1" -o verify)
  if [[ $stage == bus ]]; then
    design=(--top-module lsgd_bus_test --prefix Vbus_test -F "$work/rtl/tests/bus/bus_test.f" "$rtl/tests/bus_test.cpp"
      -CFLAGS "-std=gnu++20 -O1" -LDFLAGS "-lgtest -lgtest_main")
    check=("$work/rtl/model/verify")
  else
    design=(-GRvfi="1'b1" --top-module lsgd_soc --prefix Vsoc_observed
      -F "$work/rtl/cores/$core/core.f" -F "$work/rtl/soc/soc.f"
      "$rtl/tests/lockstep.cpp" "$rtl/tests/lsgd_rtl_verify.cpp" "$rtl/tests/core_file.cpp"
      "$build/liblsgd_rtl_model.a" "$build/liblsgd_rtl_firmware.a"
      -CFLAGS "-std=gnu++20 -O1 -I$rtl/sim -I$rtl/tests -DFMT_SHARED" -LDFLAGS "-lelf -lfmt")
    check=("$work/rtl/model/verify" "$build/random_runtime.elf" "${programs[@]}" --programs 300 --without-qemu)
  fi
  verilator "${common[@]}" "${design[@]}" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 2; }
  if output=$(timeout 120 "${check[@]}" 2>&1); then
    by='NOT FOUND'
    [[ -n $proof ]] && by=$(proved_wrong "$proof") && found=$((found + 1))
  else
    found=$((found + 1))
    by=$(grep -m 1 -E 'FAIL|%Error|Failure' <<<"$output" |
      sed "s/.*Assertion failed in [^:]*: \(.*\)/assertion: \1/; s/.*bus_test.cpp.*/random accesses/; s,$build/,,; s/ run .*//; s/:.*//; s/^FAIL //") || by='no end'
  fi
  printf '%-10s | %-72s | %s\n' "$stage" "$bug" "$by"
done <"$rtl/tests/planted_bugs.txt"
printf '%d of %d planted bugs found\n' "$found" "$total"
((found == total))
