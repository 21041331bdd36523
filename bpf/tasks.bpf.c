// SPDX-License-Identifier: GPL-2.0
/*
 * Every task: as what holds rings, with those that it registered and where others of its are to be
 * found, or with the rings that it sleeps in a call of. An iterator asks for each, and what it answers
 * is written once: for each load of where that goes the verifier looks through the names of all of the
 * kernel's types, from 6.4 (6fcd486b3a0a "bpf: Refactor RCU enforcement in the verifier.").
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/holder.h"
#include "kernel/mm.h"
#include "kernel/ring.h"
#include "tasks.h"

extern __u64 ring_fops;

__u64 at_task;
struct fact_holder task_holder;		/* the task itself, of no ring */
struct fact_holder out_holders[TASK_HOLDERS];
__u32 nr_holders;
__u32 in_waits;		/* what is asked: the rings that tasks sleep in, instead of those they have */

/* Functions that are not static: the verifier goes through each once, not in each round of a loop. */
__noinline int tell_holder(__u64 ring, __u32 how)
{
	__u32 i = nr_holders++;

	if (i >= TASK_HOLDERS)
		return 0;
	out_holders[i] = task_holder;
	out_holders[i].h.ring = ring;
	out_holders[i].how = how;
	return 0;
}

/* From e7a6c00dc77a ("io_uring: add support for registering ring file descriptors"), 5.18. */
__noinline int tell_registered(__u64 tctx, __u32 index)
{
	struct io_uring_task *t = (void *)tctx;
	struct file *file = NULL;
	__u32 i = nr_holders;

	/* here, not where it is called: the verifier goes through it all the same */
	if (!bpf_core_field_exists(struct io_uring_task, registered_rings))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), &t->registered_rings[index]);
	if (!file || (__u64)BPF_CORE_READ(file, f_op) != ring_fops || i >= TASK_HOLDERS)
		return 0;
	out_holders[i] = task_holder;
	out_holders[i].h.ring = (__u64)BPF_CORE_READ(file, private_data);
	out_holders[i].reg_index = index;
	out_holders[i].whose = ring_whose(out_holders[i].h.ring);
	nr_holders = i + 1;
	return 0;
}

__noinline int find_held(void)
{
	struct task_struct *task = (void *)at_task;
	struct fact_holder *self = &task_holder;
	struct io_uring_task *tctx;
	__u64 rings = 0;

	fill_holder(self, task, 0);
	if (mm_never_pinned(self->mm))
		self->h.flags |= FACT_F_NO_PINS;
	/* as a holder of the ring 0 every process; and a table of a thread's own, or of a process whose
	 * first thread has ended */
	if (self->h.pid == self->h.tid && self->mm)
		tell_holder(0, HOLDER_BY_INDEX);
	else if (self->files && self->files != (__u64)BPF_CORE_READ(task, group_leader, files))
		tell_holder(self->files, HOLDER_TABLE);
	tctx = BPF_CORE_READ(task, io_uring);
	if (!tctx)
		return 0;
	/* what has the number of requests that a task which ends waits for */
	if (self->ending)
		tell_holder((__u64)tctx, HOLDER_ENDING);
	/*
	 * Where the rings are kept that it submitted to, from where submitters.bpf.c reads on; before
	 * 13bf43f5f473 ("io_uring: introduce ctx to tctx back map"), 5.12, there are files.
	 */
	if (bpf_core_type_exists(struct io_tctx_node))
		rings = (__u64)BPF_CORE_READ(tctx, xa.xa_head);
	if (rings)
		tell_holder(rings, HOLDER_XARRAY);
	for (__u32 i = 0; i < IO_RINGFD_REG_MAX; i++)
		tell_registered((__u64)tctx, i);
	return 0;
}

SEC("?iter/task")
int find_tasks(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	__u32 n;

	if (!task)
		return 0;
	at_task = (__u64)task;
	nr_holders = 0;
	if (in_waits)
		find_waited();
	else
		find_held();
	n = nr_holders;
	if (n > TASK_HOLDERS)
		n = TASK_HOLDERS;
	if (n)
		bpf_seq_write(seq, out_holders, n * sizeof(out_holders[0]));
	return 0;
}
