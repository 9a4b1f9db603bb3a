#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints every include that leads from a floor to one above it, and fails where there is one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

names=() folders=()
while read -r name folder; do
  [[ -z $name || $name == \#* ]] && continue
  names+=("$name")
  folders+=("$folder")
done <cmake/floors.txt

# A published header is <lsgd/FLOOR/...>, an internal one "FLOOR/...".
found=0
for ((floor = 1; floor < ${#names[@]}; ++floor)); do
  above=$(IFS='|'; printf '%s' "${names[*]:0:floor}")
  grep -rnE "#include [<\"](lsgd/)?($above)/[a-z0-9_]+\.hpp" "${folders[floor]}" && found=1
done
exit "$found"
