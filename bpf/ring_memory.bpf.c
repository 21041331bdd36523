// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that rings have besides registered buffers: two programs that are never attached answer
 * to capture/ring_memory.c.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/ring_memory.h"
#include "kernel/provided.h"
#include "kernel/region.h"

struct ring_memory out_regions[RING_MEMORY_PROVIDED];
struct ring_memory out_groups[PEEK_GROUPS];
__u64 out_more_groups;	/* what the xarray of all groups begins with */

/* The verifier looks at it once. */
__noinline int answer_group(__u64 list, __u32 group, __u32 i)
{
	if (i < PEEK_GROUPS)
		read_provided(list, group, &out_groups[i]);
	return 0;
}

__noinline int answer_group_at(__u64 slot, __u32 group, __u32 i)
{
	__u64 list = 0;

	bpf_probe_read_kernel(&list, sizeof(list), (void *)slot);
	return answer_group(list, group, i);
}

/*
 * Takes a ring; answers in out_regions, and in out_groups of groups that stand in no node of the
 * xarray: those of the array, or the only one, whose number is 0.
 */
SEC("?raw_tp")
int peek_memory(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ring = ctx->args[0], low;

	read_own_regions(ring, out_regions);
	out_more_groups = 0;
	__builtin_memset(out_groups, 0, sizeof(out_groups));
	if (!bpf_core_field_exists(struct io_ring_ctx___groups, io_bl_xa))
		return 0;
	out_more_groups = (__u64)BPF_CORE_READ((struct io_ring_ctx___groups *)ring, io_bl_xa.xa_head);
	if (out_more_groups && !(out_more_groups & 3))
		answer_group(out_more_groups, 0, 0);
	if (!has_low_groups())
		return 0;
	low = (__u64)BPF_CORE_READ((struct io_ring_ctx___low_groups *)ring, io_bl);
	for (__u32 i = 0; low && i < PEEK_GROUPS; i++)
		answer_group(low + i * bpf_core_type_size(struct io_buffer_list), i, i);
	return 0;
}

/* Takes a node of the xarray whose slots are groups, and the number of the first; answers in out_groups. */
SEC("?raw_tp")
int peek_groups(struct bpf_raw_tracepoint_args *ctx)
{
	struct xa_node *node = (void *)ctx->args[0];
	__u64 slots = (__u64)node + bpf_core_field_offset(node->slots);
	__u32 first = ctx->args[1], nr = bpf_core_field_size(node->slots) / sizeof(__u64);

	__builtin_memset(out_groups, 0, sizeof(out_groups));
	for (__u32 i = 0; i < PEEK_GROUPS && i < nr; i++)
		answer_group_at(slots + i * sizeof(__u64), first + i, i);
	return 0;
}
