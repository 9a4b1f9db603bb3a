#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A run in shards, a worker of which is killed in the middle, gives the bytes of an undisturbed run on one machine.
#
#   check_schedulers.sh ctest|gnu_parallel|slurm PROGRAM DEVICE
#
# PROGRAM is lsgd-conform, DEVICE the test device hostile_device_float32. GNU parallel uses two hosts, which are this
# machine behind an sshd of the test, and Slurm a cluster of the test. Exit status 77: the scheduler is not here.
# LSGD_SHARD_COUNTS="1 2 7 16" has the same run in so many shards, too, undisturbed.
set -euo pipefail
scheduler=$1
program=$2
device=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../schedulers" && pwd)
place=$(mktemp -d)
daemons=()

# Ends the daemons, and waits until they have: they write below `place`.
leave() {
  local file pid attempt
  for file in "${daemons[@]}"; do
    pid=$(cat "$file" 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || continue
    for ((attempt = 0; attempt < 1200; ++attempt)); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.05
    done
  done
  rm -rf "$place"
}
trap leave EXIT

stop() {
  printf 'check_schedulers.sh: %s\n' "$1" >&2
  tail -n 20 "$place"/*.log "$place"/out/shards/*.log >&2 2>/dev/null || true
  exit 1
}

skip() {
  printf 'check_schedulers.sh: skipped, %s\n' "$1"
  exit 77
}

# Waits until a command succeeds: two minutes at most, which only a defect takes.
wait_for() {
  local attempt
  for ((attempt = 0; attempt < 2400; ++attempt)); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.05
  done
  stop "waited in vain for: $*"
}

# Ports that nothing listens on, below those that the system deals out.
free_ports() {
  local port found=0
  for port in $(shuf -i 10000-32000 -n 200); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
    echo "$port"
    ((++found < $1)) || return 0
  done
}

# The device of the last shard hangs once, in the middle of its cases, and says who waits for it. With boards, two at a
# time on one are told, too.
mkdir "$place/victim" "$place/honest" "$place/boards"
cat >"$place/device.sh" <<END
#!/bin/sh
if [ -n "\$LSGD_BOARD" ]; then
  exec 9>"$place/boards/\$LSGD_BOARD"
  flock --nonblock 9 || echo "\$LSGD_BOARD" >>"$place/shared"
fi
if [ "\$LSGD_SHARD" = 4/4 ] && rm "$place/hangs" 2>/dev/null; then
  echo "\$LSGD_WORKER \${SLURM_ARRAY_JOB_ID-none}_\${SLURM_ARRAY_TASK_ID-}" >"$place/victim/waiting"
  { dd bs=1 count=30000 2>"$place/victim/hangs"; exec sleep 100000; } | "$device" none 0 0 "$place/victim"
fi
exec "$device" none 0 0 "$place/honest"
END
chmod +x "$place/device.sh"
cat >"$place/device.toml" <<END
format = "lsgd-target/1"
name = "honest"
port = "float32_c99"
platform = "test"
variant = "shell"
profile = "float32"
timeout_seconds = 1000
patience_seconds = 10000
command = ["./device.sh"]
END
# The program, whose devices know it and the shell that waits for it.
cat >"$place/worker" <<END
#!/bin/sh
export LSGD_WORKER="\$\$ \$PPID"
case " \$* " in *" --shard 4/4 "*) export LSGD_SHARD=4/4 ;; esac
exec "$program" "\$@"
END
chmod +x "$place/worker"
export LSGD_CONFORM=$place/worker
run=(--suite smoke --target device.toml --filter 'level[0123]/*[ao]*' --seed 7 --evidence)
shards=4
cd "$place"
"$LSGD_CONFORM" run "${run[@]}" --out whole >whole.log 2>&1 || stop "the unsharded run failed"

# What follows from no clock and no interruption.
comparable() {
  sed -e '/^  "timing": {/,/^  }/d' -e '/"cases_resumed":/d' "$1/results.json"
}

expect_whole() {
  cmp <(comparable out) <(comparable whole) || stop "other results than those of the unsharded run"
  cmp out/cases.csv whole/cases.csv || stop "another cases.csv than that of the unsharded run"
  cmp out/evidence.tar whole/evidence.tar || stop "other evidence than that of the unsharded run"
}

kill_worker() {
  local program shell job
  read -r program shell job <victim/waiting
  kill -KILL "$shell" "$program"
}

# Runs a command while `interrupt` kills what waits for the device which hangs.
expect_whole_though_interrupted() {
  local interrupt=$1 commands
  shift
  touch hangs
  "$@" >commands.log 2>&1 &
  commands=$!
  wait_for test -s victim/hangs
  "$interrupt"
  wait "$commands" || stop "failed: $*"
  expect_whole
  grep -q '"cases_resumed": [1-9]' out/results.json || stop "nothing was taken over from the worker that was killed"
}

case $scheduler in
  ctest)
    LSGD_BOARDS='usb0 usb1' CTEST_PARALLEL_LEVEL=4 expect_whole_though_interrupted kill_worker "$here/ctest.sh" $shards out "${run[@]}"
    [[ -e boards/usb0 && -e boards/usb1 ]] || stop "not every board was used"
    [[ ! -e shared ]] || stop "two shards used a board at the same time"
    ;;
  gnu_parallel)
    [[ $(parallel --version 2>&1) == GNU* ]] || skip "GNU parallel is not installed"
    [[ -x /usr/sbin/sshd ]] || skip "sshd is not installed"
    ((EUID != 0)) || mkdir -p /run/sshd
    port=$(free_ports 1)
    ssh-keygen -q -t ed25519 -N '' -f key
    cat >sshd_config <<END
ListenAddress 127.0.0.1:$port
HostKey $place/key
AuthorizedKeysFile $place/key.pub
PidFile $place/sshd.pid
StrictModes no
UsePAM no
MaxStartups 100
END
    cat >ssh_config <<END
Host lab-1 lab-2
  HostName 127.0.0.1
  Port $port
  IdentityFile $place/key
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile $place/known_hosts
  LogLevel ERROR
END
    /usr/sbin/sshd -f "$place/sshd_config" -E "$place/sshd.log" || skip "no sshd starts: $(tail -n 1 sshd.log)"
    daemons+=("$place/sshd.pid")
    wait_for test -s sshd.pid
    ssh -F ssh_config lab-1 true >ssh.log 2>&1 || skip "nobody is let in: $(tail -n 1 ssh.log)"
    export LSGD_HOSTS=2/lab-1,2/lab-2 PARALLEL_SSH="ssh -F $place/ssh_config"
    expect_whole_though_interrupted kill_worker "$here/gnu_parallel.sh" $shards out "${run[@]}"

    # A shard that fails wherever it runs is lost: no verdict, and what was done is not done again.
    cat >lossy <<END
#!/bin/sh
case " \$* " in
  *" --shard 3/4 "*) exit 2 ;;
  *) exec "$place/worker" "\$@" ;;
esac
END
    chmod +x lossy
    status=0
    LSGD_CONFORM=$place/lossy "$here/gnu_parallel.sh" $shards out "${run[@]}" >lossy.log 2>&1 || status=$?
    ((status == 2)) || stop "a lost shard is exit status $status"
    grep -q 'found none of 3/4' lossy.log || stop "the lost shard is not named"
    [[ ! -e out/results.json && ! -e out/index.html ]] || stop "a verdict stands beside a run that lost a shard"
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$place/worker" >lossy
    honest=$(wc -l <honest/starts)
    LSGD_CONFORM=$place/lossy "$here/gnu_parallel.sh" $shards out "${run[@]}" >again.log 2>&1 || stop "the lost shard was not made up for"
    (($(wc -l <honest/starts) == honest + 1)) || stop "shards that had ended were run again"
    expect_whole
    ;;
  slurm)
    type -P munged slurmctld slurmd sbatch >/dev/null || skip "slurm-wlm or munge is not installed"
    ((EUID == 0)) || skip "only root starts slurmd"
    # munged trusts no directory that others may write to.
    chmod 755 "$place"
    head -c 128 /dev/urandom >munge.key
    chmod 400 munge.key
    munged --force --key-file="$place/munge.key" --socket="$place/munge.socket" --pid-file="$place/munged.pid" \
      --log-file="$place/munged.log" --seed-file="$place/munged.seed" >munge_start.log 2>&1 || skip "no munged starts: $(tail -n 1 munge_start.log)"
    daemons+=("$place/munged.pid")
    mapfile -t ports < <(free_ports 2)
    mkdir state spool
    cat >slurm.conf <<END
ClusterName=lsgd
SlurmctldHost=localhost
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$place/munge.socket
StateSaveLocation=$place/state
SlurmdSpoolDir=$place/spool
SlurmctldPidFile=$place/slurmctld.pid
SlurmdPidFile=$place/slurmd.pid
SlurmctldLogFile=$place/slurmctld.log
SlurmdLogFile=$place/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=10000
ReturnToService=2
KillWait=1
NodeName=localhost CPUs=4 State=UNKNOWN
PartitionName=all Nodes=localhost Default=YES State=UP
END
    export SLURM_CONF=$place/slurm.conf
    daemons=("$place/slurmctld.pid" "$place/slurmd.pid" "${daemons[@]}")
    slurmctld || skip "no slurmctld starts: $(tail -n 1 slurmctld.log)"
    slurmd -N localhost || skip "no slurmd starts: $(tail -n 1 slurmd.log)"
    is_ready() { [[ $(sinfo --noheader --format=%T) == idle ]]; }
    wait_for is_ready
    # As a preemption does; with ten seconds in place of the two minutes that a job waits then.
    preempt() {
      local job
      job=$(cut -d' ' -f3 victim/waiting)
      # shellcheck disable=SC2317
      is_pending() { [[ $(scontrol --oneliner show job "$job") == *JobState=PENDING* ]]; }
      scontrol requeue "$job"
      wait_for is_pending
      # Not at once: a node refuses a job in the second in which it was told to end it.
      scontrol update "JobId=$job" StartTime=now+10
    }
    expect_whole_though_interrupted preempt "$here/slurm.sh" $shards out "${run[@]}"
    ;;
  *) stop "expected ctest, gnu_parallel or slurm, not $scheduler" ;;
esac

for shards in ${LSGD_SHARD_COUNTS-}; do
  "$here/$scheduler.sh" "$shards" "out$shards" "${run[@]}" >"counts.log" 2>&1 || stop "failed in $shards shards"
  rm -rf out
  mv "out$shards" out
  expect_whole
  printf '%s, %s shards: results, table and evidence equal to those of the unsharded run\n' "$scheduler" "$shards"
done
