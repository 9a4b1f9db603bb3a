#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Firmware and package of the same sources, made in two places, are the same bytes but for durations; and the package is
# verified where there is no compiler, no shell and no network.
#
#   check_packages.sh PROGRAM
set -euo pipefail
program=$1
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

stop() {
  printf 'check_packages.sh: %s\n' "$1" >&2
  tail -n 5 "$place/log" >&2
  exit 1
}

# A port of one's own by the host's compiler, and one for a declaration, which the program builds itself.
for where in first second/of_another_name; do
  mkdir -p "$place/$where"
  cd "$place/$where"
  "$program" new acme --kind port >"$place/log" 2>&1 || stop "no new port"
  make -C acme >"$place/log" 2>&1 || stop "the new port does not build"
  "$program" run --suite smoke --filter 'level[01]/*_[0-9]*' --seed 7 --target acme/acme.toml --profile float32 \
    --evidence --out out >"$place/log" 2>&1 || stop "the run fails"
  "$program" package out >"$place/log" 2>&1 || stop "no package"
  mkdir unpacked
  tar -xf out/package.tar -C unpacked
  # Durations, and digests of files that have some.
  sed -i -e '/^  "timing": {/,/^  }/d' unpacked/results.json
  sed -i '/^SHA-256 of results.json/d' unpacked/summary.md
  rm unpacked/{SHA256SUMS,statement.json,index.html,junit.xml}
done
cmp "$place"/{first,second/of_another_name}/acme/build/device || stop "another firmware in another directory"
diff -r "$place"/{first,second/of_another_name}/unpacked || stop "another package in another directory"
(($(find unpacked/evidence/files -type f | wc -l) >= 2)) || stop "the firmware is not in the package"

# Signed, by a name of a locale that is not there.
ssh-keygen -q -t ed25519 -N '' -f key
echo "ada@acme.example $(cut -d' ' -f1,2 key.pub)" >signers
"$program" package out --sign key >"$place/log" 2>&1 || stop "no signed package"
LC_ALL=xx_YY.UTF-8 "$sources/harness/publishing/verify_in_bare_root.sh" "$program" out/package.tar signers >"$place/log" 2>&1 || {
  status=$?
  ((status != 77)) || exit 77
  stop "the package is not verified without a compiler"
}
grep -q 'judged again from what the devices answered, with the same results' "$place/log" || stop "nothing was judged"
grep -q 'signed by ada@acme.example' "$place/log" || stop "nobody signed"
