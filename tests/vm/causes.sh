#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# causes.sh BUILD_DIR: the live tests of causes: of registrations, of calls that are easily missed
# (call-), of tags (tags-) and of I/O (io-), in each of $KERNELS, as one table: the error that a
# cause has in that kernel, "-" where it does not fail or cannot be made, WRONG where the
# explanation is not the one that the test demands. Any WRONG, or a dead guest: exit 1.
set -eu

build=${1:?usage: causes.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
KERNELS=${KERNELS:-5.10 6.1 6.12 newest}
out=$build/vm/causes
mkdir -p "$out"
rm -f "$out"/*.txt
for kernel in $KERNELS; do
	sh "$here/boot.sh" -b "$build" -t 900 "$kernel" \
		'export FIXBUF_BUILD=$PWD/build FIXBUF_KERNEL_ONLY=1
		for test in causes tags calls disabled io_causes; do
			build/tests/live/$test || [ $? -eq 77 ] || failed="$failed $test"
		done
		[ ! "$failed" ]' \
		>"$out/$kernel.txt" || echo "causes: $kernel: the test failed" >&2
done
for kernel in $KERNELS; do
	awk -v kernel="$kernel" '
		/^ *# cause / { print kernel, $3, $4 }' "$out/$kernel.txt"
done | awk -v kernels="$KERNELS" '
	!($2 in known) { known[$2] = 1; order[++m] = $2 }
	{
		# one cause may be tried more than once
		if (v[$2, $1] == "" || v[$2, $1] == "-" || $3 == "WRONG") v[$2, $1] = $3
		bad += $3 == "WRONG"
		told[$1] = 1
	}
	END {
		n = split(kernels, k, " ")
		printf "%-24s", "cause"
		for (i = 1; i <= n; i++) {
			printf "  %-12s", k[i]
			if (!told[k[i]]) bad++
		}
		print ""
		for (j = 1; j <= m; j++) {
			printf "%-24s", order[j]
			for (i = 1; i <= n; i++)
				printf "  %-12s", ((order[j], k[i]) in v) ? v[order[j], k[i]] : "-"
			print ""
		}
		exit bad > 0
	}' | sed 's/ *$//'
