/* SPDX-License-Identifier: GPL-2.0 */
/* The memory that a ring's rings of provided buffers take, which is charged as its own. */
#ifndef FIXBUF_BPF_KERNEL_PROVIDED_H
#define FIXBUF_BPF_KERNEL_PROVIDED_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define XA_NODE_MARK	2UL	/* in the two low bits of what an xarray holds: a node, not an entry */
#define XA_SHIFT	6	/* of a node whose slots are nodes of entries */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_ring_ctx___groups {
	struct xarray io_bl_xa;
};

struct io_mapped_region___pages {
	unsigned int nr_pages;
};

/* From ef62de3c4ad5 ("io_uring/kbuf: use region api for pbuf rings"), 6.14. */
struct io_buffer_list {
	struct io_mapped_region___pages region;
};

#pragma clang attribute pop

/*
 * Of the groups in a node of the lowest level, if that is what an xarray's slot holds. A group of single
 * buffers has no region; where there is none 0 is read: a branch is looked at anew in each round.
 */
__weak __noinline __u32 provided_pages_in(__u64 slot)
{
	struct xa_node *node = (void *)(slot & ~3UL);
	__u32 pages = 0;

	if ((slot & 3) != XA_NODE_MARK || !bpf_core_field_exists(struct io_buffer_list, region))
		return 0;
	/* 16 of them with CONFIG_BASE_SMALL */
	for (__u32 i = 0; i < XA_SLOTS && i * sizeof(__u64) < bpf_core_field_size(node->slots); i++) {
		struct io_buffer_list *group = NULL;

		bpf_core_read(&group, sizeof(group), &node->slots[i]);
		pages += BPF_CORE_READ(group, region.nr_pages);
	}
	return pages;
}

/* In groups up to 4095: who has more of them has one with a number that was chosen to be large. */
__weak __noinline __u32 provided_pages(__u64 ring)
{
	struct io_ring_ctx___groups *r = (void *)ring;
	__u64 head, below;
	__u32 pages = 0;
	__u8 shift;

	if (!bpf_core_field_exists(struct io_ring_ctx___groups, io_bl_xa) ||
	    !bpf_core_field_exists(struct io_buffer_list, region))
		return 0;
	head = (__u64)BPF_CORE_READ(r, io_bl_xa.xa_head);
	if ((head & 3) != XA_NODE_MARK)
		return head ? BPF_CORE_READ((struct io_buffer_list *)head, region.nr_pages) : 0;
	shift = BPF_CORE_READ((struct xa_node *)(head & ~3UL), shift);
	if (!shift)
		return provided_pages_in(head);
	for (__u32 i = 0; shift == XA_SHIFT && i < XA_SLOTS; i++) {
		below = 0;
		bpf_core_read(&below, sizeof(below), &((struct xa_node *)(head & ~3UL))->slots[i]);
		pages += provided_pages_in(below);
	}
	return pages;
}

#endif
