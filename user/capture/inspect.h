/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looks at everything, rings and pages, and what is wrong. The system goes on
 * while it is looked at, and user, mm and tables are read one after the other.
 * What is wrong stays wrong: a finding counts when each of several looks in a
 * row, a moment apart, has it.
 */
#ifndef FIXBUF_CAPTURE_INSPECT_H
#define FIXBUF_CAPTURE_INSPECT_H

#include "capture/page_walk.h"
#include "checks/checks.h"
#include "checks/verdict.h"
#include "model/selection.h"

struct look {
	struct ledger *ledger;
	struct findings findings;
	__u64 not_compared_pages; /* pinned, but what their addresses show could not be told */
	__u64 pages;		/* of the selection, compared with their addresses */
	unsigned int follows;	/* walks for buffers that had left their ring */
	unsigned int unsteady_rings, unsteady_buffers;
	unsigned int denied_buffers; /* whose addresses we may not look into */
	struct unsettled_list unsettled; /* the same by owner, and whatever else was not looked at */
};

struct progress {
	bool on, shown;
	__u64 begun_ns, done, total;
};

/* Several looks in a row, each taken when its turn comes: all zero before the first. */
struct looks {
	struct look last;
	struct findings gone;	/* that an earlier look had */
	unsigned int nr;
	bool sure;		/* what the last found was found in several in a row */
};

#define LOOK_APART_NS	20000000L

/*
 * Takes one more, LOOK_APART_NS after the one before, until looks_done(). 0, or -errno with a
 * sentence. looks_end() takes the last out, also after an error: what never stood still is
 * .unconfirmed.
 */
int looks_next(struct looks *s, struct walk *walk, struct page_walk *pages,
	       const struct selection *select, const struct check_options *o, struct progress *p);
bool looks_done(const struct looks *s);
void looks_end(struct looks *s, struct look *last);

/*
 * Looks until everything that the last look found was found in each of several in a row; what
 * never stood still is .unconfirmed. *look is the last. -errno with a sentence.
 */
int look_closely(struct walk *walk, struct page_walk *pages, const struct selection *select,
		 const struct check_options *o, struct look *look, struct progress *p);
void look_free(struct look *look);
void progress_end(struct progress *p);

#endif
