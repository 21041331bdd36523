/* SPDX-License-Identifier: GPL-2.0 */
/* What ends and waits for its requests: a process, or a ring that nobody can use any more. */
#ifndef FIXBUF_BPF_KERNEL_ENDING_H
#define FIXBUF_BPF_KERNEL_ENDING_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/ring.h"

#define SIGNAL_GROUP_EXIT	0x04	/* include/linux/sched/signal.h */

/* enum ending of the task's process. */
static __always_inline __u32 task_ending(struct task_struct *task)
{
	if (!(BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT))
		return ENDING_NOT;
	return BPF_CORE_READ(task, signal, group_exit_code) & 0x7f ? ENDING_KILLED : ENDING_EXITS;
}

#define MAX_FREE	512

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_wq_work_node {
	struct io_wq_work_node *next;
};

struct io_submit_state {
	struct io_wq_work_node free_list;
};

struct io_ring_ctx___submit_state {
	struct io_submit_state submit_state;
};

/* Where that exists: those that other tasks gave back are in a list of their own. */
struct io_ring_ctx___locked_free {
	unsigned int locked_free_nr;
};

#pragma clang attribute pop

/*
 * Requests that a ring keeps allocated without a use, each of which has a reference to it: from
 * 5.16 on, where they are a list of single links. -1 = too many to count.
 */
__weak __noinline int unused_requests(__u64 ring)
{
	struct io_ring_ctx___submit_state *ctx = (void *)ring;
	struct io_ring_ctx___locked_free *locked = (void *)ring;
	struct io_wq_work_node *node;
	int nr = 0;

	if (!bpf_core_field_exists(ctx->submit_state) ||
	    bpf_core_field_size(ctx->submit_state.free_list) != sizeof(void *))
		return 0;
	if (bpf_core_field_exists(locked->locked_free_nr))
		nr = BPF_CORE_READ(locked, locked_free_nr);
	node = BPF_CORE_READ(ctx, submit_state.free_list.next);
	for (int i = 0; i < MAX_FREE; i++) {
		if (!node)
			return nr + i;
		node = BPF_CORE_READ(node, next);
	}
	return -1;
}

/*
 * Requests that a dying ring waits for; 0 where it waits for none, or is just being closed: its
 * references are added up a moment later, and until then the sum has a bias. Where the sum is kept
 * is from 2b0d3d3e4fcf ("percpu_ref: reduce memory footprint of percpu_ref in fast path"), 5.10.
 */
static __always_inline __u32 dying_ring_waits_for(__u64 ring)
{
	__s64 left = BPF_CORE_READ((struct io_ring_ctx *)ring, refs.data, count.counter);
	int unused;

	if (left <= 0 || left >= IN_FLIGHT_UNKNOWN)
		return 0;
	unused = unused_requests(ring);
	/* being taken down: it waits for nothing any more */
	if (unused > left)
		return 0;
	return unused < 0 ? IN_FLIGHT_UNKNOWN : left - unused;
}

#endif
