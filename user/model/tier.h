/* SPDX-License-Identifier: GPL-2.0 */
/* How well this kernel can be watched. */
#ifndef FIXBUF_MODEL_TIER_H
#define FIXBUF_MODEL_TIER_H

enum tier {
	TIER_BEST = 0,		/* choose */
	TIER_TRACEPOINTS,
	TIER_KPROBES,
	TIER_FUNCTIONS,
	TIER_PATCHED,
	TIER_UNKNOWN = -1,
};

const char *tier_name(enum tier t);
/* TIER_UNKNOWN for a name that is none. */
enum tier tier_by_name(const char *name);

#endif
