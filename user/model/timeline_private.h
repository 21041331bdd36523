/* SPDX-License-Identifier: GPL-2.0 */
/* What the halves of the timeline share: its rings (timeline.c) and its accounts (timeline_accounts.c). */
#ifndef FIXBUF_MODEL_TIMELINE_PRIVATE_H
#define FIXBUF_MODEL_TIMELINE_PRIVATE_H

#include "model/derived.h"
#include "model/timeline.h"

struct held;

struct timeline {
	struct timeline_listener view;
	const struct selection *select;
	struct ledger *ledger;
	struct derived derived;
	struct timeline_ring *rings;
	struct account *accounts;
	struct held *held;
	__u32 nr_rings, nr_accounts;
	__u64 nr_lives;
	bool looking;		/* facts of a snapshot follow */
	bool begun, begins;	/* a look was taken; the last one was that of a begin */
	bool counts;		/* the fact that is being fed is of what was asked for, and was shown */
	__u64 now_ns;
	char boot_id[40];	/* of the machine's start whose clock that is */
	__u32 call;		/* of the fact that is being fed */
	bool ours;		/* it is of a ring that is watched */
	bool found;		/* levels are told that a look found */
	struct { __u64 from_ns, count; } gap;
	__u64 end_ns;		/* of the part before */
};

#define TELL(h, name, ...) do {							\
	if ((h)->view.name)							\
		(h)->view.name(__VA_ARGS__, (h)->view.arg);			\
} while (0)

/* NULL when there is none. */
struct timeline_ring *timeline_ring(const struct timeline *h, __u64 id);

/* Takes EVENT_MEMORY. */
void timeline_memory(struct timeline *h, const struct event *t);
/* The ring ends, and what it has. */
void timeline_drop_memory(struct timeline *h, struct timeline_ring *r);

/* Levels, pins and limits as the fact tells them. */
void timeline_account(struct timeline *h, const struct fact *f);
void timeline_pin(struct timeline *h, __u64 ring, __u64 buf, __s64 pages);
/* The limit of whoever may have least of those who hold the ring: what a look tells of it. */
void timeline_learn_limit(struct timeline *h, const struct ring *r);
/* Where the accounts of a ring stand that a look found. */
void timeline_levels(struct timeline *h, const struct ring *r);
void timeline_free_accounts(struct timeline *h);

#endif
