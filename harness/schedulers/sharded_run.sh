#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One run of lsgd-conform in N shards, for any scheduler. OUT is a directory that all machines see.
#
#   sharded_run.sh begin N OUT ARGUMENTS...   of `lsgd-conform run`; a seed is drawn where none is given
#   sharded_run.sh shard I OUT                1 to N, in any order, on any machine, again where interrupted
#   sharded_run.sh merge OUT                  the exit status of the whole run; 2 where a shard is missing
#
# `shard` has exit status 0 once the results of the shard are in OUT/shards/I, whatever they say: the
# verdict is that of `merge`. Begun again with the same arguments before it was merged, a run goes on.
# LSGD_CONFORM is the program; else it is looked for in PATH, beside an installation and in a build.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

stop() {
  printf 'sharded_run.sh: %s\n' "$1" >&2
  exit 2
}

# Prints the path of the program.
find_program() {
  local candidate
  for candidate in "${LSGD_CONFORM-}" "$(type -P lsgd-conform)" "$here/../../../../bin/lsgd-conform" \
    "$here/../../build/release/bin/lsgd-conform"; do
    [[ -n $candidate && -x $candidate ]] || continue
    realpath -- "$candidate"
    return
  done
  stop "expected lsgd-conform in PATH, or its path in LSGD_CONFORM"
}

# Sets shards, place, program, waivers and arguments to what `begin` wrote.
read_run() {
  out=$(realpath -m -- "$1")
  [[ -f $out/shards/run ]] || stop "$out/shards/run: expected a run that was begun and is not merged yet"
  local lines
  mapfile -t lines <"$out/shards/run"
  ((${#lines[@]} >= 4)) || stop "$out/shards/run: expected the lines that \`begin\` wrote"
  shards=${lines[0]} place=${lines[1]} program=${lines[2]} waivers=${lines[3]}
  arguments=("${lines[@]:4}")
}

begin() {
  [[ $1 =~ ^[1-9][0-9]{0,5}$ ]] || stop "expected how many shards, 1 to 999999, not '$1'"
  local shards=$1 waivers="" seed="" argument run
  out=$(realpath -m -- "$2")
  shift 2
  local arguments=()
  while (($#)); do
    argument=$1
    shift
    case $argument in
      *$'\n'*) stop "expected arguments without line breaks" ;;
      --out | --out=* | --shard | --shard=* | --resume) stop "expected no $argument, which each shard gets" ;;
      --waivers) waivers=$(realpath -- "${1:?expected a file behind --waivers}") && shift ;;
      --waivers=*) waivers=$(realpath -- "${argument#*=}") ;;
      --seed | --seed=*) seed=given && arguments+=("$argument") ;;
      *) arguments+=("$argument") ;;
    esac
  done
  program=$(find_program)
  local lines=("$shards" "$PWD" "$program" "$waivers" "${arguments[@]}")
  if [[ -f $out/shards/run ]]; then
    mapfile -t run <"$out/shards/run"
    [[ -n $seed ]] || run=("${run[@]:0:${#run[@]}-2}")
    [[ "${run[*]@Q}" == "${lines[*]@Q}" ]] ||
      stop "$out/shards: expected the run that was begun here; remove that directory to begin another"
    return
  fi
  [[ ! -e $out/shards || -f $out/shards/merged ]] || stop "$out/shards: expected shards of a run, or nothing"
  # No older verdict may stand beside a run that has none yet.
  (cd "$out" 2>/dev/null && rm -rf shards results.json evidence.tar waivers.toml index.html junit.xml summary.md cases.csv) || true
  mkdir -p "$out/shards"
  [[ -n $seed ]] || lines+=(--seed "$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')")
  printf '%s\n' "${lines[@]}" >"$out/shards/run.new"
  mv "$out/shards/run.new" "$out/shards/run"
}

shard() {
  read_run "$2"
  [[ $1 =~ ^[1-9][0-9]*$ && $1 -le $shards ]] || stop "expected a shard from 1 to $shards, not '$1'"
  local results=$out/shards/$1/results.json status=0
  [[ ! -s $results ]] || return 0
  # "id:ttyusb0,slots:1", where CTest allots boards.
  if [[ -n ${CTEST_RESOURCE_GROUP_0_BOARDS-} ]]; then
    LSGD_BOARD=${CTEST_RESOURCE_GROUP_0_BOARDS#id:}
    export LSGD_BOARD=${LSGD_BOARD%%,*}
  fi
  cd "$place"
  "$program" run "${arguments[@]}" --shard "$1/$shards" --resume --out "${results%/*}" || status=$?
  case $status in
    0 | 1 | 3) [[ -s $results ]] || stop "$results: expected the results of a shard that ended" ;;
    *) return "$status" ;;
  esac
}

merge() {
  read_run "$1"
  local found=() index status=0
  for ((index = 1; index <= shards; ++index)); do
    [[ ! -s $out/shards/$index/results.json ]] || found+=("$out/shards/$index/results.json")
  done
  ((${#found[@]})) || stop "$out/shards: expected the results of $shards shards, found none"
  cd "$place"
  "$program" merge "${found[@]}" ${waivers:+--waivers "$waivers"} --out "$out" || status=$?
  case $status in
    0 | 1 | 3) mv "$out/shards/run" "$out/shards/merged" ;;
  esac
  return "$status"
}

case ${1-}:$# in
  begin:[012]) stop "expected begin N OUT ARGUMENTS..." ;;
  begin:* | shard:3 | merge:2) "$@" ;;
  *) stop "expected begin N OUT ARGUMENTS..., shard I OUT, or merge OUT" ;;
esac
