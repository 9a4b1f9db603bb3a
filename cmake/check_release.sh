#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What release.sh refuses and what it makes, in a repository of the few files that state a version, with stand-ins for what
# builds.
#
#   check_release.sh SOURCES
set -euo pipefail
sources=$1
place=$(mktemp -d)
trap 'rm -r "$place"' EXIT
tree=$place/tree
mkdir -p "$tree/cmake" "$tree/reference" "$tree/harness/src/description" "$place/tools"
cp "$sources/cmake/release.sh" "$tree/cmake/"
cp "$sources/CMakeLists.txt" "$tree/"
cp "$sources/reference/SPEC.md" "$tree/reference/"
cp "$sources/harness/src/description/version.hpp" "$tree/harness/src/description/"
version=$(sed -n 's/^project(.* VERSION \([0-9.]*\) .*/\1/p' "$tree/CMakeLists.txt")
specification=$(sed -n 's/^Version \(.*\)\.$/\1/p' "$tree/reference/SPEC.md" | head -n 1)
printf '# Changelog\n\n## Unreleased\n' >"$tree/CHANGELOG.md"

stand_in() {
  printf '#!/bin/sh\n%s\n' "$2" >"$place/tools/$1"
  chmod +x "$place/tools/$1"
}
# Their own arguments.
# shellcheck disable=SC2016
stand_in cmake 'cp "$2/CMakeLists.txt" "'"$place"'/configured"'
# shellcheck disable=SC2016
stand_in ninja 'mkdir -p "$2/bin"
printf "#!/bin/sh\necho '"$version, specification $specification"'\n" >"$2/bin/lsgd-conform"
chmod +x "$2/bin/lsgd-conform"'
# shellcheck disable=SC2016
stand_in cpack 'mkdir -p "$4/_CPack_Packages" && for package in "" -targets -sources; do
  echo packed >"$4/lsgd-conform${package}_'"$version"'_all.deb"; done'
git=(git -C "$tree" -c user.name=nobody -c user.email=nobody@example.invalid)
git -C "$tree" init --quiet
commit() { "${git[@]}" add --all && "${git[@]}" commit --quiet --message "$1"; }
commit first

failures=0
fail() {
  printf 'check_release.sh: %s\n' "$1" >&2
  failures=1
}
release() { LSGD_RELEASES='' PATH=$place/tools:$PATH "$tree/cmake/release.sh" "$place/out" >"$place/output" 2>&1; }
refuses() {
  local status=0
  release || status=$?
  ((status == 2)) || fail "expected exit status 2, got $status"
  [[ $(cat "$place/output") == "release.sh: $1" ]] || fail "expected '$1', got '$(cat "$place/output")'"
  [[ ! -e $place/out ]] || fail "something was made although: $1"
}

refuses "expected a section '## $version' in CHANGELOG.md"
printf '\n## %s\n' "$version" >>"$tree/CHANGELOG.md"
refuses "expected everything to be committed"
commit changelog
"${git[@]}" tag "v$version"
refuses "there is a tag v$version already"
"${git[@]}" tag --delete "v$version" >/dev/null
sed -i 's/^Version .*/Version 99.1./' "$tree/reference/SPEC.md"
commit specification
refuses "the program judges by specification $specification, SPEC.md is version 99.1"
"${git[@]}" revert --no-edit HEAD >/dev/null

release || fail "fails: $(cat "$place/output")"
cmp -s "$place/configured" "$tree/CMakeLists.txt" || fail "what was built is not what is committed"
tar -tzf "$place/out/lsgd-conform-$version.tar.gz" | grep -qx "lsgd-conform-$version/reference/SPEC.md" ||
  fail "the archive lacks the specification"
(cd "$place/out" && sha256sum --quiet --check SHA256SUMS) || fail "checksums do not hold"
[[ $(wc -l <"$place/out/SHA256SUMS") == 4 ]] || fail "expected checksums of the sources and three packages"
grep -q 'the packages were not tried' "$place/output" || fail "says nothing of packages that it did not try"
refusal="release.sh: $place/out is there already"
release && fail "a second release overwrites the first"
[[ $(cat "$place/output") == "$refusal" ]] || fail "expected '$refusal', got '$(cat "$place/output")'"
exit $failures
