// SPDX-License-Identifier: GPL-2.0
/*
 * Forks of address spaces that have registered buffers: a copy of such a page, in the parent or in
 * the child, is not what I/O reads and writes. Of other processes it costs one look-up per fork.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "awaited_mms.h"
#include "kernel/register_event.h"
#include "wanted.h"

__u64 forks_seen;

static __always_inline void await_mm(__u64 mm)
{
	const __u8 one = 1;

	bpf_map_update_elem(&awaited_mms, &mm, &one, BPF_ANY);
}

/* User space hears of a call later, and who registers may fork at once. */
SEC("?raw_tp/io_uring_register")
int await_caller(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 mm;

	if (!concerns_buffers(ctx->args[1]) || register_result(ctx) < 0 || !task_wanted())
		return 0;
	mm = (__u64)BPF_CORE_READ(task, mm);
	if (mm)
		await_mm(mm);
	return 0;
}

/* (parent, child) */
SEC("?raw_tp/sched_process_fork")
int note_fork(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 mm = (__u64)BPF_CORE_READ((struct task_struct *)ctx->args[0], mm);
	__u64 child = (__u64)BPF_CORE_READ((struct task_struct *)ctx->args[1], mm);

	/* a thread shares it: nothing is copied */
	if (!mm || mm == child || !bpf_map_lookup_elem(&awaited_mms, &mm))
		return 0;
	__sync_fetch_and_add(&forks_seen, 1);
	/* it has the rings of its parent, and may go on with them alone */
	if (child)
		await_mm(child);
	return 0;
}
