/* SPDX-License-Identifier: GPL-2.0 */
/* A slot's node: what holds the buffer for the table, and for requests that use it. */
#ifndef FIXBUF_BPF_KERNEL_NODE_H
#define FIXBUF_BPF_KERNEL_NODE_H

#include "kernel/types.h"
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/*
 * From 3597f2786b68 on: an array of pointers to nodes. That each slot has a node of its
 * own, which points to the buffer, comes with 7029acd8a950 ("io_uring/rsrc: get rid of
 * per-ring io_rsrc_node list"), 6.13.
 */
struct io_ring_ctx___nodes {
	struct io_rsrc_data buf_table;
};

#pragma clang attribute pop

#define IORING_RSRC_BUFFER 1	/* io_rsrc_node.type, from 6.13 */

static __always_inline __u64 node_buffer(__u64 node)
{
	return (__u64)BPF_CORE_READ((struct io_rsrc_node *)node, buf);
}

/* Nodes of files are of the same type. */
static __always_inline bool node_is_of_buffer(__u64 node)
{
	return BPF_CORE_READ((struct io_rsrc_node *)node, type) == IORING_RSRC_BUFFER;
}

/*
 * How many hold the node of a slot: the slot, and requests, which keep it over the slot's end. 0
 * before nodes are a buffer's own (7029acd8a950, 6.13), and without one.
 */
static __always_inline __u32 slot_users(__u64 node)
{
	__s32 refs;

	if (!bpf_core_field_exists(struct io_ring_ctx___nodes, buf_table) || !node)
		return 0;
	refs = BPF_CORE_READ((struct io_rsrc_node *)node, refs);
	return refs > 0 ? refs : 0;
}

/* The same of a node that is perhaps free, or another buffer's: then 0. */
static __always_inline __u32 node_users(__u64 node, __u64 buf)
{
	if (!bpf_core_field_exists(struct io_ring_ctx___nodes, buf_table))
		return 0;
	if (!node_is_of_buffer(node) || node_buffer(node) != buf)
		return 0;
	return slot_users(node);
}

#endif
