/* SPDX-License-Identifier: GPL-2.0 */
/* How facts come to their reader: numbered by CPU, bounded by user, and when it is woken for them. */
#ifndef FIXBUF_BPF_ABI_LANE_H
#define FIXBUF_BPF_ABI_LANE_H

#include <linux/types.h>

#define FACT_LANES	1024	/* sequences; CPUs beyond that number share them */

/* What one CPU has told so far. Both sides see it. */
struct lane {
	__u64 seq;		/* the last one given */
	__u64 lost;		/* records that found no room */
	__u64 told_ns;		/* when the last record began */
};

/*
 * A reader that found something looks again after so long, and is woken for none that comes within
 * it: waking costs the caller more than the record.
 */
#define FACT_WAIT_NS	20000000

/* Unless a record makes this part of the buffer wait. */
#define FACT_WAKE_PART	4

#define SENDER_PARTS	32	/* twice as many as the buffer has at a time */

/* What one user has told while the buffer was not nearly empty. Both sides see it. */
struct sender {
	__u64 part[SENDER_PARTS]; /* which parts of all that was ever written those are */
	__u64 sent[SENDER_PARTS]; /* bytes, to each of these parts */
	__u64 lost;		/* records that found no room */
};

#define FACT_SENDERS	1024	/* users beyond that number are counted as one */
#define SENDER_KERNEL	(~0U)	/* "uid" of what workers of the kernel tell of nobody's ring */

#endif
