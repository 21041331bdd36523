/* SPDX-License-Identifier: GPL-2.0 */
/* What a ring has of memory besides its registered buffers. */
#ifndef FIXBUF_BPF_ABI_RING_MEMORY_H
#define FIXBUF_BPF_ABI_RING_MEMORY_H

#include <linux/types.h>

enum ring_memory_what {
	RING_MEMORY_QUEUES	= 0,	/* what both queues lie in, but for the SQEs */
	RING_MEMORY_SQES	= 1,
	RING_MEMORY_REGION	= 2,	/* IORING_REGISTER_MEM_REGION */
	RING_MEMORY_PROVIDED	= 3,	/* a ring of provided buffers */
};

struct ring_memory {
	__u32 pages;		/* 0 = there is none */
	__u16 group;		/* RING_MEMORY_PROVIDED: its number */
	__u8 what;		/* enum ring_memory_what */
	__u8 pinned;		/* pages of a program, which are pinned; else the kernel's own */
};

#define PEEK_GROUPS	64	/* in a node of an xarray, and in the array that came before it */

#endif
