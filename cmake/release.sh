#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a release of what is committed: the sources, the packages and archives for this machine, and SHA256SUMS.
#
#   cmake/release.sh DIRECTORY
#
# It is of the version that CMakeLists.txt says. Nothing is made unless the tree is clean, the changelog has a section
# `## VERSION`, no tag has that version, and program and specification say the same version of SPEC.md. The packages are made
# of what `git archive` gives. With root and mmdebstrap they are tried in minimal roots without a compiler, as
# installed_root.sh does; else that is left out, and said. Nothing is published and no tag is made.
set -euo pipefail

sources=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

stop() {
  printf 'release.sh: %s\n' "$1" >&2
  exit 2
}
say() {
  printf 'release.sh: %s\n' "$1" >&2
}
(($# == 1)) || stop "expected a directory for what is made"
out=$(realpath -m -- "$1")
[[ ! -e $out ]] || stop "$out is there already"
[[ $out/ != "$sources"/* ]] || stop "expected a directory outside the sources, not $out"

# The one text in a file that a pattern of sed finds.
stated() {
  sed -n "s/$1/\1/p" "$sources/$2" | head -n 1 | grep . || stop "$2 states no version"
}
version=$(stated '^project(lsgd-conform VERSION \([0-9.]*\) .*' CMakeLists.txt)
specification=$(stated '^Version \([0-9.]*\)\.$' reference/SPEC.md)
judged_by=$(stated '^inline constexpr std::string_view specification_version = "\(.*\)";$' harness/src/description/version.hpp)
[[ $judged_by == "$specification" ]] || stop "the program judges by specification $judged_by, SPEC.md is version $specification"
grep -qx "## $version" "$sources/CHANGELOG.md" || stop "expected a section '## $version' in CHANGELOG.md"
[[ -z $(git -C "$sources" status --porcelain) ]] || stop "expected everything to be committed"
! git -C "$sources" rev-parse --quiet --verify "refs/tags/v$version" >/dev/null || stop "there is a tag v$version already"

place=$(mktemp -d)
trap 'rm -r "$place"' EXIT
mkdir -p "$out"
name=lsgd-conform-$version
git -C "$sources" archive --prefix="$name/" HEAD | gzip -9n >"$out/$name.tar.gz"
tar -xzf "$out/$name.tar.gz" -C "$place"

quietly() {
  "$@" >"$place/log" 2>&1 </dev/null || { tail -n 20 "$place/log" >&2; stop "failed: $*"; }
}
say "building version $version, which judges by specification $specification"
build=$place/build
quietly cmake -S "$place/$name" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release
quietly ninja -C "$build" lsgd-conform lsgd-hdf5-reader lsgd_host_targets lsgd_manual lsgd_agent_package
[[ $("$build/bin/lsgd-conform" --version) == "$version, specification $specification" ]] ||
  stop "expected lsgd-conform --version to say $version, specification $specification"
quietly cpack --config "$build/CPackConfig.cmake" -B "$out"
rm -rf "$out/_CPack_Packages"

releases=${LSGD_RELEASES-bookworm trixie}
if [[ -n $releases ]] && ((EUID == 0)) && command -v mmdebstrap >/dev/null; then
  for release in $releases; do
    say "trying the packages on $release"
    "$sources/cmake/installed_root.sh" "$release" "$place/$release" "$out/${name%-*}_${version}"_*.deb \
      "$out/${name%-*}-targets_${version}"_*.deb
    rm -r --one-file-system "${place:?}/$release"
  done
else
  say "the packages were not tried: that takes root, mmdebstrap and a release of Debian"
fi
(cd "$out" && sha256sum -- * >"$place/SHA256SUMS" && mv "$place/SHA256SUMS" .)
say "made $out; its tag: git tag -s v$version $(git -C "$sources" rev-parse --short HEAD)"
