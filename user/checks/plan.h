/* SPDX-License-Identifier: GPL-2.0 */
/* What rings and their buffers will be charged, by the rules of a kernel. */
#ifndef FIXBUF_CHECKS_PLAN_H
#define FIXBUF_CHECKS_PLAN_H

#include <linux/types.h>
#include <stdbool.h>

struct kernel_version {
	__u32 major, minor;
};

/* "6.12", or what uname(2) says; false when it begins otherwise. */
bool kernel_version_parse(struct kernel_version *v, const char *text);

struct plan {
	struct kernel_version kernel;
	__u32 rings, entries;	/* entries: of each submission queue */
	__u32 cq_entries;	/* of each completion queue (IORING_SETUP_CQSIZE), 0 = twice the former */
	bool sqe128, cqe32;	/* entries of twice the size, IORING_SETUP_SQE128 and CQE32 */
	__u32 buffers;		/* of each ring, registered in one call */
	__u64 buffer_bytes;	/* of each buffer; it begins a page, in huge pages the first of them one */
	bool huge;		/* side by side in huge pages */
};

struct plan_need {
	__u64 ring_bytes;	/* the memory of one ring itself */
	bool ring_charged;	/* to the user */
	__u64 buffers_bytes;	/* charged for the buffers of one ring */
	__u64 total_bytes;	/* charged for all */
};

/* NULL, or a sentence why this kernel refuses it. */
const char *plan_compute(const struct plan *p, struct plan_need *need);

#endif
