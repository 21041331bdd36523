# SPDX-License-Identifier: GPL-2.0
#
# What one kernel's run printed -> rows of the matrix, a tier each:
# kernel, release, tier, passed, failed, skipped, verdict.
# Variables: kernel, tiers, boot (status of boot.sh), complaints (in its log).

function row(tier, passed, failed, skipped, verdict)
{
	print kernel, release, tier, passed + 0, failed + 0, skipped + 0, verdict
}

function died()
{
	return how == 124 ? "time-out" : "guest died"
}

BEGIN {
	OFS = "\t"
	release = "-"
}

/^vm-release: / { release = $2 }
/^vm-tier: / { tier = $2 }
# none of the tests that were asked for depends on the tier
/^vm-tier-unwanted: / { unwanted[$2] = 1 }
/^vm-tier-unavailable: / { unavailable[$2] = 1 }
# a program's line, for a tier that never comes to its totals
/^[a-z]+\/[^ ]+ +[0-9]+ passed +[0-9]+ failed +[0-9]+ skipped/ {
	passed[tier] += $2
	failed[tier] += $4
	skipped[tier] += $6
}
/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ {
	counted[tier] = 1
	passed[tier] = $1
	failed[tier] = $3
	skipped[tier] = $5
}
/^vm-tier-end: / {
	ended[tier] = 1
	status[tier] = $2
}

END {
	how = boot
	n = split(tiers, name, " ")
	for (i = 1; i <= n; i++) {
		t = name[i]
		if (unwanted[t])
			continue
		if (unavailable[t])
			row(t, 0, 0, 0, "unavailable")
		else if (!ended[t]) {
			row(t, passed[t], failed[t] + 1, skipped[t], died())
			boot = 0
		} else if (!counted[t] || passed[t] + failed[t] + skipped[t] == 0)
			row(t, 0, 1, 0, "nothing ran")
		else if (failed[t])
			row(t, passed[t], failed[t], skipped[t], "FAILED")
		else if (status[t] != 0 && status[t] != 77)
			row(t, passed[t], 1, skipped[t], "status " status[t])
		else
			row(t, passed[t], 0, skipped[t], passed[t] ? "ok" : "skipped")
	}
	if (complaints)
		row("(log)", 0, 1, 0, "kernel complains")
	else if (boot) # after the last tier, in the power-off
		row("(boot)", 0, 1, 0, died())
}
