#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kernel-cost.sh BUILD_DIR: runs tests/kernel/cost.c in the stock kernel and in ours
# (the images of check-kernel.sh) with a clock that counts instructions, prints the
# two side by side as a table.
#   OURS  default on; off: the stock code behind the first patches of the series
set -eu

build=${1:?usage: kernel-cost.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
OURS=${OURS:-on}
out=$build/kernel/cost
mkdir -p "$out"

run() {
	sh "$here/../vm/boot.sh" -n -M 4096 -t "${VM_TIMEOUT:-1800}" -p "$build/tests/kernel/cost" \
		"$1" /fixbuf/bin/cost >"$out/$2.log" 2>"$out/$2.boot" || {
		cat "$out/$2.log" "$out/$2.boot" >&2
		echo "cost: the $2 kernel did not come to the end" >&2
		exit 1
	}
}

# builds them where they are not kept
images=$(VARIANTS="stock $OURS" SUITES='' sh "$here/check-kernel.sh" "$build" | sed -n 's/^image: //p')
# shellcheck disable=SC2086 # two paths
set -- $images
run "$1" stock &
pid=$!
run "$2" ours
wait $pid
awk '
	function grouped(n,   s) {
		s = sprintf("%d", n)
		while (match(s, /[0-9][0-9][0-9][0-9]($|,)/))
			s = substr(s, 1, RSTART) "," substr(s, RSTART + 1)
		return s
	}
	/^cost / && NR == FNR { stock[$2] = $3; unit[$2] = $4; order[++n] = $2; next }
	/^cost / { ours[$2] = $3 }
	END {
		printf "%-26s %15s %15s  %-8s %s\n", "WHAT", "STOCK", "OURS", "RATIO", "UNIT"
		for (i = 1; i <= n; i++) {
			c = order[i]
			printf "%-26s %15s %15s  %-8s %s\n", c, grouped(stock[c]), grouped(ours[c]),
				stock[c] ? sprintf("%.3f", ours[c] / stock[c]) : "-", unit[c]
		}
	}' "$out/stock.log" "$out/ours.log"
