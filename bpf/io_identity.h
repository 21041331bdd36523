/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses and numbers that become another task's or ring's: what was known of them ends. */
#ifndef FIXBUF_BPF_IO_IDENTITY_H
#define FIXBUF_BPF_IO_IDENTITY_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "io_cells.h"
#include "twice.h"

static __always_inline int next_epoch(void)
{
	__sync_fetch_and_add(&io_epoch, IO_EPOCH_STEP);
	return 0;
}

/* (fd, ring, ...): in the task whose ring it is. What was known of its address ends here. */
static __always_inline int on_ring_create(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ring = ctx->args[1];
	struct io_ring *before = bpf_map_lookup_elem(&io_rings, &ring);
	/* of one that the map had until now it is not known */
	bool met = before ? before->met : io_dropping;

	forget_ring(ring);
	decide_as(ring, bpf_get_current_task(), ctx->args[0]);
	return met ? next_epoch() : 0;
}

static __always_inline int on_owner_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	__u32 tgid = BPF_CORE_READ(task, tgid);

	if (io_met[tgid & (IO_MET - 1)] && BPF_CORE_READ(task, io_uring))
		next_epoch();
	return 0;
}

/* The old program's struct io_uring_task is gone. */
static __always_inline int on_owner_exec(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 tgid = BPF_CORE_READ((struct task_struct *)ctx->args[0], tgid);

	return io_met[tgid & (IO_MET - 1)] ? next_epoch() : 0;
}

TWICE("io_uring_create", io_ring_create, on_ring_create)
TWICE("sched_process_exit", io_owner_exit, on_owner_exit)
TWICE("sched_process_exec", io_owner_exec, on_owner_exec)

#endif
