/* SPDX-License-Identifier: GPL-2.0 */
/* Calls by which a program takes pages away from its own addresses. */
#ifndef FIXBUF_ABI_UNMAP_H
#define FIXBUF_ABI_UNMAP_H

#include "fact.h"

enum unmap_how { UNMAP_MUNMAP, UNMAP_MREMAP, UNMAP_MMAP, UNMAP_MADVISE, NR_UNMAPS };

struct unmap_call {
	struct fact_call call;	/* who: the head, .mm, .ns_pid and .stacks; the rest is 0 */
	__u64 addr, len_bytes;	/* as given */
	__u32 how;		/* enum unmap_how */
	__u32 advice;		/* UNMAP_MADVISE: which */
};

#endif
