#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Proves the assertions of the bus shims and of the fetch queue for every input of so many cycles after reset, and that
# what the proofs speak of can happen at all.
#
#   prove.sh [--depth CYCLES] [--rtl FOLDER] [--out FOLDER] [NAME...]
#
# NAME is one of obi, ahb_lite, axi4_lite, wishbone, picorv32 and fetch; all of them without one. A depth multiplies the
# time several times over: the default is each proof's own, some seconds; --depth 0 stands for the deep ones, minutes.
# What fails leaves its counterexample as NAME.vcd in FOLDER. Exit status 0: proved, 1: not proved, 2: usage, or files
# that yosys does not accept.
set -euo pipefail
rtl=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
