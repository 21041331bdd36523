/* SPDX-License-Identifier: GPL-2.0 */
/* The checks: each is a pure function of the ledger that appends what it finds. */
#ifndef FIXBUF_CHECKS_CHECKS_H
#define FIXBUF_CHECKS_CHECKS_H

#include "checks/finding.h"
#include "model/selection.h"

#define NEAR_LIMIT_PERCENT 90	/* from there on a user's limit is as good as used up */

struct check_options {
	bool every_page;	/* one finding per page instead of merged ranges */
	unsigned int near_limit_percent; /* 0 = NEAR_LIMIT_PERCENT */
	/* Whose limits a user's charge is compared with, NULL = everybody's; and of which rings. */
	const struct selection *select;
	bool (*has_ring)(const void *arg, __u64 ring); /* NULL = all of them */
	const void *arg;
};

void check_pages(const struct ledger *l, const struct check_options *o, struct findings *out);
/* From where to where pages of the buffer are stale, and how many of them; false when none is. */
bool stale_span(const struct buffer *b, __u64 *first, __u64 *end, __u64 *pages);
void check_charges(const struct ledger *l, const struct check_options *o, struct findings *out);
/* The part of check_charges() that compares users with their RLIMIT_MEMLOCK. */
void check_limits(const struct ledger *l, const struct check_options *o, struct findings *out);
/* Of buffers that were seen to be .on_heap. */
void check_heap(const struct ledger *l, struct findings *out);
/* Only of pins that were seen; .now is a walk's ledger of all rings, NULL without. */
void check_leaks(const struct ledger *l, const struct ledger *now, struct findings *out);

#endif
