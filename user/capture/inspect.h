/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looks at everything, rings and pages, and what is wrong. The system goes on
 * while it is looked at, and user, mm and tables are read one after the other.
 * What is wrong stays wrong: a finding counts when each of several looks, a
 * moment apart, has it.
 */
#ifndef FIXBUF_CAPTURE_INSPECT_H
#define FIXBUF_CAPTURE_INSPECT_H

#include "capture/page_walk.h"
#include "checks/finding.h"
#include "model/selection.h"

struct look {
	struct ledger *ledger;
	struct findings findings;
	__u64 *calls;		/* when each ring saw its last, in the ledger's order */
	__u64 pages;
	__u64 not_compared_pages; /* pinned, but what their addresses show could not be told */
	unsigned int unsteady_rings, unsteady_buffers;
	unsigned int denied_buffers; /* whose addresses we may not look into */
};

struct progress {
	bool on, shown;
	__u64 begun_ns, done, total;
};

/* Until nothing is found or it was found each time; *look is the last. -errno with a sentence. */
int look_closely(struct walk *walk, struct page_walk *pages, const struct selection *select,
		 const struct check_options *o, struct look *look, struct progress *p);
void look_free(struct look *look);
/* 0 when all was looked into, else the exit status after a sentence. */
int look_denied(const struct look *look);
void progress_end(struct progress *p);

/*
 * Reads a slot's pages. The kernel does not keep whose addresses a buffer has:
 * it is the address space that shows most of its pages; the creator's, when
 * none shows any. As page_walk_slot().
 */
int look_at_slot(struct walk *walk, struct page_walk *pages, struct ring *r, __u32 index);

#endif
