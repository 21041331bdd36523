#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The real Prometheus, the package, the unit under a real systemd. Ends with the same
# line as make check. What is not to be had here is skipped, with the reason.
# usage: check-export.sh BUILD_DIR

build=${1:?usage: check-export.sh BUILD_DIR}
here=$(dirname "$0")
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

# add PASSED FAILED SKIPPED
add() {
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# tap FILE STATUS: shows it and adds its lines; what ended before its plan is a failure
tap() {
	cat "$1"
	s=$(grep -c '^ok .*# SKIP' "$1") p=$(grep -c '^ok ' "$1") f=$(grep -c '^not ok' "$1")
	grep -q '^1\.\.' "$1" || f=$((f + 1))
	[ "$2" = 0 ] || [ "$2" = 77 ] || [ "$f" -gt 0 ] || f=1
	add $((p - s)) "$f" "$s"
}

sh "$here/run.sh" "$build" prometheus > "$work/out"
sed '$d' "$work/out"
# shellcheck disable=SC2046 # three words
set -- $(sed -n '$s/\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped/\1 \2 \3/p' "$work/out")
[ $# = 3 ] || set -- 0 1 0
add "$@"

# A package that is made here runs on this Debian and on later ones
host=$(. /etc/os-release && echo "${VERSION_ID:-99}")
suites=
for release in 12:bookworm:6.1 13:trixie:6.12; do
	if [ "${release%%:*}" -lt "${host%%.*}" ]; then
		echo "Debian ${release%%:*}: skipped, the package is made on $host and takes its libraries"
		add 0 0 1
	else
		suites="$suites ${release#*:}"
	fi
done

# shellcheck disable=SC2046,SC2086 # lists
sh "$here/package.sh" "$build" $(printf '%s\n' $suites | cut -d: -f1) > "$work/out"
tap "$work/out" $?

# An emulated processor keeps one of this machine busy
# shellcheck disable=SC2012 # no odd names
deb=$(ls -t "$build"/fixbuf-trace_*.deb | head -n 1)
jobs=
for s in $suites; do
	sh "$here/../systemd/guest.sh" "$build" "$deb" "${s%:*}" "${s#*:}" > "$work/${s%:*}" 2>&1 &
	jobs="$jobs $!:${s%:*}"
done
for job in $jobs; do
	wait "${job%:*}"
	status=$?
	echo "--- the unit under the systemd of ${job#*:}"
	tap "$work/${job#*:}" $status
done

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
