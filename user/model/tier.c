// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "model/tier.h"

static const char *const names[] = {
	[TIER_BEST] = "best",
	[TIER_TRACEPOINTS] = "tracepoints",
	[TIER_KPROBES] = "kprobes",
	[TIER_FUNCTIONS] = "functions",
	[TIER_PATCHED] = "patched",
};

const char *tier_name(enum tier t)
{
	return t >= 0 && t <= TIER_PATCHED ? names[t] : "unknown";
}

enum tier tier_by_name(const char *name)
{
	for (int t = 0; t <= TIER_PATCHED; t++)
		if (!strcmp(name, names[t]))
			return t;
	return TIER_UNKNOWN;
}
