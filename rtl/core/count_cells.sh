#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Synthesizes the core with yosys and prints its number of generic cells; a limit may be given, more
# cells than that are exit status 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
cells=$(yosys -p "read_verilog -sv $(tr '\n' ' ' <core.f); synth -flatten -top lsgd_core; stat" |
  sed -n 's/^ *Number of cells: *//p' | tail -n 1)
printf '%d generic cells\n' "$cells"
((cells <= ${1:-cells}))
