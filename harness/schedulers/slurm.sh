#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a suite in N shards as a job array of Slurm, merges them in a job that waits for it, and waits for that:
#
#   slurm.sh N OUT --target acme.toml
#   SBATCH_PARTITION=night SBATCH_GRES=board:1 slurm.sh N OUT --target acme.toml
#
# A shard that is preempted, or whose node is lost, is queued again and goes on where it was. Whoever stops waiting
# loses nothing. Logs: OUT/shards/*.log. Exit status: that of `lsgd-conform run`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

"$here/sharded_run.sh" begin "$@"
out=$(realpath -- "$2")
array=$(sbatch --parsable --job-name=lsgd-shard --array="1-$1" --requeue --open-mode=append --output="$out/shards/%a.log" \
  --wrap="exec ${here@Q}/sharded_run.sh shard \$SLURM_ARRAY_TASK_ID ${out@Q}")
status=0
env -u SBATCH_GRES sbatch --quiet --wait --job-name=lsgd-merge --dependency="afterany:${array%%;*}" --requeue --output="$out/shards/merge.log" \
  --wrap="exec ${here@Q}/sharded_run.sh merge ${out@Q}" || status=$?
cat "$out/shards/merge.log"
exit "$status"
