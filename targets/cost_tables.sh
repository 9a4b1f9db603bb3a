#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What training steps cost at two revisions, as Markdown: costs.md is
#
#   targets/cost_tables.sh 400d77a > build/costs.md && mv build/costs.md targets/costs.md
#
#   targets/cost_tables.sh BEFORE [AFTER [PATTERN...]]
#
# BEFORE and AFTER are revisions of git, or `.` for the working tree (AFTER where it is left out). PATTERN is of targets, as of
# `lsgd-conform run --target`; left out, the ports that were made for speed, compiled by gcc -O2 for the simulated core and the boards that
# count, and the plain ones for processors with an FPU.
# Both are judged by the program and on the cores of the working tree (LSGD_BUILD, build/release), which must be built, by cost_tables.toml: the
# networks and samples of `bench`. These counts are exact and the same on every machine; what one revision lacks has a dash.
# declared_c99, whose sources the program writes, is left out.
#
# Without PATTERN, and where AFTER is the working tree, the ports of this machine follow: those of both revisions and Eigen in one program, each
# timed in turn (benchmark/). Times differ from machine to machine; ratios within the run are what to look at.
set -eu
before=${1:?usage: targets/cost_tables.sh BEFORE [AFTER [PATTERN...]]}
after=${2:-.}
[ $# -ge 2 ] && shift 2 || shift 1
root=$(git rev-parse --show-toplevel)
cd "$root"
build=${LSGD_BUILD:-build/release}
program=$root/$build/bin/lsgd-conform
[ -x "$program" ] || { echo "$program: expected the built program; ninja -C $build lsgd-conform" >&2; exit 2; }
has_times=
[ $# -gt 0 ] || [ "$after" != . ] || has_times=yes
work=$(mktemp -d)
worktrees=
leave() {
  for tree in $worktrees; do git worktree remove --force "$tree"; done
  [ -z "$has_times" ] || cmake -S "$root" -B "$root/$build" -ULSGD_BENCHMARK_BEFORE > /dev/null 2>&1 || true
  rm -r "$work"
}
trap leave EXIT
trap 'exit 1' HUP INT TERM
if [ $# -eq 0 ]; then
  set -- 'float32_c99-qemu_cortex_m4-gcc_O2_fpu' 'int8_hybrid_c99-qemu_cortex_m4-gcc_O2_fpu'
  for port in '*_unpacked' '*_fpu' int8_integer_c99 int32_fixed_c99 q8_8_stochastic_c99; do
    for variant in rtl_rv32imc-gcc_O2 qemu_cortex_m3-gcc_O2 qemu_cortex_m4-gcc_O2_soft qemu_cortex_m4-gcc_O2_fpu; do
      set -- "$@" "$port-$variant"
    done
  done
fi

name_of() {
  [ "$1" = . ] && git describe --always --abbrev=7 --exclude '*' --dirty=' and changes' || git rev-parse --short=7 "$1"
}

# Names of the targets of a configured build that fit the patterns.
targets_of() {
  for file in $(find "$1/targets" -maxdepth 1 -name '*.toml' | sort); do
    name=$(basename "$file" .toml)
    for pattern in $patterns; do
      case $name in declared_c99-*) ;; $pattern) echo "$name" ;; esac
    done
  done
}

# Builds targets of a configured build, without the C++ program of its revision, which nothing here needs: the
# images' own commands, in order.
build_targets() {
  ninja -C "$1" -t commands $3 | grep -E "^cd $1/targets && " | grep -v '/lsgd-conform ' > "$work/commands-$2.sh"
  sh -e "$work/commands-$2.sh" > "$work/commands-$2.log" 2>&1 || { tail -20 "$work/commands-$2.log" >&2; exit 2; }
}

# Writes port,platform,variant,case,quantity,value of every case of a revision.
measure() {
  tree=$root
  built=$root/$build
  if [ "$1" != . ]; then
    tree=$work/tree-$2
    git worktree add --quiet --detach "$tree" "$1"
    worktrees="$worktrees $tree"
    built=$work/build-$2
  fi
  cmake -S "$tree" -B "$built" -G Ninja -DCMAKE_BUILD_TYPE=Release > "$work/cmake-$2.log"
  names=$(targets_of "$built")
  [ -n "$names" ] || { echo "$1: expected a target that fits $patterns" >&2; exit 2; }
  ninja -C "$built" -t targets all | sed 's/: .*//' > "$work/all-$2"
  wanted=
  for name in $names; do
    wanted="$wanted targets/$name $(grep -E "^targets/footprint-$name-[a-z0-9_]*(-linked)?[.]o$" "$work/all-$2" || true)"
  done
  if [ "$1" != . ]; then
    mkdir -p "$built/bin"
    for simulator in $(find "$root/$build/bin" -name 'lsgd-rtl-sim*'); do ln -sf "$simulator" "$built/bin/"; done
  fi
  build_targets "$built" "$2" "$wanted"
  options=
  for name in $names; do options="$options --target $built/targets/$name.toml"; done
  # A budget that is not kept is a failure, and shown all the same.
  "$program" run --suite targets/cost_tables.toml $options --out "$work/out-$2" > "$work/run-$2.log" 2>&1 || [ $? -eq 1 ] ||
    { tail -20 "$work/run-$2.log" >&2; exit 3; }
  "$program" report "$work/out-$2/results.json" --figures > "$work/report-$2.log"
  tr -d '\r' < "$work/out-$2/figures.csv" > "$work/$2.csv"
}

# The objects of this machine's ports that the benchmark is made of, as far as a revision has them.
build_benchmarked_objects() {
  wanted=
  for object in $(ninja -C "$root/$build" -t inputs host_training_benchmark | grep -E '^targets/port-[a-z0-9_]*-host-[a-zA-Z0-9_]*[.]o$'); do
    grep -qxF "$object" "$work/all-before" && wanted="$wanted $object"
  done
  build_targets "$work/build-before" benchmarked "$wanted"
}

# Patterns are for names of targets, not of files.
set -f
patterns=$*
measure "$before" before
measure "$after" after
set +f

compilers=$(cat "$root/$build"/targets/*-gcc_O2*.toml | sed -n 's/^compiler = "\(.*-.*-gcc.*\)"$/\1/p' | sort -u | paste -sd , | sed 's/,/, /g')
cat <<TEXT
# What training steps cost before and after

Written by \`targets/cost_tables.sh\`: revision $(name_of "$before") against $(name_of "$after"), both compiled by $compilers.
Lower medians and maxima over consecutive samples, 64 each (784-16-10: 8) from random, half trained and trained parameters at learning rate 0.01, the same for every
port: cycles where the platform counts them, else instructions. Memory is the training state of a port built for this network alone, code that port without what it
calls of libgcc, stack includes the agent's; all in bytes. A dash: that revision has no such port.
TEXT

awk -F, '
  function number(text,  grouped) {
    if (text == "") return "-"
    for (grouped = ""; length(text) > 3; text = substr(text, 1, length(text) - 3))
      grouped = "," substr(text, length(text) - 2) grouped
    return text grouped
  }
  function pair(quantity) { return number(figure["b", key, quantity]) " | " number(figure["a", key, quantity]) }
  BEGIN { shape["car"] = "6-32-16-4"; shape["cogdist"] = "6-40-32-1"; shape["fashion_mnist"] = "784-16-10" }
  FNR == 1 { file = FILENAME ~ /before[.]csv$/ ? "b" : "a"; next }
  $6 ~ /^level4\// && $8 ~ /^resources\// {
    key = $3 "-" $4 SUBSEP substr($6, 8) SUBSEP $2
    keys[key] = 1
    figure[file, key, substr($8, 11)] = $9
    if ($8 ~ /cycles/) has_cycles[$3 "-" $4] = 1
  }
  # resources/footprints/car/bss
  $6 == "" && $8 ~ /^resources\/footprints\// {
    split($8, part, "/")
    key = $3 "-" $4 SUBSEP part[3] SUBSEP $2
    if (part[4] == "text") figure[file, key, "code"] = $9
    if (part[4] == "bss" || part[4] == "data") figure[file, key, "memory"] += $9
  }
  END {
    count = 0
    for (key in keys) sorted[++count] = key
    for (i = 2; i <= count; ++i) {
      key = sorted[i]
      for (j = i - 1; j > 0 && sorted[j] > key; --j) sorted[j + 1] = sorted[j]
      sorted[j + 1] = key
    }
    for (i = 1; i <= count; ++i) {
      key = sorted[i]
      split(key, part, SUBSEP)
      if (part[1] SUBSEP part[2] != heading) {
        heading = part[1] SUBSEP part[2]
        unit = has_cycles[part[1]] ? "cycles" : "instructions"
        printf "\n## %s, %s, %s of a step\n\n", part[1], shape[part[2]], unit
        print "| port | before | after | change | worst before | after | memory before | after | code before | after | stack before | after |"
        print "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
      }
      b = figure["b", key, "step/" unit "_median"]
      a = figure["a", key, "step/" unit "_median"]
      change = a != "" && b != "" ? sprintf("%+.1f %%", 100 * (a / b - 1)) : "-"
      printf "| %s | %s | %s | %s | %s | %s | %s |\n", part[3], pair("step/" unit "_median"), change, pair("step/" unit "_worst"), pair("memory"), pair("code"), pair("stack_bytes")
    }
  }' "$work/before.csv" "$work/after.csv"

[ -n "$has_times" ] || exit 0
build_benchmarked_objects
cmake -S "$root" -B "$root/$build" -DLSGD_BENCHMARK_BEFORE="$work/build-before/targets" > "$work/cmake-benchmark.log"
ninja -C "$root/$build" host_training_benchmark > "$work/benchmark.log" 2>&1 || { tail -20 "$work/benchmark.log" >&2; exit 2; }
"$root/$build/bin/host_training_benchmark" --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true --benchmark_min_time=0.05 \
  --benchmark_report_aggregates_only=true --benchmark_format=csv > "$work/times.csv" 2> "$work/times.log"

# "car 6-32-16-4/float32_c99, gcc_O2 before_median",iterations,real,cpu,unit,... in the order of the lottery.
sort "$work/times.csv" | awk -v machine="$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" '
  BEGIN { FS = "\"" }
  $2 !~ /_median$/ { next }
  {
    name = substr($2, 1, length($2) - 7)
    workload = substr(name, 1, index(name, "/") - 1)
    row = substr(name, index(name, "/") + 1)
    is_before = row ~ / before$/
    sub(/ before$/, "", row)
    split($3, value, ",")
    if (!(workload in time_of_eigen)) { workloads[++workload_count] = workload; time_of_eigen[workload] = 0 }
    if (!(row in seen)) { rows[++row_count] = row; seen[row] = 1 }
    time[workload, row, is_before ? "b" : "a"] = value[5] == "ns" ? value[4] / 1000 : value[4]
    if (row == "Eigen, row-major") time_of_eigen[workload] = time[workload, row, "a"]
  }
  function micro(t) { return t == "" ? "-" : sprintf(t < 10 ? "%.3f" : "%.1f", t) }
  function ratio(x, y) { return x == "" || y == "" ? "-" : sprintf("%.2f", x / y) }
  END {
    printf "\n## This machine, microseconds of processor time for a step\n\n"
    printf "%s, one thread, batch size 1, medians of 9, in turn within one run; `times before` is how many times as fast a port became, `times Eigen` how many\n", machine
    print "times as fast it is as Eigen 3.4, row-major and compiled with -O3 -march=native. A port with gcc_O2 finds out at run time what the processor has."
    for (w = 1; w <= workload_count; ++w) {
      printf "\n| %s | before | after | times before | times Eigen |\n|---|--:|--:|--:|--:|\n", workloads[w]
      for (r = 1; r <= row_count; ++r) {
        b = time[workloads[w], rows[r], "b"]
        a = time[workloads[w], rows[r], "a"]
        printf "| %s | %s | %s | %s | %s |\n", rows[r], micro(b), micro(a), ratio(b, a), ratio(time_of_eigen[workloads[w]], a)
      }
    }
  }'
