/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What follows from slots that changed, as facts (FACT_F_DERIVED): drops that no event told, and
 * pins and charges where the ledger is not .exact. They bear the task, time and call of their cause.
 * What requests hold over the end of its slot (FACT_IN_USE) is unpinned when they let go of it.
 */
#ifndef FIXBUF_MODEL_DERIVED_H
#define FIXBUF_MODEL_DERIVED_H

#include "model/derived_gone.h"
#include "model/ledger.h"

/* A buffer that requests held when a call let go of it. */
struct derived_in_use {
	__u64 ring, node;
	__u32 call;
	bool released;		/* no slot holds it any more, of no ring */
	struct buffer b;	/* as it was then; without extents */
};

struct derived_leaving;

struct derived {
	void (*tell)(const struct fact *f, void *arg); /* to be set, as .arg */
	void *arg;
	struct ledger_observer observer;
	/* Where the charges of one call stand: its facts arrive one by one. */
	struct {
		bool valid;
		__u32 call;
		__u64 ring, limit_bytes;
		__s64 user_pages, mm_pages;
	} level;
	struct derived_in_use *in_use;	/* owned */
	size_t nr_in_use;
	struct derived_leaving *leaving; /* owned, by account */
	struct derived_gone *have_gone;	/* the same */
	__u64 gone[2];			/* accounts of the ring that was gone last, 0 = none */
	const struct ledger *ledger;
};

/*
 * From now on .tell hears what follows from what .l is fed; .d must outlive it. What requests held is
 * kept: derived_keep() (derived_kept.h) tells which of that is so still, after .l was fed a look.
 */
void derived_observe(struct derived *d, struct ledger *l);
/* Frees what it keeps; .d may observe again. */
void derived_free(struct derived *d);

#endif
