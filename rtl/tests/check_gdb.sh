#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_gdb.sh GDB SIMULATION PROGRAM
# A real GDB in front of the simulated core: it loads PROGRAM, steps through its first instructions, stops at main and sees
# what the trace of retired instructions says of a run without a debugger.
set -eu
gdb=$1 simulation=$2 program=$3
steps=200
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

"$simulation" --instruction-trace "$directory/trace" "$program" >"$directory/output" </dev/null
main=$("$gdb" -nx -batch -ex 'info address main' "$program" | sed -n 's/.*\(0x[0-9a-f]*\).*/\1/p')
[ -n "$main" ]
# Address of the next instruction before each step, then registers at main.
awk '$1 == "core" { print $4 }' "$directory/trace" | head -n $((steps + 1)) >"$directory/expected"
awk -v main="$main" '
  $1 == "core" && $4 == main { for (x = 1; x < 32; ++x) printf "%s\n", (x in value) ? value[x] : "0x00000000"; exit }
  $1 == "core" { for (i = 5; i < NF; ++i) if ($i ~ /^x[0-9]+$/) value[substr($i, 2)] = $(i + 1) }' \
  "$directory/trace" >>"$directory/expected"
[ "$(wc -l <"$directory/expected")" -eq $((steps + 1 + 31)) ]

cat >"$directory/commands" <<EOF
set confirm off
set pagination off
set remotetimeout 300
target remote | $simulation --debugger
load
set \$count = 0
printf "SHOWN 0x%08x\n", \$pc
while \$count < $steps
  stepi
  printf "SHOWN 0x%08x\n", \$pc
  set \$count = \$count + 1
end
break *$main
continue
EOF
for name in ra sp gp tp t0 t1 t2 fp s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6; do
  # shellcheck disable=SC2016
  printf 'printf "SHOWN 0x%%08x\\n", $%s\n' "$name"
done >>"$directory/commands"
# What the program leaves as it ends: its status.
cat >>"$directory/commands" <<EOF
delete
continue
EOF
"$gdb" -nx -batch -x "$directory/commands" "$program" >"$directory/log" 2>&1
sed -n 's/^SHOWN //p' "$directory/log" >"$directory/shown"
if ! cmp "$directory/expected" "$directory/shown"; then
  diff "$directory/expected" "$directory/shown" | head -n 10
  tail -n 5 "$directory/log"
  exit 1
fi
grep -q 'exited normally' "$directory/log"
