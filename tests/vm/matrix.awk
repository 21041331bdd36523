# SPDX-License-Identifier: GPL-2.0
#
# matrix.txt -> the table and the totals. Exit 1 on a failure, or when no
# kernel could be run at all.

BEGIN {
	FS = "\t"
	format = "%-8s %-28s %-12s %6s %6s %7s  %s\n"
	printf format, "KERNEL", "RELEASE", "TIER", "PASSED", "FAILED", "SKIPPED", "VERDICT"
}

{
	printf format, $1, $2, $3, $4, $5, $6, $7
	passed += $4
	failed += $5
	skipped += $6
	ran += $7 != "unavailable"
}

END {
	if (!ran) {
		print "no kernel could be run"
		failed++
	}
	printf "\n%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0
}
