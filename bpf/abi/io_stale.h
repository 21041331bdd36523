/* SPDX-License-Identifier: GPL-2.0 */
/* I/O over pages of a registered buffer that its process has no more at their addresses. */
#ifndef FIXBUF_BPF_ABI_IO_STALE_H
#define FIXBUF_BPF_ABI_IO_STALE_H

#include <linux/types.h>

#define IO_STALE_SLOTS	4096	/* slots whose I/O is counted so */
#define IO_STALE_RINGS	1024
#define IO_USER_STALE_SLOTS (IO_STALE_SLOTS / 4) /* of one user, who may make many */
#define IO_USER_STALE_RINGS (IO_STALE_RINGS / 4)

struct io_stale_key {
	__u64 ring;
	__u32 index;
	__u32 outlived;		/* of struct io_wrong: they ran over what the slot held before, and has no more */
};

/* Counted from the moment on that the pages were seen to be stale; all CPUs add to it. */
struct io_stale_hits {
	__u64 reads, read_bytes;	/* into those pages */
	__u64 writes, write_bytes;	/* from them */
	__u64 unplaced;			/* requests over the buffer of which it is not known where in it */
};

/* What is stale of the slot's buffer; it counts while io_stale_rings has .armed_ns for the ring. */
struct io_stale {
	__u64 buf;		/* struct io_mapped_ubuf * */
	__u64 addr, end;	/* from the first stale page to the last */
	__u64 armed_ns;
	struct io_stale_hits hits;
};

#define IO_QUEUED	8192	/* requests that wait to begin */
#define IO_USER_QUEUED	(IO_QUEUED / 4)	/* of them of one user */
#define IO_QUEUED_USERS	1024

#define IO_WRONG_SLOTS	1024	/* between two looks */
#define IO_USER_WRONG_SLOTS (IO_WRONG_SLOTS / 4)
#define IO_WRONG_USERS	1024

/*
 * Requests of a slot that ran over other memory than their address was in when they were submitted; or
 * reads that ended after the slot was given other memory at that address.
 */
struct io_wrong {
	__u64 requests, bytes;
	__u64 user_data;	/* of the first */
	__u32 pid, pad;
};

#endif
