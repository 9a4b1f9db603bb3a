#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a suite in N shards under GNU parallel, here or on hosts that ssh reaches, and merges them:
#
#   gnu_parallel.sh N OUT --target acme.toml
#   LSGD_HOSTS=lab-1,2/lab-2 gnu_parallel.sh N OUT --target acme.toml   # at most two at a time on lab-2
#
# The hosts see OUT, the targets and the program in the same places. A shard whose worker or host is lost is run
# again on another, and goes on there. Exit status: that of `lsgd-conform run`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

[[ $(parallel --version 2>&1) == GNU* ]] || { echo 'gnu_parallel.sh: expected GNU parallel in PATH' >&2 && exit 2; }
"$here/sharded_run.sh" begin "$@"
out=$(realpath -- "$2")
# What has no results at the end the merge names.
seq "$1" | parallel ${LSGD_HOSTS:+--sshlogin "$LSGD_HOSTS"} --workdir "$PWD" --retries 3 --line-buffer \
  "$here/sharded_run.sh" shard {} "$out" || true
exec "$here/sharded_run.sh" merge "$out"
