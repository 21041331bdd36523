#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs the test programs under BUILD_DIR/tests/unit and live, in that order, one line
# each, and counts their TAP lines. POSIX sh: it also runs under busybox in a guest.
# usage: run.sh BUILD_DIR [PATTERN]
# PATTERN: a glob of the programs' names ('io_*'), with a slash of their paths ('unit/model/*')
# FIXBUF_TEST_SECONDS: time-out of a program (default 120)

[ $# -le 2 ] || { echo "usage: run.sh BUILD_DIR [PATTERN]: one pattern" >&2; exit 2; }
build=${1:?usage: run.sh BUILD_DIR [PATTERN]}
pattern=${2:-*}
limit=${FIXBUF_TEST_SECONDS:-120}
build=$(cd "$build" && pwd) || exit 2
log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT
FIXBUF_BUILD=$build
CMOCKA_MESSAGE_OUTPUT=TAP
export FIXBUF_BUILD CMOCKA_MESSAGE_OUTPUT

passed=0 failed=0 skipped=0

# Kernel complaints since the last mark, or nothing when the log cannot be read.
# A trap of a program (traps: ...) is a program's own matter.
mark="fixbuf tests $$ at $(date +%s)"
kernel_log=no
if (echo "$mark" > /dev/kmsg) 2> /dev/null && dmesg 2> /dev/null | grep -qF "$mark"; then
	kernel_log=yes
fi
complaints() {
	[ $kernel_log = yes ] || return 0
	dmesg | sed "1,/$mark/d; / traps: /d" | grep -E 'WARNING: |BUG: |kernel BUG|Oops|KASAN|UBSAN|general protection'
}

# count 'extended regexp': lines of the log that match
count() {
	grep -cE "$1" "$log"
}

run_one() {
	name=$1 program=$2
	start=$(date +%s)
	timeout "$limit" "$program" > "$log" 2>&1 < /dev/null
	status=$?
	seconds=$(($(date +%s) - start))
	s=$(count '^ok .*# (SKIP|skip)') b=$(count '^not ok') p=$(($(count '^ok ') - s))
	why=
	case $status in
	0) ;;
	77)
		[ "$s" -gt 0 ] || s=1
		why=$(sed -n 's/^1\.\.0 # SKIP *//p' "$log")
		;;
	124 | 143) b=$((b + 1)) why="did not end within $limit s" ;;
	*)
		# a program that failed without saying which line did
		[ "$b" -gt 0 ] || { b=1 why="ended with status $status"; }
		;;
	esac
	if [ $status = 0 ] && ! grep -qE '^1\.\.[0-9]' "$log"; then
		b=$((b + 1)) why="ended before its plan"
	fi
	heard=$(complaints)
	if [ -n "$heard" ] && [ "$heard" != "$heard_before" ]; then
		b=$((b + 1)) why="the kernel complained"
		echo "$heard" >> "$log"
	fi
	heard_before=$heard
	passed=$((passed + p)) failed=$((failed + b)) skipped=$((skipped + s))
	printf '%-32s %4d passed %3d failed %3d skipped %4d s%s\n' \
		"$name" "$p" "$b" "$s" "$seconds" "${why:+  ($why)}"
	if [ "$b" -gt 0 ]; then
		grep -v '^ok ' "$log" | sed 's/^/    /'
	else
		sed -n 's/^ok [0-9]* - \(.*\) # SKIP \(.*\)/    skipped: \1: \2/p' "$log"
	fi
}

for kind in unit live; do
	[ -d "$build/tests/$kind" ] || continue
	# -L: suite.sh makes folders of links; no path of a test has a space
	for program in $(find -L "$build/tests/$kind" -type f | sort); do
		[ -x "$program" ] || continue
		path=${program#"$build/tests/"}
		case $pattern in
		*/*) name=$path ;;
		*) name=${path##*/} ;;
		esac
		# shellcheck disable=SC2254 # a glob is wanted
		case $name in
		$pattern) run_one "$path" "$program" ;;
		esac
	done
done
[ $kernel_log = yes ] || echo "the kernel log cannot be read here: not looked into for warnings"

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $((passed + skipped)) -gt 0 ]
