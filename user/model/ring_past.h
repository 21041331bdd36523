/* SPDX-License-Identifier: GPL-2.0 */
/* What became of each ring of a run: what was called on it, how much it had, what was left behind. */
#ifndef FIXBUF_MODEL_RING_PAST_H
#define FIXBUF_MODEL_RING_PAST_H

#include "base/hash_table.h"
#include "model/event.h"

#define MAX_RING_PASTS	1024

struct ring_past {
	__u64 ring;		/* struct io_ring_ctx *, of one after the other */
	__u32 pid, ns_pid;
	__s32 fd;		/* -1 = not known */
	struct comm comm;
	__u64 calls, failed;
	__u64 buffers;		/* put into slots */
	__u64 bytes, most_bytes; /* in its slots now, and at most */
	__u64 held;		/* buffers that requests hold over the end of their slot */
	UT_hash_handle hh;	/* the newest of an address */
};

/* Zero to begin with. */
struct ring_pasts {
	struct ring_past *list[MAX_RING_PASTS]; /* owned, in the order in which they came */
	size_t nr;
	struct ring_past *by_ring;
	__u64 more;		/* rings that found no place */
};

/* Takes every event that is shown, before it enters the ledger. */
void ring_pasts_event(struct ring_pasts *p, const struct event *e);
/* Those with failed calls first, then those that had most. */
void ring_pasts_sort(struct ring_pasts *p);
__u64 ring_pasts_held(const struct ring_pasts *p);
void ring_pasts_free(struct ring_pasts *p);

#endif
