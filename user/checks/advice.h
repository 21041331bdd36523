/* SPDX-License-Identifier: GPL-2.0 */
/* Findings of performance: pure functions of what was counted and what is registered. */
#ifndef FIXBUF_CHECKS_ADVICE_H
#define FIXBUF_CHECKS_ADVICE_H

#include "checks/registering.h"
#include "model/io_counters.h"
#include "model/ledger.h"

/* Tags are stable: unfixed-io, worth-registering, not-worth-registering, idle-buffer, oversized-buffer,
 * table-churn, ring-churn, small-folios, fragmented-buffer, slow-registration,
 * failed-registration */
struct advice {
	const char *tag;
	__u64 ring;
	__u32 pid;		/* 0 = not known */
	__s32 fd;		/* -1 = not known */
	__s32 index;		/* slot, -1 = not about one slot */
	__u64 ops, bytes;	/* what it is about, in numbers */
	bool at_least;		/* these and those of .detail may be short: a table had no more room */
	__u64 saves_ns;		/* of the time that all took, about; 0 = not known */
	char *detail;		/* owned: the evidence in one sentence */
	const char *remedy;
};

struct advices {
	__u64 pin_ps;		/* set before: what pinning a page costs the machine, 0 = not known */
	struct advice *list;	/* owned */
	size_t nr;
	size_t nr_unjudged;	/* rings whose plain I/O is in none: it is of memory that is not the ring's */
	size_t nr_idle_unjudged; /* rings with buffers that muted requests may have used */
	struct registerings registerings; /* that were judged */
};

/* .m: all that was counted in .m->t_ns; .l: the rings as last seen. Appends. */
void advise(const struct io_model *m, const struct ledger *l, struct advices *out);
void advices_free(struct advices *a);

#endif
