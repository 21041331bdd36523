#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# tree.sh TREE KERNEL stock|series|seeded: makes TREE a git tree of Debian's source of
# KERNEL (the tag stock), and checks out that, or with the series of patches/KERNEL or
# the faults of seeded.patch applied to it. A folder that holds something else is left as it is: exit 1.
# Files that both have keep their times, so that a build goes on from the last.
set -eu
umask 022

usage="usage: tree.sh TREE KERNEL stock|series|seeded"
tree=${1:?$usage}
kernel=${2:?$usage}
want=${3:?$usage}
here=$(cd "$(dirname "$0")" && pwd)
patches=$here/../../patches/$kernel

in_tree() {
	git -C "$tree" -c user.name=fixbuf -c user.email=fixbuf@localhost -c gc.auto=0 \
		-c core.fsmonitor=false -c commit.gpgsign=false "$@"
}

# In the repository from the first: what an interrupted unpacking left is ours, too.
mark=.git/fixbuf-tree

unpack() {
	if [ -e "$tree" ] && [ ! -e "$tree/$mark" ] && [ "$(ls -A "$tree")" ]; then
		echo "tree: $tree holds something that was not made here; name an empty folder, or one that is not there" >&2
		exit 1
	fi
	tarball=$(sh "$here/fetch-source.sh" "linux-$kernel")
	echo "tree: unpacking $tarball" >&2
	rm -rf "$tree"
	mkdir -p "$tree"
	git init -q "$tree"
	: >"$tree/$mark"
	tar -xJf "$tarball" -C "$tree" --strip-components=1
	# Debian's own .gitignore leaves all but its packaging out
	in_tree add -A -f
	in_tree commit -q -m "Linux $(basename "$(dirname "$tarball")" | sed 's/^linux-//') of Debian"
	in_tree tag stock
}

{ [ -e "$tree/$mark" ] && in_tree rev-parse -q --verify stock >/dev/null 2>&1; } || unpack
[ ! -d "$tree/.git/rebase-apply" ] || in_tree am --abort

case $want in
stock)
	in_tree checkout -q --force stock
	;;
series)
	names=$(sed 's/#.*//' "$patches/series")
	sum=$(cd "$patches" && sha256sum series $names | sha256sum | cut -c1-16)
	if ! in_tree rev-parse -q --verify "series-$sum" >/dev/null; then
		in_tree checkout -q --force stock
		(cd "$patches" && cat $names) | in_tree am --quiet || {
			in_tree am --abort
			echo "tree: the series does not apply to $(in_tree log -1 --format=%s stock)" >&2
			exit 1
		}
		in_tree tag "series-$sum"
	fi
	in_tree checkout -q --force "series-$sum"
	;;
seeded)
	in_tree checkout -q --force stock
	in_tree apply "$here/seeded.patch"
	;;
*)
	echo "tree: not '$want': stock, series or seeded" >&2
	exit 2
	;;
esac
