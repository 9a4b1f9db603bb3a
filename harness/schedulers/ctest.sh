#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a suite in N shards under CTest, as many at a time as this machine has cores, and merges them:
#
#   ctest.sh N OUT --target acme.toml
#   LSGD_BOARDS='usb0 usb1' ctest.sh N OUT --target acme.toml   # no two shards on one board
#
# A shard finds the name of its board, of a-z, 0-9 and _, in LSGD_BOARD. CTEST_PARALLEL_LEVEL sets how many run
# at a time. A shard that is killed is run again, and goes on. Exit status: that of `lsgd-conform run`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

"$here/sharded_run.sh" begin "$@"
shards=$1
out=$(realpath -- "$2")
group=""
options=()
if [[ -n ${LSGD_BOARDS-} ]]; then
  group='RESOURCE_GROUPS boards:1'
  options=(--resource-spec-file "$out/shards/boards.json")
  read -ra boards <<<"$LSGD_BOARDS"
  entries=$(printf '{"id": "%s", "slots": 1}, ' "${boards[@]}")
  printf '{"version": {"major": 1, "minor": 0}, "local": [{"boards": [%s]}]}\n' "${entries%, }" >"$out/shards/boards.json"
fi
for ((shard = 1; shard <= shards; ++shard)); do
  printf 'add_test(shard-%d [==[%s/sharded_run.sh]==] shard %d [==[%s]==])\n' "$shard" "$here" "$shard" "$out"
  # Without a limit of its own a test has 1,500 seconds.
  printf 'set_tests_properties(shard-%d PROPERTIES TIMEOUT 31536000 %s)\n' "$shard" "$group"
done >"$out/shards/CTestTestfile.cmake"
# What has no results at the end the merge names.
ctest --test-dir "$out/shards" --parallel "${CTEST_PARALLEL_LEVEL:-$(nproc)}" "${options[@]}" \
  --repeat until-pass:3 --output-on-failure || true
exec "$here/sharded_run.sh" merge "$out"
