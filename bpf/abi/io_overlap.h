/* SPDX-License-Identifier: GPL-2.0 */
/* Requests that were submitted while another over the same memory was under way. */
#ifndef FIXBUF_BPF_ABI_IO_OVERLAP_H
#define FIXBUF_BPF_ABI_IO_OVERLAP_H

#include <linux/types.h>

#define IO_FLIGHT_ROWS	1024
#define IO_FLIGHT_WAYS	16	/* places of a row */
#define IO_SPACE_ROWS	32	/* of address spaces of one hash: so many rows' requests are followed */
#define IO_OVERLAPS	1024	/* kinds that are told apart */
#define IO_USER_OVERLAPS 256	/* of them of one user, who may make many rings */
#define IO_OVERLAP_USERS 1024

/* One of the two: where it is, and what it does. */
struct io_overlap_side {
	__u64 ring;
	__u32 index;		/* of its buffer, ~0 = plain I/O */
	__u32 op;
};

struct io_overlap_key {
	struct io_overlap_side newer, older;
	__u32 certain;		/* the older one was under way for sure, in memory that is the same for sure */
	__u32 pid;
};

/* Of who pays: a range of subordinate ids is one. */
struct io_overlap_user {
	__u64 unfollowed;	/* requests over registered buffers that were not compared */
	__u64 kinds;
};

struct io_overlap {
	__u64 requests;		/* newer ones */
	__u64 addr, end;	/* what both of the first are over */
	__u64 user_data[2];	/* of the first: of the newer one, and of the older one */
	__u32 payer;		/* whose the rings of the first are; IO_OLD_PAYER = not one user's */
	__u32 pad;
};

#endif
