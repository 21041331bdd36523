/* SPDX-License-Identifier: GPL-2.0 */
/* The memory that a ring itself lies in, where the program has given it. */
#ifndef FIXBUF_BPF_KERNEL_REGION_H
#define FIXBUF_BPF_KERNEL_REGION_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/ring_memory.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/*
 * From dfbbfbf19187 ("io_uring: introduce concept of memory regions"), 6.13; .nr_pages is a size_t
 * there, and all its memory is the program's.
 */
struct io_mapped_region {
	unsigned int nr_pages;
};

/* From 16375af32d05 ("io_uring/memmap: flag regions with user pages"), 6.14. */
struct io_mapped_region___flags {
	unsigned int flags;
};

#define IO_REGION_F_USER_PROVIDED	2	/* as in 6.14 to 7.3 */

/* From 93238e661855 ("io_uring: add memory region registration"), 6.13. */
struct io_ring_ctx___param_region {
	struct io_mapped_region param_region;
};

/*
 * From 8078486e1d53 ("io_uring: use region api for SQ") and 81a4058e0cd0 ("io_uring: use region api for
 * CQ"), 6.14.
 */
struct io_ring_ctx___ring_regions {
	struct io_mapped_region sq_region, ring_region;
};

/*
 * From 03d89a2de25b ("io_uring: support for user allocated memory for rings/sqes"), 6.5, to 6.13; from
 * 6.10 on they count the kernel's own pages, too.
 */
struct io_ring_ctx___ring_pages {
	unsigned short n_ring_pages, n_sqe_pages;
};

#pragma clang attribute pop

#define SETUP_NO_MMAP	(1U << 14)

static __always_inline void read_region(__u64 region, struct ring_memory *out)
{
	struct io_mapped_region___flags *f = (void *)region;

	out->pages = BPF_CORE_READ((struct io_mapped_region *)region, nr_pages);
	out->pinned = !bpf_core_field_exists(f->flags) ||
		      BPF_CORE_READ(f, flags) & IO_REGION_F_USER_PROVIDED;
}

/* The first three of enum ring_memory_what, into as many. What the kernel has allocated is left out. */
static __always_inline void read_own_regions(__u64 ring, struct ring_memory *out)
{
	bool users = BPF_CORE_READ((struct io_ring_ctx *)ring, flags) & SETUP_NO_MMAP;

	for (__u32 i = 0; i <= RING_MEMORY_REGION; i++)
		out[i] = (struct ring_memory){ .what = i };
	if (bpf_core_field_exists(struct io_ring_ctx___ring_regions, ring_region)) {
		read_region(ring + bpf_core_field_offset(struct io_ring_ctx___ring_regions, ring_region),
			    &out[RING_MEMORY_QUEUES]);
		read_region(ring + bpf_core_field_offset(struct io_ring_ctx___ring_regions, sq_region),
			    &out[RING_MEMORY_SQES]);
	} else if (users && bpf_core_field_exists(struct io_ring_ctx___ring_pages, n_ring_pages)) {
		struct io_ring_ctx___ring_pages *r = (void *)ring;

		out[RING_MEMORY_QUEUES].pages = BPF_CORE_READ(r, n_ring_pages);
		out[RING_MEMORY_SQES].pages = BPF_CORE_READ(r, n_sqe_pages);
		out[RING_MEMORY_QUEUES].pinned = out[RING_MEMORY_SQES].pinned = 1;
	}
	if (!users)
		out[RING_MEMORY_QUEUES].pages = out[RING_MEMORY_SQES].pages = 0;
	if (bpf_core_field_exists(struct io_ring_ctx___param_region, param_region))
		read_region(ring + bpf_core_field_offset(struct io_ring_ctx___param_region, param_region),
			    &out[RING_MEMORY_REGION]);
}

#endif
