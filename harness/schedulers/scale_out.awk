#!/usr/bin/awk -f
# SPDX-License-Identifier: Apache-2.0
# What the standard suite on 10,000 targets takes on many workers, simulated from measured costs:
#
#   awk -f scale_out.awk measured_costs.txt      # -v targets=500 for as many
#
# Targets are the measured ones, over and over. Jobs go to whichever worker is free first, the longest first; one
# dispatcher starts them one after the other. Nothing is random, so the table is always the same.

BEGIN {
  if (!targets) targets = 10000
  # Seconds, measured as README.md says.
  dispatch = 0.03       # the scheduler takes for a job: Slurm, 100 jobs in 2.9 s on a busy machine
  start = 0.2           # the program takes before the first case and behind the last, of a core
  start_target = 0.02   # a shard takes for a target on this machine, whatever it has of it
  merge_case = 0.00008  # `merge` takes for a case, of a core: 3.5 s for the 43,318 of the standard run
  cases = 43318 / 101   # of a target
  most_cases = 800000   # of results.json (2^30 bytes)
}

!/^#/ { cost[measured++] = $1 }

# A heap of the times at which workers are free.
function push(time,    i, above) {
  for (i = ++size; i > 1; i = above) {
    above = int(i / 2)
    if (heap[above] <= time) break
    heap[i] = heap[above]
  }
  heap[i] = time
}
function pop(    top, last, i, below) {
  top = heap[1]
  last = heap[size--]
  for (i = 1; (below = 2 * i) <= size; i = below) {
    if (below < size && heap[below + 1] < heap[below]) ++below
    if (heap[below] >= last) break
    heap[i] = heap[below]
  }
  heap[i] = last
  return top
}

# The end of `count` jobs of these lengths, longest first, on `workers`.
function makespan(length_of, count, workers,    i, begin, end, latest) {
  size = 0
  for (i = 0; i < workers; ++i) push(0)
  latest = 0
  for (i = 0; i < count; ++i) {
    begin = pop()
    if (begin < dispatch * (i + 1)) begin = dispatch * (i + 1)
    end = begin + length_of[i]
    push(end)
    if (end > latest) latest = end
  }
  return latest
}

# Of all targets, the most expensive first: those measured stand in that order.
function by_target(    i, k, n) {
  n = 0
  for (i = 0; i < measured; ++i)
    for (k = i; k < targets; k += measured) lengths[n++] = cost[i] + start
  return n
}

# As many jobs as workers, each of several targets, dealt out by cost.
function by_worker(workers,    i, n, jobs, load) {
  n = by_target()
  size = 0
  for (i = 0; i < workers; ++i) push(0)
  for (i = 0; i < n; ++i) push(pop() + lengths[i] - start)
  jobs = size
  for (i = 0; i < jobs; ++i) load[i] = pop() + start
  for (i = 0; i < jobs; ++i) lengths[i] = load[jobs - 1 - i]
  return jobs
}

# One run of all targets in shards, every one of which starts each of them.
function by_shard(workers,    i) {
  for (i = 0; i < workers; ++i) lengths[i] = total / workers + targets * start_target + start
  return workers
}

function row(name, workers, seconds, merge) {
  printf "| %s | %d | %.0f | %.0f %% | %s |\n", name, workers, seconds, 100 * total / workers / seconds, merge
}

END {
  for (i = 0; i < measured; ++i)
    for (k = i; k < targets; k += measured) total += cost[i]
  merged = cases * targets
  merge = merged > most_cases ? "more than results.json may have" : sprintf("%.0f s", merged * merge_case)
  print "| jobs | workers | seconds | of them used | one merge of all |"
  print "|---|--:|--:|--:|--:|"
  for (workers = 10; workers <= 1000; workers *= 10) {
    count = by_target()
    row("a target each", workers, makespan(lengths, count, workers), "none")
    count = by_worker(workers)
    row("a worker's targets each", workers, makespan(lengths, count, workers), "none")
    count = by_shard(workers)
    row("a shard of one run each", workers, makespan(lengths, count, workers), merge)
  }
}
