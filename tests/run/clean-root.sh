#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# clean-root.sh SUITE FOLDER [PACKAGE...]: a clean Debian root of SUITE in FOLDER, which
# is made, with these packages besides the essential ones. Made by debootstrap once a day;
# after that it is unpacked from build/vm-cache/roots. Exit 1, with a sentence, without one.
# Needs root. The archive is the one that this machine's apt uses.
set -eu
umask 022

suite=${1:?usage: clean-root.sh SUITE FOLDER [PACKAGE...]}
folder=${2:?usage: clean-root.sh SUITE FOLDER [PACKAGE...]}
shift 2
CACHE=$(cd "$(dirname "$0")/../.." && pwd)/build/vm-cache
me=clean-root
kept=$CACHE/roots/$suite$(printf '+%s' "$@" | sed 's/^+$//').tar

# shellcheck source=tests/vm/apt-private.sh
. "$(dirname "$0")/../vm/apt-private.sh"

make_root() {
	command -v debootstrap >/dev/null || unavailable "debootstrap is not installed"
	main=$(archives 2>/dev/null | awk '$2 !~ /-/ { print $1; exit }')
	[ "$main" ] || unavailable "this machine's apt has no Debian archive"
	work=$(mktemp -d)
	trap 'rm -rf --one-file-system "$work"' EXIT
	mkdir -p "$CACHE/debs"
	debootstrap --variant=minbase ${1:+--include=$(echo "$*" | tr ' ' ,)} --cache-dir="$CACHE/debs" \
		"$suite" "$work/root" "$main" >"$work/log" 2>&1 || {
		tail -n 5 "$work/log" >&2
		unavailable "$main gives no $suite"
	}
	tar -C "$work/root" --numeric-owner --xattrs -cf "$kept.part" .
	mv "$kept.part" "$kept"
}

mkdir -p "$CACHE/roots" "$folder"
exec 9>"$kept.lock"
flock 9
[ "$(find "$kept" -mtime -1 2>/dev/null)" ] || (make_root "$@")
tar -C "$folder" --numeric-owner --xattrs -xf "$kept"
