/* SPDX-License-Identifier: GPL-2.0 */
/* Who has how much: what the rings of one process, user or cgroup come to. */
#ifndef FIXBUF_CHECKS_HOLDINGS_H
#define FIXBUF_CHECKS_HOLDINGS_H

#include "model/ledger.h"
#include "model/selection.h"
#include "model/totals.h"

enum holdings_by { BY_PROCESS, BY_USER, BY_CGROUP };

/* Most first, but ids: least first. */
enum holdings_sort { SORT_SIZE, SORT_CHARGED, SORT_REFS, SORT_PID, SORT_UID, SORT_NR };

/* A ring is its first holder's, whose cgroup it is in, and counts against the user that it charges. */
struct holding {
	const struct ring *ring;	/* one of them: names the process and its limit */
	const struct ledger_user *user;	/* whose account the rings count against, NULL = no limit */
	__u32 pid, uid;			/* .pid: 0 but for BY_PROCESS */
	const char *cgroup;		/* path, NULL = not known */
	__u64 cgroup_bytes;		/* BY_CGROUP: the memory that it uses, ~0 = not known */
	__u64 cgroup_max_bytes;		/* and the least limit on that, ~0 = none, or not known */
	struct ring_totals t;
	__u64 refs;			/* of the buffer that most tables share */
	__u64 ring_pages;		/* of the rings' own memory, where it is charged */
	__u64 other_pinned_pages;	/* that the rings pin besides buffers, which no VmPin has */
	__s64 pinned_pages;		/* VmPin of the address spaces that they are charged to */
	size_t nr_mms;			/* 0 = none of them is known */
	__u64 limit_bytes;		/* the least soft RLIMIT_MEMLOCK of who holds them, ~0 = none */
};

/* Owned by the caller. .min_bytes: of rings with a buffer of that size only. */
struct holding *holdings_of(const struct ledger *l, const struct selection *select,
			    enum holdings_by by, __u64 min_bytes, size_t *nr);
void holdings_sort(struct holding *list, size_t nr, enum holdings_sort by);
/* The order of .rings becomes that of the rings' own sums. */
void holdings_sort_rings(struct ledger *l, enum holdings_sort by);
/* Whether one of its buffers has as many bytes, or may, as its table was not read; 0: whatever it has. */
bool ring_has_size(const struct ring *r, __u64 min_bytes);

/* Whether a selected table that a walk skipped would be read if its process alone were named. */
bool naming_helps(const struct ledger *l, const struct selection *select);

#endif
