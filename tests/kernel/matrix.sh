#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# matrix.sh VARIANT=LOG...: what the guests printed -> failures, one table, totals.
# Of the stock kernel exactly clause C10 (tests c10.*) must fail: those failures are
# expected, and none of them would be a failure. Of the stock 7.3 the tests of the fix must
# fail, and no other. Those of fdinfo skip themselves where
# there is nothing to read: with the series that is a failure. Of liburing's tests, one
# that fails on the stock kernel of the same run counts as skipped everywhere.
set -eu

OF_THE_FIX="rings.last_of_two_in_a_folio rings.replaces_a_buffer_in_its_folio rings.clone_beside_one_of_its_own rings.limit_holds"

for arg in "$@"; do
	sed "s/^/${arg%%=*}	/" "${arg#*=}"
done | awk -F '\t' -v fix="$OF_THE_FIX" -v variants="$(for arg in "$@"; do printf '%s ' "${arg%%=*}"; done)" '
	BEGIN { n_fix = split(fix, names, " "); while (n_fix) of_the_fix[names[n_fix--]] = 1 }
	function kernel(v) { return v ~ /-7\.3$/ ? "7.3" : "6.12" }
	function count(v, suite, what) { n[v, suite, what]++; seen[v, suite] = 1 }
	function bad(v, suite, text) { count(v, suite, "failed"); failures = failures sprintf("%s, %s: %s\n", v, suite, text) }
	{ v = $1; line = substr($0, length(v) + 2) }
	line ~ /^kernel-release: / { release[v] = substr(line, 17) }
	line ~ /^kernel-suite: / { suite = substr(line, 15); begun[v, suite] = 1; order[v] = order[v] " " suite; next }
	line ~ /^kernel-suite-end: / { split(line, w, " "); ended[v, w[2]] = 1; seconds[v, w[2]] = w[3]; next }
	line ~ /^kernel-result: / {
		split(line, w, " ")
		test = w[4]
		if (w[3] == "ok") count(v, suite, "passed")
		else if (w[3] == "skip" && test ~ /fdinfo[._]/ && v !~ /^stock/)
			bad(v, suite, w[2] " " test " (skipped: fdinfo does not tell)")
		else if (w[3] == "skip") count(v, suite, "skipped")
		else if (v == "stock" && test ~ /^c10[._]/) count(v, suite, "expected")
		else if (v == "stock-7.3" && test in of_the_fix) { count(v, suite, "expected"); delete of_the_fix[test] }
		else if (suite == "liburing" && v ~ /^stock/) { weak[kernel(v), test] = 1; count(v, suite, "skipped")
			notes = notes sprintf("liburing %s fails on the kernel %s: not counted\n", test, v) }
		else if (suite == "liburing" && weak[kernel(v), test]) count(v, suite, "skipped")
		else bad(v, suite, w[2] " " substr(line, index(line, " not-ok ") + 8))
		next
	}
	# what explanations.awk says of a suite that is over
	line ~ /^kernel-judged: / {
		split(line, w, " ")
		if (w[2] == "ok") count(v, "explanations", "passed")
		else bad(v, "explanations", substr(line, index(line, " not-ok ") + 8))
		vague += w[3] == "vague"
		next
	}
	suite == "fixbuf" && line ~ /^vm-tier: / { tier = substr(line, 10); open[v, tier] = 1; counted = 0 }
	suite == "fixbuf" && line ~ /^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ {
		split(line, w, " ")
		n[v, suite, "passed"] += w[1]; n[v, suite, "failed"] += w[3]; n[v, suite, "skipped"] += w[5]
		seen[v, suite] = 1
		if (w[3] + 0) failures = failures sprintf("%s, fixbuf: %d at tier %s\n", v, w[3], tier)
	}
	suite == "fixbuf" && line ~ /^vm-tier-end: / { delete open[v, tier] }
	suite == "fixbuf" && line ~ /^ *not ok/ { failures = failures sprintf("%s, fixbuf, %s: %s\n", v, tier, line) }
	line ~ /^kernel-say: / { bad(v, "log", substr(line, 13)) }
	line ~ /^kernel-boot: / { boot[v] = substr(line, 14) }
	END {
		split(variants, list, " ")
		format = "%-9s %-11s %7s %7s %8s %8s %6s\n"
		for (i = 1; list[i]; i++) {
			v = list[i]
			m = split(order[v], s, " ")
			for (j = 1; j <= m; j++)
				if (!ended[v, s[j]]) bad(v, s[j], "did not end")
				else if (!seen[v, s[j]]) bad(v, s[j], "told no result")
			if (!m) bad(v, "boot", "no suite began")
			if (boot[v] == 126) bad(v, "log", "the kernel complains, see the console")
			else if (boot[v] != 0) bad(v, "boot", "ended with status " boot[v])
			if (v == "stock" && ended[v, "kselftest"] && !n[v, "kselftest", "expected"])
				bad(v, "kselftest", "C10 does not fail on the stock kernel")
			if (v == "stock-7.3" && ended[v, "kselftest"])
				for (test in of_the_fix) bad(v, "kselftest", test " does not fail on the stock kernel")
		}
		for (k in open) { split(k, w, SUBSEP); bad(w[1], "fixbuf", "tier " w[2] " did not end") }
		printf "%s%s", notes, failures
		printf format, "KERNEL", "SUITE", "PASSED", "FAILED", "EXPECTED", "SKIPPED", "TIME"
		for (i = 1; list[i]; i++) {
			v = list[i]
			m = split(order[v] " log boot", s, " ")
			for (j = 1; j <= m; j++) {
				t = s[j]
				if (!begun[v, t] && !seen[v, t]) continue
				printf format, v, t, n[v, t, "passed"] + 0, n[v, t, "failed"] + 0, \
					n[v, t, "expected"] ? n[v, t, "expected"] : "-", n[v, t, "skipped"] + 0, \
					seconds[v, t] != "" ? seconds[v, t] " s" : "-"
				p += n[v, t, "passed"]; f += n[v, t, "failed"]
				x += n[v, t, "expected"]; k2 += n[v, t, "skipped"]
			}
		}
		if (vague) printf "\n%d explanations are true but vague.\n", vague
		if (x) printf "\n%d failures on stock kernels were expected: clause C10, and of 7.3 what the fix is for.\n", x
		printf "\n%d passed, %d failed, %d skipped\n", p, f, k2
	}'
