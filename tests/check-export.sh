#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The real Prometheus, and the package. Ends with the same line as make check.
# usage: check-export.sh BUILD_DIR

build=${1:?usage: check-export.sh BUILD_DIR}
here=$(dirname "$0")
out=$(mktemp) || exit 2
trap 'rm -f "$out"' EXIT
sh "$here/run.sh" "$build" prometheus > "$out"
status=$?
sed '$d' "$out"
set -- $(sed -n '$s/\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped/\1 \2 \3/p' "$out")
passed=${1:-0} failed=${2:-1} skipped=${3:-0}
sh "$here/package.sh" "$build" > "$out" || status=1
cat "$out"
s=$(grep -c '^ok .*# SKIP' "$out") p=$(grep -c '^ok ' "$out") f=$(grep -c '^not ok' "$out")
grep -q '^1\.\.' "$out" || f=$((f + 1))
echo "$((passed + p - s)) passed, $((failed + f)) failed, $((skipped + s)) skipped"
exit $status
