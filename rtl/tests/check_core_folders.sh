#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a folder of cores may hold, and what becomes of one that Verilator does not accept.
#
#   check_core_folders.sh CMAKE VERILATOR
set -euo pipefail
cmake=$1
verilator=$2
rtl=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cp -r "$rtl"/{core,bus,soc,cores,template,verilate_core.cmake} "$work"

failures=0
fail() {
  printf 'check_core_folders.sh: %s\n' "$1" >&2
  failures=1
}
verilate() {
  "$cmake" "-DVERILATOR=$verilator" "-DNAME=rtl/cores/$1" "-DLISTS=$work/cores/$1/core.f;$work/soc/soc.f" \
    -DTOP=lsgd_soc -DPREFIX=Vsoc -DDIRECTORY="$work/build/$1" -DARGUMENTS=--assert \
    -P "$work/verilate_core.cmake" >"$work/output" 2>&1
}

# The template, filled in with our core under another name.
mkdir "$work/cores/mine"
for file in "$work"/template/*; do
  name=$(basename "$file")
  [[ $name == waivers.vlt ]] && name=mine.vlt
  sed 's/@NAME@/mine/g' "$file" >"$work/cores/mine/$name"
done
verilate mine && fail 'the template as it is was accepted, without a core'
grep -q 'rtl/cores/mine: expected what Verilator accepts' "$work/output" || fail 'the folder was not named'
grep -q "core_wrapper.sv:.* Cannot find file containing module: 'mine'" "$work/output" || fail 'the missing module was not named'
mkdir "$work/cores/mine/include"
sed -n 's/^  output logic \(.*rvfi_[a-z0-9_]*\).*/logic \1;/p' "$rtl/core/lsgd_core.sv" >"$work/cores/mine/include/observation.svh"
printf 'logic retire_o;\nlogic [63:0] time_i;\nassign time_i = 64'"'"'d0;\n' >>"$work/cores/mine/include/observation.svh"
cat >"$work/cores/mine/mine.sv" <<'EOF'
module mine (
  input  logic clk_i, rst_ni, input  logic [31:0] boot_addr_i,
  output logic instr_req_o, input logic instr_gnt_i, output logic [31:0] instr_addr_o,
  input  logic instr_rvalid_i, input logic [31:0] instr_rdata_i, input logic instr_err_i,
  output logic data_req_o, input logic data_gnt_i, output logic [31:0] data_addr_o, output logic data_we_o,
  output logic [3:0] data_be_o, output logic [31:0] data_wdata_o,
  input  logic data_rvalid_i, input logic [31:0] data_rdata_i, input logic data_err_i,
  input  logic irq_software_i, irq_timer_i, irq_external_i
);
`ifdef mine_IN_LSGD_SOC
`include "observation.svh"
`endif
  lsgd_core u_core (.*);
endmodule
EOF
printf '`verilator_config\nlint_off -file "*/mine/mine.sv"\nlint_off -file "*/mine/include/*"\n' >"$work/cores/mine/mine.vlt"
sed -i 's/^core_wrapper.sv/+incdir+include\n-F ..\/..\/core\/core.f\nmine.sv\ncore_wrapper.sv/' "$work/cores/mine/core.f"
verilate mine || { fail 'the template with a core was not accepted'; cat "$work/output" >&2; }
[[ -s $work/build/mine/Vsoc__all.cpp ]] || fail 'nothing was generated'
grep -q 'include/observation.svh' "$work/build/mine/Vsoc.d" || fail 'an included file is no dependency'

# A broken folder costs itself alone, and leaves no old result to be taken for its own.
verilate mine
printf 'nonsense\n' >>"$work/cores/mine/mine.sv"
verilate mine && fail 'nonsense was accepted'
[[ -e $work/build/mine/Vsoc__all.cpp ]] && fail 'what was generated before is still there'
grep -q 'mine.sv' "$work/output" || fail 'the broken file was not named'
verilate rv32imc_serial || fail 'another core beside a broken one was not accepted'
exit "$failures"
