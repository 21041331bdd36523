#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The demo: fixbuf-trace on a program that uses registered buffers, right and wrong.
# usage: demo.sh BUILD_DIR

build=${1:?usage: demo.sh BUILD_DIR}
tool=$build/fixbuf-trace
load=$build/tests/load/demo

if [ "$(id -u)" != 0 ]; then
	echo "The demo looks into the kernel and needs root: run sudo make demo."
	exit 3
fi

heading() {
	printf '\n=== %s\n\n' "$1"
}

heading "trace: every call of the program, from its first instruction to its end, and why one failed"
"$tool" trace -- "$load" --no-wait > "$build/demo.trace" 2>&1 || { cat "$build/demo.trace"; exit 1; }
# the load's own words are not part of the show
grep -vE '^([a-z_]+(\.[a-z0-9]+)*=|READY)' "$build/demo.trace"

dir=$(mktemp -d) || exit 1
trap 'exec 3>&-; wait; rm -rf "$dir"' EXIT
mkfifo "$dir/in" || exit 1
"$load" < "$dir/in" > "$dir/out" &
exec 3> "$dir/in"
tries=100
until grep -q READY "$dir/out" || [ $tries = 0 ]; do
	sleep 0.1
	tries=$((tries - 1))
done
pids=$(sed -n 's/^pids=//p' "$dir/out")
[ -n "$pids" ] || { echo "the demo's load did not get ready"; exit 1; }

heading "list: the same program again, now waiting; what it holds, and who is charged"
"$tool" list -p "$pids" || exit 1

heading "verify: is every page pinned, still the program's, and charged once?"
"$tool" verify -p "$pids"
status=$?
[ $status = 1 ] || { echo "verify ended with $status; 1 was expected, for this load has faults"; exit 1; }
echo
echo "verify ended with 1, as it does when it finds something: the load dropped 3 pages of a"
echo "registered buffer (MADV_DONTNEED), left another to a child that cannot see its pages (fork),"
echo "and registered neighbours and overlaps whose shared pages are charged twice."
