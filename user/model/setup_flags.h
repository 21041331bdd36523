/* SPDX-License-Identifier: GPL-2.0 */
/* The flags of io_uring_setup(), by the kernel's numbers and names. */
#ifndef FIXBUF_MODEL_SETUP_FLAGS_H
#define FIXBUF_MODEL_SETUP_FLAGS_H

#include <linux/types.h>

enum {
	SETUP_IOPOLL = 1U << 0, SETUP_SQPOLL = 1U << 1, SETUP_SQ_AFF = 1U << 2,
	SETUP_CQSIZE = 1U << 3, SETUP_CLAMP = 1U << 4, SETUP_ATTACH_WQ = 1U << 5,
	SETUP_R_DISABLED = 1U << 6,
	SETUP_COOP_TASKRUN = 1U << 8, SETUP_TASKRUN_FLAG = 1U << 9, SETUP_SQE128 = 1U << 10,
	SETUP_CQE32 = 1U << 11, SETUP_SINGLE_ISSUER = 1U << 12, SETUP_DEFER_TASKRUN = 1U << 13,
	SETUP_NO_MMAP = 1U << 14, SETUP_REGISTERED_FD_ONLY = 1U << 15,
	SETUP_NO_SQARRAY = 1U << 16, SETUP_HYBRID_IOPOLL = 1U << 17, SETUP_CQE_MIXED = 1U << 18,
	SETUP_SQE_MIXED = 1U << 19, SETUP_SQ_REWIND = 1U << 20,
};

struct setup_flag {
	__u32 bit;
	const char *name;	/* "IORING_SETUP_..." without the first two words */
	const char *since;	/* the release of Linux that has it; NULL = all that are watched */
	__u32 needs;		/* flags without which it is refused */
};

/* Of one bit; NULL for one that is not known here. */
const struct setup_flag *setup_flag(__u32 bit);

#define SETUP_FLAGS_TEXT	400
/* "SQPOLL, CQSIZE", with a number for those that are not known here. Returns buf. */
const char *setup_flags_text(char buf[SETUP_FLAGS_TEXT], __u32 flags);

#endif
