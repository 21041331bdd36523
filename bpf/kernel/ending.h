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
#define FREE_ROUND	32

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

__u64 unused_at __weak;		/* in the list; 0 = at its end */
__u32 nr_unused __weak;

/* No branch of the loop below, which the verifier would look at as often: it looks at this once. */
__weak __noinline int count_unused(void)
{
	if (unused_at) {
		nr_unused++;
		unused_at = (__u64)BPF_CORE_READ((struct io_wq_work_node *)unused_at, next);
	}
	return 0;
}

/* The loop in two: rounds of one that the verifier has looked at are quick to look at. */
__weak __noinline int count_some_unused(void)
{
	for (int i = 0; i < FREE_ROUND; i++)
		count_unused();
	return 0;
}

/*
 * Requests that a ring keeps allocated without a use, each of which has a reference to it: from
 * 5.16 on, where they are a list of single links. -1 = too many to count.
 */
static __always_inline int unused_requests(__u64 ring)
{
	struct io_ring_ctx___submit_state *ctx = (void *)ring;
	struct io_ring_ctx___locked_free *locked = (void *)ring;

	if (!bpf_core_field_exists(ctx->submit_state) ||
	    bpf_core_field_size(ctx->submit_state.free_list) != sizeof(void *))
		return 0;
	nr_unused = 0;
	if (bpf_core_field_exists(locked->locked_free_nr))
		nr_unused = BPF_CORE_READ(locked, locked_free_nr);
	unused_at = (__u64)BPF_CORE_READ(ctx, submit_state.free_list.next);
	for (int i = 0; i < MAX_FREE / FREE_ROUND; i++)
		count_some_unused();
	return unused_at ? -1 : (int)nr_unused;
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
