#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the core takes of two FPGA families, as the table of README.md: iCE40 HX8K by yosys and nextpnr-ice40, placed and
# routed; ECP5 by yosys alone, mapped (Debian 12 has no nextpnr-ecp5).
#
#   measure_fpga.sh [--write]     --write puts the table into README.md
#
# The core stands in fpga/lsgd_fpga_harness.sv, whose flip-flops (at most 245) and 35 LUTs of parity are counted with it.
# Needs yosys, nextpnr-ice40 and fpga-icestorm-chipdb. Minutes.
set -euo pipefail
rtl=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
write=false
case ${1-} in
  '') ;;
  --write) write=true ;;
  *) printf 'measure_fpga.sh: expected --write, not "%s"\n' "$1" >&2; exit 2 ;;
esac
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
sources="$(sed "s,^,$rtl/core/," "$rtl/core/core.f" | tr '\n' ' ') $rtl/fpga/lsgd_fpga_harness.sv"

# synthesize FAMILY ENTRIES FAST: yosys' statistics of the mapped netlist, which goes to netlist.json.
synthesize() {
  yosys -p "read_verilog -sv $sources; chparam -set BranchTargets $2 -set FastMultiplier $3 lsgd_fpga_harness
    synth_$1 -top lsgd_fpga_harness -json $work/netlist.json; stat" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 2; }
  awk '/Printing statistics/ { split("", count) } NF == 2 { count[$1] = $2 } END { for (cell in count) print cell, count[cell] }' "$work/log"
}
# cells PATTERN: the sum over the statistics' cells of that name.
cells() { awk -v pattern="^($1)\$" '$1 ~ pattern { n += $2 } END { print n + 0 }' "$work/statistics"; }
thousands() { sed -E ':a; s/^([0-9]+)([0-9]{3})/\1,\2/; ta' <<<"$1"; }

row() {
  local entries=$1 fast=$2 name=$3 luts flops clock
  synthesize ice40 "$entries" "$fast" >"$work/statistics"
  luts=$(thousands "$(cells SB_LUT4)")
  flops=$(thousands "$(cells 'SB_DFF.*')")
  clock='does not fit'
  if nextpnr-ice40 --hx8k --package ct256 --seed 1 --freq 30 --timing-allow-fail --json "$work/netlist.json" --report "$work/report.json" \
      --pcf-allow-unconstrained >"$work/log" 2>&1; then
    clock=$(sed -n 's/.*Max frequency for clock[^:]*: \([0-9.]*\) MHz.*/\1 MHz/p' "$work/log" | tail -n 1)
  elif ! grep -qE 'no more|Unable to (place|find)|[Ff]ailed to place|too many' "$work/log"; then
    tail -n 20 "$work/log" >&2
    exit 2
  fi
  printf '| %s | iCE40 HX8K | %s | %s | %s | - | %s |\n' "$name" "$luts" "$flops" "$(cells SB_RAM40_4K)" "$clock"
  synthesize ecp5 "$entries" "$fast" >"$work/statistics"
  printf '| %s | ECP5 | %s | %s | %s | %s | not placed |\n' "$name" "$(thousands "$(cells LUT4)")" \
    "$(thousands "$(cells TRELLIS_FF)")" "$(cells 'TRELLIS_DPR16X4|DP16KD')" "$(cells MULT18X18D)"
}
{
  printf '| core | family | LUTs of 4 inputs | flip-flops | RAM blocks | multipliers | clock |\n|---|---|--:|--:|--:|--:|--:|\n'
  row 64 1 '64 entries, fast'
  row 4 0 '4 entries, serial'
} >"$work/table"
if $write; then
  awk -v table="$work/table" '
    /^<!-- end of measure_fpga -->$/ { inside = 0 }
    !inside { print }
    /^<!-- measure_fpga -->$/ { inside = 1; while ((getline line <table) > 0) print line }' "$rtl/README.md" >"$work/README.md"
  cp "$work/README.md" "$rtl/README.md"
else
  cat "$work/table"
fi
