#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The plan of README.md from its measured costs; --check says whether README.md has it as it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
plan=$(awk -f scale_out.awk measured_costs.txt)
[[ ${1-} == --check ]] || { echo "$plan" && exit; }
diff <(sed -n '/^| jobs | workers/,/^$/p' README.md | sed '/^$/d') <(echo "$plan") ||
  { echo "README.md: expected the plan that scale_out.sh prints" >&2 && exit 1; }
