/* SPDX-License-Identifier: GPL-2.0 */
/* What registering costs each process, and whether that is slow, and of what. */
#ifndef FIXBUF_CHECKS_REGISTERING_H
#define FIXBUF_CHECKS_REGISTERING_H

#include "model/io_counters.h"

struct registering {
	__u32 pid;		/* 0 = not known (older files) */
	__u64 ring, born_ns;	/* the first */
	size_t rings;
	__u64 calls;		/* that put buffers into slots, and went well; clones are none */
	struct io_register_cost cost; /* of those that were seen to begin */
};

struct registerings {
	struct registering *list; /* owned; by process */
	size_t nr;
};

/* Into an empty .out. */
void registerings_take(struct registerings *out, const struct io_model *m);
void registerings_free(struct registerings *r);
/* Calls of processes of which none was seen to begin. */
__u64 registerings_untimed(const struct registerings *r);

/* In ns; 0 where nothing is known to compare. */
__u64 registering_per_mib(const struct registering *r);

enum slow_for {
	SLOW_NOT,		/* or not known */
	SLOW_FAULTS,		/* the pages came to be on the way */
	SLOW_SMALL_CALLS,
	SLOW_SMALL_FOLIOS,
	SLOW_OTHERWISE,
};

/* .watched_ns: how long the calls were looked for. */
enum slow_for registering_slow(const struct registering *r, __u64 watched_ns);

#endif
