#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the image of a Containerfile as a directory, where there is no podman or docker: each stage is a minimal root
# of Debian, in which the steps run by chroot.
#
#   container_root.sh CONTAINERFILE DIRECTORY    the last stage is DIRECTORY/root
#   container_root.sh --list CONTAINERFILE       the instructions, one a line; or what is wrong with one
#
# It knows FROM debian:RELEASE[-slim] [AS NAME], COPY [--from=NAME] SOURCE TARGET, RUN, WORKDIR and CMD. Needs git, gpgv,
# mmdebstrap, and root for chroot.
set -euo pipefail

stop() {
  printf '%s\n' "$1" >&2
  exit 2
}

lists=0
if [[ ${1-} == --list ]]; then
  lists=1
  shift
fi
recipe=${1:?expected a Containerfile}
((lists)) || place=$(realpath -m -- "${2:?expected a directory}")
sources=$(git -C "$(dirname "$recipe")" rev-parse --show-toplevel)

# Prints the instructions, each on a line behind its line number.
instructions() {
  awk '
    /^[[:space:]]*(#|$)/ { next }
    { if (text == "") first = NR; text = text $0 }
    sub(/\\$/, "", text) { next }
    { gsub(/[[:space:]]+/, " ", text); print first " " text; text = "" }' "$recipe"
}

declare -A root_of=()
root='' work=''

begin_stage() {
  local release=$1 name=${2-}
  root=$place/${name:-root}
  work=/
  [[ ! -e $root ]] || stop "$root is there already"
  [[ -z $name ]] || root_of[$name]=$root
  mkdir -p "$root"
  mmdebstrap --quiet --variant=minbase "$release" "$root" >&2
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
}

# From the stage of that name; from the sources where it is empty.
copy() {
  local stage=$1 pattern=$2 target=$root$3
  mkdir -p "$target"
  if [[ -z $stage ]]; then
    git -C "$sources" ls-files -z -- "$pattern" | tar -C "$sources" --null -T - -cf - | tar -C "$target" -xf -
  else
    # The pattern is to be expanded, here as by those who build images.
    # shellcheck disable=SC2086
    cp -r ${root_of[$stage]}$pattern "$target"
  fi
}

leave() {
  local stage
  for stage in "$place"/*/; do
    umount "$stage/proc" "$stage/dev" 2>/dev/null || true
  done
}
((lists)) || trap leave EXIT

stage='FROM debian:([a-z]+)(-slim)?( AS ([a-z]+))?'
copies='COPY (--from=([a-z]+) )?([^ ]+) (/[^ ]*)'
while read -r line text; do
  if [[ $text =~ ^$stage$ ]]; then
    ((lists)) || begin_stage "${BASH_REMATCH[1]}" "${BASH_REMATCH[4]}"
  elif [[ $text =~ ^$copies$ ]]; then
    ((lists)) || copy "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}" "${BASH_REMATCH[4]}"
  elif [[ $text == 'RUN '* ]]; then
    ((lists)) || chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive \
      sh -c "cd '$work' && ${text#RUN }" >&2 </dev/null
  elif [[ $text =~ ^WORKDIR\ (/[^ ]*)$ ]]; then
    work=${BASH_REMATCH[1]}
    ((lists)) || mkdir -p "$root$work"
  elif [[ ! $text =~ ^CMD\ \[.*\]$ ]]; then
    stop "$recipe:$line: expected FROM debian:RELEASE, COPY SOURCE /TARGET, RUN, WORKDIR or CMD [...], not: $text"
  fi
  ((!lists)) || printf '%s\n' "$text"
done < <(instructions)
