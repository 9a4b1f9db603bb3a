#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What training steps cost at two revisions, as Markdown tables:
#
#   targets/cost_tables.sh BEFORE [AFTER [PATTERN...]]
#
# BEFORE and AFTER are revisions of git, or `.` for the working tree (AFTER where it is left out). PATTERN is of targets, as of
# `lsgd-conform run --target`; left out, all ports compiled by gcc -O2 for the simulated core and the boards that count.
# Both are judged by the program and on the cores of the working tree (LSGD_BUILD, build/release), which must be built: level 4 of the
# standard suite, 3 networks, random, half trained and trained parameters. Counts are exact and the same on every machine;
# a port that one revision lacks has a dash there. declared_c99, whose sources the program writes, is left out.
set -eu
before=${1:?usage: targets/cost_tables.sh BEFORE [AFTER [PATTERN...]]}
after=${2:-.}
[ $# -ge 2 ] && shift 2 || shift 1
root=$(git rev-parse --show-toplevel)
cd "$root"
build=${LSGD_BUILD:-build/release}
program=$root/$build/bin/lsgd-conform
[ -x "$program" ] || { echo "$program: expected the built program; ninja -C $build lsgd-conform" >&2; exit 2; }
work=$(mktemp -d)
worktrees=
trap 'for tree in $worktrees; do git worktree remove --force "$tree"; done; rm -r "$work"' EXIT
[ $# -gt 0 ] || set -- '*-rtl_rv32imc-gcc_O2' '*-qemu_cortex_m3-gcc_O2' '*-qemu_cortex_m4-gcc_O2_soft' '*-qemu_cortex_m4-gcc_O2_fpu'

# Names of the targets of a configured build that fit the patterns.
targets_of() {
  for file in $(find "$1/targets" -maxdepth 1 -name '*.toml' | sort); do
    name=$(basename "$file" .toml)
    for pattern in $patterns; do
      case $name in declared_c99-*) ;; $pattern) echo "$name" ;; esac
    done
  done
}

# Writes port,platform,variant,case and the figures of every case of level 4 of a revision.
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
  # Without the C++ program of that revision, which nothing here needs: the images' own commands, in order.
  ninja -C "$built" -t commands $wanted | grep -E "^cd $built/targets && " | grep -v '/lsgd-conform ' > "$work/commands-$2.sh"
  if [ "$1" != . ]; then
    mkdir -p "$built/bin"
    for simulator in $(find "$root/$build/bin" -name 'lsgd-rtl-sim*'); do ln -sf "$simulator" "$built/bin/"; done
  fi
  sh -e "$work/commands-$2.sh" > "$work/commands-$2.log" 2>&1 || { tail -20 "$work/commands-$2.log" >&2; exit 2; }
  options=
  for name in $names; do options="$options --target $built/targets/$name.toml"; done
  # A budget that is not kept is a failure, and shown all the same.
  "$program" run --suite standard --filter 'level4/*' $options --out "$work/out-$2" > "$work/run-$2.log" 2>&1 || [ $? -eq 1 ] ||
    { tail -20 "$work/run-$2.log" >&2; exit 3; }
  awk -F, 'NR > 1 && $6 ~ /^level4\// { print $2 "," $3 "-" $4 "," substr($6, 8) "," $23 "," $24 "," $25 "," $26 "," $27 }' \
    "$work/out-$2/cases.csv" | sort > "$work/$2.csv"
}

# Patterns are for names of targets, not of files.
set -f
patterns=$*
measure "$before" before
measure "$after" after

# Cycles where the platform counts them, else instructions.
awk -F, -v before="$before" -v after="$after" '
  function number(text,  grouped) {
    if (text == "") return "-"
    for (grouped = ""; length(text) > 3; text = substr(text, 1, length(text) - 3))
      grouped = "," substr(text, length(text) - 2) grouped
    return text grouped
  }
  {
    key = $2 SUBSEP $3 SUBSEP $1
    keys[key] = 1
    counts_cycles[$2] = counts_cycles[$2] || $4 != ""
    file = FILENAME ~ /before[.]csv$/ ? "b" : "a"
    cycles[file, key] = $4; worst_cycles[file, key] = $5
    instructions[file, key] = $6; worst_instructions[file, key] = $7
    stack[file, key] = $8
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
        unit = counts_cycles[part[1]] ? "cycles" : "instructions"
        printf "\n%s, %s, %s of a step\n\n| port | before | after | change | worst before | worst after | stack before | after |\n", part[1], part[2], unit
        print "|---|--:|--:|--:|--:|--:|--:|--:|"
      }
      b = unit == "cycles" ? cycles["b", key] : instructions["b", key]
      a = unit == "cycles" ? cycles["a", key] : instructions["a", key]
      bw = unit == "cycles" ? worst_cycles["b", key] : worst_instructions["b", key]
      aw = unit == "cycles" ? worst_cycles["a", key] : worst_instructions["a", key]
      change = a != "" && b != "" ? sprintf("%+.1f %%", 100 * (a / b - 1)) : "-"
      printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", part[3], number(b), number(a), change, number(bw), number(aw), number(stack["b", key]), number(stack["a", key])
    }
  }' "$work/before.csv" "$work/after.csv"
