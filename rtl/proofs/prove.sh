#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Proves the assertions of the bus shims and of the fetch stage for all inputs in so many cycles from reset, and that the
# cases that lsgd_proof_*.sv names as `cover` happen in them.
#
#   prove.sh [--deep | --depth CYCLES] [--rtl FOLDER] [--out FOLDER] [NAME...]
#
# NAME is obi, ahb_lite, axi4_lite, wishbone, picorv32 or fetch; without one, all. The default is a depth of seconds, --deep
# is one of minutes. FOLDER keeps what is made: NAME.smt2, and of what fails the counterexample, NAME.vcd. Needs yosys and
# z3. Exit status 0: proved; 1: not proved; 2: usage, or files that yosys does not accept.
set -euo pipefail
rtl=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=
deep=false
depth=
names=()

usage() {
  printf 'prove.sh: %s\n' "$1" >&2
  exit 2
}
while (($#)); do
  case $1 in
    --deep) deep=true ;;
    --depth)
      [[ ${2-} =~ ^[1-9][0-9]*$ ]] || usage "--depth: expected a number of cycles, not \"${2-}\""
      depth=$2; shift ;;
    --rtl | --out)
      [[ -d ${2-} ]] || usage "$1: expected a folder, not \"${2-}\""
      if [[ $1 == --rtl ]]; then rtl=$(cd "$2" && pwd); else out=$(cd "$2" && pwd); fi
      shift ;;
    obi | ahb_lite | axi4_lite | wishbone | picorv32 | fetch) names+=("$1") ;;
    *) usage "expected obi, ahb_lite, axi4_lite, wishbone, picorv32 or fetch, not \"$1\"" ;;
  esac
  shift
done
((${#names[@]})) || names=(obi ahb_lite axi4_lite wishbone picorv32 fetch)
if [[ -z $out ]]; then
  out=$(mktemp -d)
  trap 'rm -r "$out"' EXIT
fi

# Cycles of the two depths. Each more costs half as much again.
declare -A short=([obi]=12 [ahb_lite]=12 [axi4_lite]=10 [wishbone]=12 [picorv32]=12 [fetch]=6)
declare -A long=([obi]=20 [ahb_lite]=20 [axi4_lite]=14 [wishbone]=20 [picorv32]=20 [fetch]=8)

# yosys knows no action behind an assertion. Lines stay what they were, for messages.
mkdir -p "$out/sources"
for file in "$rtl"/core/*.sv "$rtl"/bus/*.sv "$rtl"/proofs/*.sv; do
  sed 's/ *else \$error("[^"]*")//' "$file" >"$out/sources/$(basename "$file")"
done

status=0
for name in "${names[@]}"; do
  sources="lsgd_proof_port.sv lsgd_proof_scoreboard.sv lsgd_proof_patience.sv lsgd_proof_$name.sv"
  if [[ $name == fetch ]]; then
    sources="lsgd_core_branch_predictor.sv lsgd_core_fetch.sv $sources"
  else
    sources="lsgd_bus_$name.sv $sources"
  fi
  (cd "$out/sources" && yosys -q -p "read_verilog -sv -formal $sources; prep -flatten -nordff -top lsgd_proof_$name
    async2sync; dffunmap; check -assert; write_smt2 -wires $out/$name.smt2") >"$out/log" 2>&1 ||
    { cat "$out/log" >&2; exit 2; }

  cycles=${short[$name]}
  $deep && cycles=${long[$name]}
  cycles=${depth:-$cycles}
  # Without --noincr z3 takes a solver that is a hundred times slower here; one question for all cycles is faster than many.
  solve=(yosys-smtbmc --noprogress -s z3 --unroll --noincr)
  if ! "${solve[@]}" -t "0:$cycles:$cycles" --dump-vcd "$out/$name.vcd" "$out/$name.smt2" >"$out/log" 2>&1; then
    status=1
    failed=$(grep -oE 'Assert failed in [^(]*' "$out/log" | sed -E 's/.*(lsgd_[a-z0-9_]*\.sv:[0-9]+).*/\1/' | sort -u | paste -sd ' ' || true)
    [[ -n $failed ]] || { tail -n 5 "$out/log" >&2; exit 2; }
    printf '%-10s not proved: a counterexample of %s cycles breaks %s\n' "$name" "$cycles" "$failed"
    continue
  fi
  if ! "${solve[@]}" -c -t "$cycles" "$out/$name.smt2" >"$out/log" 2>&1; then
    status=1
    printf '%-10s proved, but within %s cycles there is no %s\n' "$name" "$cycles" \
      "$(grep -oE 'Unreached cover statement at [^(]*' "$out/log" | sed -E 's/.*(lsgd_[a-z0-9_]*\.sv:[0-9]+).*/\1/' | sort -u | paste -sd ' ')"
    continue
  fi
  printf '%-10s proved for %s cycles, %s cases happen\n' "$name" "$cycles" "$(grep -c 'Reached cover' "$out/log")"
done
exit "$status"
