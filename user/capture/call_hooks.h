/* SPDX-License-Identifier: GPL-2.0 */
/* Which program sees which fact on this kernel: one table, first that fits wins. */
#ifndef FIXBUF_CAPTURE_CALL_HOOKS_H
#define FIXBUF_CAPTURE_CALL_HOOKS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "model/tier.h"

struct fixbuf_bpf;
struct attach;

struct hook {
	const char *fact;	/* what it shows: "register", "ring-close", ... */
	const char *point;	/* where in the kernel: "raw_tp io_uring_register" */
	bool attached;
	char reason[192];	/* why it was taken or refused, and what that costs */
};

/*
 * Before kern_load(): switches on what this kernel can load. NULL with a sentence,
 * also when a tier other than TIER_BEST cannot be had. .syscalls: as for call_ends_prepare().
 */
struct attach *attach_prepare(struct fixbuf_bpf *skel, enum tier tier, bool syscalls);
/*
 * After kern_load() and walk_start(): attaches and calibrates. -errno with a
 * sentence when even calls cannot be seen; what else is missing stands in the table.
 */
int attach_start(struct attach *a);
const struct hook *attach_hooks(const struct attach *a, size_t *nr);
/* All slots of a call are told, and the entry to blame; otherwise the user side completes. */
bool attach_tells_all(const struct attach *a);
/* How exactly facts are seen with what was attached. */
enum tier attach_tier(const struct attach *a);
/* What of calls is not seen: NOT_SEEN_* of model/event.h. */
__u32 attach_not_seen(const struct attach *a);
/* Tells the programs a ring, older than they, whose facts are wanted. */
void attach_want_ring(const struct attach *a, __u64 ring);
/* Nothing is seen from then on. */
void attach_stop(struct attach *a);
void attach_free(struct attach *a);

#endif
