#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Line and toggle coverage of the tests, by Verilator, as the table of README.md.
#
#   hdl_coverage.sh BUILD [--write] [--points FILE] [CORE...]
#
# BUILD is rtl's build directory with lsgd-rtl-verify-rv32imc built. Every CORE of cores/, without one all, runs its directed
# tests and 50 random programs, the shims their 40,000 accesses each; what a module reaches in any of them counts. --write
# puts the table into README.md; --points leaves every point with its count in FILE: file, line, kind, what, count.
set -euo pipefail
build=$(cd "$1" && pwd)
rtl=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
shift
write=false
points=/dev/null
cores=()
while (($#)); do
  case $1 in
    --write) write=true ;;
    --points) points=$(realpath "$2"); shift ;;
    *)
      [[ -e $rtl/cores/$1/core.f ]] || { printf 'hdl_coverage.sh: expected a folder of cores, not "%s"\n' "$1" >&2; exit 2; }
      cores+=("$1") ;;
  esac
  shift
done
((${#cores[@]})) || mapfile -t cores < <(ls "$rtl/cores")
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# design NAME ARGUMENT... builds the model NAME with coverage.
design() {
  local name=$1
  shift
  verilator -O3 --x-assign fast --x-initial fast --assert --coverage-line --coverage-toggle -Wno-lint --cc --exe --build \
    --trace-fst --Mdir "$work/$name" -MAKEFLAGS "CXX='${CXX-g++}' OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O1" -o verify "$@" \
    >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 2; }
}

directed=("$build"/directed_*.elf)
for core in "${cores[@]}"; do
  folder=$rtl/cores/$core
  design "$core" -GRvfi="1'b1" --top-module lsgd_soc --prefix Vsoc_observed -F "$folder/core.f" -F "$rtl/soc/soc.f" \
    "$rtl/tests/lockstep.cpp" "$rtl/tests/lsgd_rtl_verify.cpp" "$rtl/tests/core_file.cpp" \
    "$build/liblsgd_rtl_model.a" "$build/liblsgd_rtl_firmware.a" \
    -CFLAGS "-std=gnu++20 -O1 -I$rtl/sim -I$rtl/tests -DFMT_SHARED -DLSGD_RTL_CORE_FILE='\"$folder/core.toml\"'" \
    -LDFLAGS "-lelf -lfmt"
  programs=("${directed[@]}")
  more=()
  [[ $core == test_* ]] && programs=("$build"/directed_{branches,compressed,external_interrupt,fetch,integer,interrupts,memory,multiply_divide}.elf)
  [[ $core == rv32imc_simd ]] && { programs+=("$build/simd.elf"); more=(--simd); }
  (cd "$work/$core" && ./verify "$build/random_runtime.elf" "${programs[@]}" "${more[@]}" --programs 50 --without-qemu >log) ||
    { tail -n 20 "$work/$core/log" >&2; exit 1; }
  printf 'hdl_coverage.sh: %s has run\n' "$core" >&2
done
design bus --top-module lsgd_bus_test --prefix Vbus_test -F "$rtl/tests/bus/bus_test.f" "$rtl/tests/bus_test.cpp" \
  -CFLAGS "-std=gnu++20 -O1" -LDFLAGS "-lgtest -lgtest_main"
(cd "$work/bus" && ./verify >log) || { tail -n 20 "$work/bus/log" >&2; exit 1; }

# A point is a place in a file; instances, designs and runs are added up. Fields of a line are \001 name \002 value.
for design in "$work"/*/; do
  verilator_coverage --write "$work/$(basename "$design").all" "$design"/run_*.dat >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 2; }
done
cat "$work"/*.all | awk -v rtl="$rtl/" -F "'" '
  /^C / {
    count = $NF
    n = split($2, fields, "\001")
    split("", value)
    for (i = 1; i <= n; i++) if (split(fields[i], pair, "\002") == 2) value[pair[1]] = pair[2]
    file = value["f"]
    gsub("//+", "/", file)
    while (file ~ /[^\/]+\/\.\.\//) sub(/[^\/]+\/\.\.\//, "", file)
    sub(".*/rtl/", "", file)
    if (file !~ /^(core|bus|soc|test_core)\//) next
    kind = value["page"] ~ /^v_toggle/ ? "toggle" : "line"
    counts[file "\t" value["l"] "\t" kind "\t" value["n"] ":" value["o"]] += count
  }
  END { for (key in counts) print key "\t" counts[key] }' | LC_ALL=C sort >"$work/points"
cat "$work/points" >"$points"
awk -F '\t' '
  { total[$1, $3]++; files[$1] = 1; if ($5 > 0) reached[$1, $3]++ }
  function cell(file, kind, t) {
    t = total[file, kind]
    if (t == 0) return "-"
    return sprintf("%d of %d", reached[file, kind], t)
  }
  END { for (file in files) printf "| %s | %s | %s |\n", file, cell(file, "line"), cell(file, "toggle") }' "$work/points" |
  LC_ALL=C sort >"$work/rows"
{ printf '| file | lines | toggles |\n|---|--:|--:|\n'; cat "$work/rows"; } >"$work/table"
if $write; then
  awk -v table="$work/table" '
    /^<!-- end of hdl_coverage -->$/ { inside = 0 }
    !inside { print }
    /^<!-- hdl_coverage -->$/ { inside = 1; while ((getline line <table) > 0) print line }' "$rtl/README.md" >"$work/README.md"
  cp "$work/README.md" "$rtl/README.md"
else
  cat "$work/table"
fi
