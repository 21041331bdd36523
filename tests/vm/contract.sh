#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# contract.sh BUILD_DIR: `fixbuf-trace contract` in each of $KERNELS, as one table:
# clause by kernel, the worst of its checks.
set -eu

build=${1:?usage: contract.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
KERNELS=${KERNELS:-5.10 6.1 6.12 6.16 6.18 7.1 newest}
out=$build/vm/contract
mkdir -p "$out"
rm -f "$out"/*.txt
for kernel in $KERNELS; do
	# it ends with 1 where a clause fails; the file system of the disk has C6's files
	sh "$here/boot.sh" -b "$build" "$kernel" \
		'echo 8 > /proc/sys/vm/nr_hugepages; uname -r; TMPDIR=/mnt/disk fixbuf-trace contract --no-header' \
		>"$out/$kernel.txt" || true
done
for kernel in $KERNELS; do
	awk -F '  +' -v kernel="$kernel" '
		BEGIN { rank["absent"] = 1; rank["holds"] = 2; rank["not-tried"] = 3
			rank["differs"] = 4; rank["fails"] = 5 }
		$1 ~ /^[CL][0-9]+$/ && rank[$3] {
			if (rank[$3] > worst[$1]) { worst[$1] = rank[$3]; word[$1] = $3 }
		}
		END { for (c in word) print kernel, c, word[c] }' "$out/$kernel.txt"
done | awk -v kernels="$KERNELS" '
	{ v[$2, $1] = $3 }
	END {
		n = split(kernels, k, " ")
		printf "%-6s", "clause"
		for (i = 1; i <= n; i++) printf "  %-9s", k[i]
		print ""
		m = split("C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 L1 L2 L3 L4 L5 L6 L7", c, " ")
		for (j = 1; j <= m; j++) {
			printf "%-6s", c[j]
			for (i = 1; i <= n; i++)
				printf "  %-9s", ((c[j], k[i]) in v) ? v[c[j], k[i]] : "-"
			print ""
		}
	}' | sed 's/ *$//'
