#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reads the sources with two more tools than Verilator, which every build has read them with. yosys checks all of them, the
# core and the shims as they are given to synthesis too; Icarus Verilog does not know parameters of an enumeration, and
# reads the core, the shims and the system on chip. Declarations come first.
# Exit status 1: a tool has something to say.
#
#   lint.sh [FOLDER]     of rtl's sources
set -euo pipefail
cd "${1-$(dirname "${BASH_SOURCE[0]}")/..}"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
failures=0

core=$(sed 's,^,core/,' core/core.f)
bus=$(sed 's,^,bus/,' bus/bus.f)
soc=$(sed 's,^,soc/,' soc/soc.f)

# What Icarus says of every always_comb that reads a part of a vector, of every assertion and of `unique` is no warning.
icarus() {
  local top=$1
  shift
  { iverilog -g2012 -Wall -t null -s "$top" "$@" 2>&1 || printf '%s: iverilog failed\n' "$top"; } |
    grep -vE 'constant selects in always_\* processes|cannot be synthesized in an always_ff|Case unique/unique0 qualities' || true
}
# shellcheck disable=SC2086
{
  icarus lsgd_soc $core soc/core_wrapper_ports.svh cores/rv32imc/core_wrapper.sv $soc
  for shim in obi ahb_lite axi4_lite wishbone picorv32; do icarus "lsgd_bus_$shim" $bus; done
} >"$work/icarus"

# yosys knows no action behind an assertion. A top is checked with what it contains.
mkdir "$work/all"
for file in core/*.sv bus/*.sv soc/*.sv* test_core/*.sv tests/bus/*.sv cores/*/core_wrapper.sv; do
  sed 's/ *else \$error("[^"]*")//' "$file" >"$work/all/$(tr '/' '_' <<<"$file")"
done
named() { tr '/' '_' <<<"$1" | tr '\n' ' '; }
everything="$(named "$core") $(named "$bus") soc_core_wrapper_ports.svh $(named "$(sed -n 's,^lsgd,test_core/lsgd,p' test_core/test_core.f)")"
(
  cd "$work/all"
  yosys -q -p "read_verilog -sv -formal $everything $(named "$soc") cores_test_single_bus_core_wrapper.sv
    hierarchy -check -top lsgd_soc -chparam RamBytes 65536; proc; check -assert" 2>&1 || echo 'lsgd_soc: yosys failed'
  lane="soc_lsgd_soc_port.sv soc_lsgd_soc_ram.sv tests_bus_lsgd_bus_lane.sv"
  for number in 0 1 2 3 4; do  # of lsgd_bus_pkg::bus_e
    yosys -q -p "read_verilog -sv -formal $everything $lane
      hierarchy -check -top lsgd_bus_lane -chparam Bus $number; proc; check -assert" 2>&1 || echo "lsgd_bus_lane $number: yosys failed"
  done
) >"$work/yosys"
for top in lsgd_core lsgd_bus_obi lsgd_bus_ahb_lite lsgd_bus_axi4_lite lsgd_bus_wishbone lsgd_bus_picorv32; do
  yosys -q -p "read_verilog -sv $(tr '\n' ' ' <<<"$core $bus"); hierarchy -check -top $top; proc; check -assert" 2>&1 ||
    printf '%s: yosys failed\n' "$top"
done >>"$work/yosys"

# No tool minds a variable that is used above its declaration; others' tools do.
awk '
  FNR == 1 { split("", used); body = 0 }
  { sub("//.*", ""); gsub(/"[^"]*"/, "") }
  !body { body = /^\);/; next }
  {
    declared = ""
    if (match($0, /^ *(logic|int|bit|typedef|localparam|genvar)[^;=]*/)) {
      declared = substr($0, RSTART, RLENGTH)
      gsub(/\[[^\]]*\]/, " ", declared)
      count = split(declared, names, /[^A-Za-z0-9_]+/)
      for (i = 1; i <= count; i++) if (names[i] in used && used[names[i]] < FNR)
        printf "%s:%d: \"%s\" is used above its declaration\n", FILENAME, used[names[i]], names[i]
      for (i = 1; i <= count; i++) known[FILENAME, names[i]] = 1
    }
    gsub(/\.[a-z_0-9]+/, " ")
    count = split($0, words, /[^A-Za-z0-9_]+/)
    for (i = 1; i <= count; i++)
      if (!((FILENAME, words[i]) in known) && !(words[i] in used) && words[i] !~ /^(logic|int|bit|signed|typedef|localparam|genvar)?$/) used[words[i]] = FNR
  }' core/*.sv bus/*.sv soc/*.sv test_core/*.sv tests/bus/*.sv proofs/*.sv >"$work/declarations"

for tool in icarus yosys declarations; do
  [[ -s $work/$tool ]] || continue
  printf '%s:\n' "$tool"
  cat "$work/$tool"
  failures=1
done
exit "$failures"
