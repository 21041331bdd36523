// SPDX-License-Identifier: GPL-2.0
/*
 * The rings that a task made or submitted to: the kernel keeps them in an xarray, by the ring's
 * address, for as long as both live. User space descends in it, from capture/submitters.c: two
 * programs that are never attached answer for the nodes and the entries that it asks for.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/ending.h"
#include "kernel/ring.h"

/* What both are asked: addresses of nodes, or of entries. */
__u64 in_nodes[PEEK_NODES];

struct xa_slots out_nodes[PEEK_NODES];
__u64 out_submitted[PEEK_NODES];	/* the entries' rings, 0 = none that lives on */
__u32 out_waits_for[PEEK_NODES];	/* requests, of rings that are closed; 0 = it is not closed */
__s32 out_tids[PEEK_NODES];	/* of the tasks that the entries are of */
__u32 out_whose[PEEK_NODES];	/* ring_whose() of the rings */

__noinline int answer_node(__u32 i)
{
	struct xa_slots *out;
	struct xa_node *node;
	__u32 size;

	if (i >= PEEK_NODES)
		return 0;
	node = (void *)in_nodes[i];
	size = bpf_core_field_size(node->slots);
	out = &out_nodes[i];
	__builtin_memset(out->slot, 0, sizeof(out->slot));
	out->shift = BPF_CORE_READ(node, shift);
	bpf_core_read(out->slot, size > sizeof(out->slot) ? sizeof(out->slot) : size, &node->slots);
	return 0;
}

/* Takes a count, and as many nodes in in_nodes; answers in out_nodes. */
SEC("?raw_tp")
int peek_nodes(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 n = ctx->args[0];

	for (__u32 i = 0; i < PEEK_NODES && i < n; i++)
		answer_node(i);
	return 0;
}

__noinline int answer_submitted(__u32 i)
{
	struct io_tctx_node *node;
	bool dying;
	__u64 ring;

	if (i >= PEEK_NODES)
		return 0;
	node = (void *)in_nodes[i];
	ring = (__u64)BPF_CORE_READ(node, ctx);
	out_tids[i] = BPF_CORE_READ(node, task, pid);
	out_whose[i] = ring_whose(ring);
	dying = ring_is_dying(ring);
	out_waits_for[i] = dying ? dying_ring_waits_for(ring) : 0;
	out_submitted[i] = dying && !out_waits_for[i] ? 0 : ring;
	return 0;
}

/* Takes a count, and as many entries in in_nodes; answers in out_submitted and those below it. */
SEC("?raw_tp")
int peek_submitted(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 n = ctx->args[0];

	for (__u32 i = 0; i < PEEK_NODES && i < n; i++)
		answer_submitted(i);
	return 0;
}
