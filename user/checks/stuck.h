/* SPDX-License-Identifier: GPL-2.0 */
/* Requests that hold a registered buffer and do not end. */
#ifndef FIXBUF_CHECKS_STUCK_H
#define FIXBUF_CHECKS_STUCK_H

#include "base/clock.h"
#include "checks/finding.h"
#include "model/io_counters.h"

#define STUCK_NS	(2 * NS_PER_S)	/* younger requests are of no interest */

/* Requests of one slot, process, opcode and cause. */
struct stuck {
	struct finding about;	/* without a sentence */
	struct io_under_way oldest;
	__u32 ended_pid;	/* STUCK_BY_END: who submitted them, while .about names a holder of the ring */
	__u64 nr, p999_ns;	/* p999_ns 0 = none of the kind was timed */
	bool more;		/* at least: more were under way than are looked at */
};

struct stuck_list {
	struct stuck *list;	/* owned */
	size_t nr;
};

/*
 * Appends those of requests under way (which .m must see) that are older than that and than ten times the
 * P99.9 of those of their kind that ended, by .whole: what was counted in all the time watched, while .m
 * may be of an interval in which none ended. .pid_ended: whether it is known that a process has.
 */
void stuck_find(const struct io_model *m, const struct io_model *whole, const struct ledger *l,
		bool (*pid_ended)(__u32 pid), struct stuck_list *out);
/* Appends what is said of one; .since: that they ended since, as a clause, NULL = they have not. */
void stuck_tell(const struct stuck *s, const char *since, struct findings *out);
void stuck_list_free(struct stuck_list *l);

#endif
