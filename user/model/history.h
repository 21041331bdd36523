/* SPDX-License-Identifier: GPL-2.0 */
/* What came of a recording: who registered what, at what cost, what failed. */
#ifndef FIXBUF_MODEL_HISTORY_H
#define FIXBUF_MODEL_HISTORY_H

#include "base/hash_table.h"
#include "model/history_lives.h"
#include "model/event.h"
#include "model/histogram.h"
#include "model/io_counters.h"
#include "model/selection.h"
#include "model/unread_tables.h"

/* An id is given again; of another user's process it is another's for sure. */
struct process_history {
	union {
		struct {
			__u32 pid, uid;
		};
		struct process_key {
			__u32 pid, uid;
		} key;
	};
	struct comm comm;
	__u64 rings, calls, failed;
	__u64 timed;		/* of .calls, with a duration */
	__u64 buffers, bytes;	/* put into slots */
	__u64 older_rings, older_buffers, older_bytes; /* that it had before the recording began */
	bool older_more;	/* at least: of its tables some were not read */
	__u64 call_ns;		/* spent in calls */
	__s64 peak_pinned_pages; /* of its address space, at the begin, or after a call or charge of it */
	__u64 ops, fixed_ops;	/* I/O */
	UT_hash_handle hh;
};

struct user_history {
	__u32 uid;
	__s64 peak_pages;
	__u64 limit_bytes;	/* of who called then; at the begin, the least of those who had rings */
	bool at_begin;		/* it had that much when the recording began */
	UT_hash_handle hh;
};

enum { HISTORY_REGISTER, HISTORY_UPDATE, HISTORY_CLONE, HISTORY_UNREGISTER, HISTORY_SETUP, HISTORY_ENTER,
       NR_HISTORY_CALLS };

struct call_history {
	__u64 calls, failed, timed, ns, max_ns;
	__u64 buffers, bytes;	/* that they put into slots */
	__u64 hist[HIST_BUCKETS]; /* of durations */
};

/* Calls that failed alike: of one process, with one error, for one cause. */
struct failure_history {
	struct failure_key {
		__u32 pid, uid, op, pad;
		__s64 result;
		__u64 cause;	/* of its explanation without what is particular; 0 without */
	} key;
	struct comm comm;
	__u32 ns_pid;
	__u64 count;
	__s64 since_ns, last_ns; /* of the first and the last, since the begin */
	char *explain;		/* owned: the first one's, NULL = none */
	bool differ;		/* others of the kind have other numbers or names in it */
	UT_hash_handle hh;
};

/* A buffer as the counters of I/O know it. */
struct slot_history {
	struct io_buffer_key key;
	__u64 buffers, bytes;	/* one after the other, of one address in one slot */
	UT_hash_handle hh;
};

#define HISTORY_MEDIAN_OF 100	/* latencies of an interval, at least */

#define HISTORY_CALLS 1024	/* under way at a time */

/* The quartiles of such medians; false where there are less than four. */
bool history_spread(const struct hist *medians, __u64 *low_ns, __u64 *high_ns);

/* Zero but for .select. */
struct history {
	const struct selection *select;
	struct process_history *processes;
	struct user_history *users;
	struct call_history calls[NR_HISTORY_CALLS];
	struct failure_history *failures;
	__u64 more_failures;	/* that found no place in .failures */
	struct slot_history *slots; /* without I/O so far, of parts that may go on */
	/* By slot: a buffer that several hold counts in each. */
	__u64 buffers, dropped;	/* put into slots, taken out */
	__u64 older;		/* in slots when a part began that goes on from none */
	bool begun;		/* a part has */
	bool looking;		/* facts of such a part's snapshot follow */
	struct history_lives lives;
	/* In slots at the end of the last part; buffers that these hold, each once, and their length */
	__u64 left, left_distinct, left_bytes;
	bool older_more, left_more; /* at least so many */
	struct unread_tables unread;
	__u64 unused, unused_bytes; /* no I/O over it was counted: after history_end() */
	bool uses_lost;		/* so .unused is not known: buffers or uses found no room to be counted */
	struct io_row fixed, plain; /* sums, with .hist */
	/* Medians of the latencies of each interval that has enough: how far one time is from another */
	struct hist *fixed_medians, *plain_medians;
	__u64 io_lost, shown, facts, lost;
	__u64 io_no_cause;	/* I/Os that failed and of which no cause was kept */
	__u64 causes_lost;	/* of anybody, as the table of causes had no more room */
	__s64 duration_ns;
	struct {
		__u32 call;
		int kind;
	} under_way[HISTORY_CALLS];
};

/* Takes every event, in order. */
void history_event(struct history *h, const struct event *t);
/* After the last event. */
void history_end(struct history *h);
/*
 * The user who came nearest to a limit, from HISTORY_NEAR_PERCENT of it on, and how near in percent;
 * NULL = nobody. Less than the finding near-limit asks for: a level that was, not one that is.
 */
#define HISTORY_NEAR_PERCENT 80
const struct user_history *history_nearest_limit(const struct history *h, double *percent);
/*
 * Of how many buffers the end was not recorded, in a part that was cut off or an event that was lost. False where
 * that is not known: a buffer may be taken out by who is not selected, and an older one be one of the part before.
 */
bool history_ends_unknown(const struct history *h, __u64 *nr);
void history_free(struct history *h);

#endif
