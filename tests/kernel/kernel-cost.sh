#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kernel-cost.sh BUILD_DIR: runs tests/kernel/cost.c in the stock kernel and in ours
# (the images of check-kernel.sh) with a clock that counts instructions, prints them
# side by side as a table, with the ratio of each of ours to stock. Registering and
# unregistering, which share work, are also added up, as "both".
#   OURS   default "off on"; off: the stock code behind the first patches of the series
#   STOCK  what they are compared with, default stock; of 7.3: STOCK=stock-7.3 OURS=fixed-7.3
set -eu

build=${1:?usage: kernel-cost.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
OURS=${OURS:-off on}
STOCK=${STOCK:-stock}
out=$build/kernel/cost
mkdir -p "$out"

run() {
	sh "$here/../vm/boot.sh" -n -M 4096 -t "${VM_TIMEOUT:-1800}" -p "$build/tests/kernel/cost" \
		"$1" /fixbuf/bin/cost >"$out/$2.log" 2>"$out/$2.boot" || {
		cat "$out/$2.log" "$out/$2.boot" >&2
		echo "cost: the $2 kernel did not come to the end" >&2
		return 1
	}
}

# builds them where they are not kept
images=$(VARIANTS="$STOCK $OURS" SUITES='' sh "$here/check-kernel.sh" "$build" | sed -n 's/^image: //p')
# two at a time: a guest keeps one processor busy
status=0 pids='' logs=''
for variant in $STOCK $OURS; do
	image=$(echo "$images" | sed -n 1p)
	images=$(echo "$images" | sed 1d)
	run "$image" "$variant" &
	pids="$pids $!"
	logs="$logs $out/$variant.log"
	# shellcheck disable=SC2086 # a list
	set -- $pids
	if [ $# -ge 2 ]; then
		wait "$1" || status=1
		shift
		pids=$*
	fi
done
for pid in $pids; do
	wait "$pid" || status=1
done
[ $status = 0 ] || exit 1
# shellcheck disable=SC2086 # a list
awk '
	function grouped(n,   s) {
		s = sprintf("%.0f", n)
		while (match(s, /[0-9][0-9][0-9][0-9]($|,)/))
			s = substr(s, 1, RSTART) "," substr(s, RSTART + 1)
		return s
	}
	function row(name,   k, ratio, ratios) {
		printf "%-28s", name
		for (k = 1; k <= files; k++) {
			printf " %15s", grouped(cost[k, name])
			ratio = cost[1, name] ? sprintf("%.3f", cost[k, name] / cost[1, name]) : "-"
			if (k > 1) ratios = ratios sprintf(" %9s", ratio)
		}
		print ratios " " unit[name]
	}
	FNR == 1 { files++; title[files] = toupper(FILENAME); gsub(/.*\/|\.LOG$/, "", title[files]) }
	/^cost / {
		cost[files, $2] = $3
		unit[$2] = $4
		if (files == 1) order[++n] = $2
	}
	END {
		printf "%-28s", "WHAT"
		for (k = 1; k <= files; k++) printf " %15s", title[k]
		for (k = 2; k <= files; k++) printf " %9s", title[k] "/" title[1]
		print " UNIT"
		for (i = 1; i <= n; i++) {
			row(order[i])
			if (order[i] !~ /^unregister-/) continue
			what = substr(order[i], 12)
			for (k = 1; k <= files; k++)
				cost[k, "both-" what] = cost[k, "register-" what] + cost[k, order[i]]
			unit["both-" what] = unit[order[i]]
			row("both-" what)
		}
	}' $logs
