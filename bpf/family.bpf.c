// SPDX-License-Identifier: GPL-2.0
/* Keeps the set of selected processes, where they are selected by their ids. */
#include "family.h"
#include "twice.h"

static __always_inline int on_process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];

	forget_ended(task, BPF_CORE_READ(task, tgid));
	return 0;
}

/* (parent, child): of tasks, and most are threads. */
static __always_inline int on_process_fork(struct bpf_raw_tracepoint_args *ctx)
{
	follow_child(BPF_CORE_READ((struct task_struct *)ctx->args[0], tgid), (void *)ctx->args[1]);
	return 0;
}

__u64 adopted;		/* processes that were started before */

SEC("?iter/task")
int family_adopt(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task && follow_child(BPF_CORE_READ(task, real_parent, tgid), task))
		adopted++;
	return 0;
}

TWICE("sched_process_exit", family_exit, on_process_exit)
TWICE("sched_process_fork", family_fork, on_process_fork)
