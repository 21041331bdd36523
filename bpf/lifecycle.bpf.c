// SPDX-License-Identifier: GPL-2.0
/* The life of rings, from tracepoints alone: made, closed by the last holder, torn down. */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/pid.h"
#include "kernel/ring.h"
#include "emit.h"

/*
 * Rings are torn down by a work function without a symbol that is always there: it is learnt
 * from the end of a ring of our own.
 */
__u64 learn_ring, exit_func;

/* The arguments are (fd, ctx, sq_entries, cq_entries, flags) in every version. */
SEC("?raw_tp/io_uring_create")
int ring_create(struct bpf_raw_tracepoint_args *ctx)
{
	struct fact_ring *out;

	if ((__u32)(bpf_get_current_pid_tgid() >> 32) == own_tgid) {
		learn_ring = ctx->args[1];
		return 0;
	}
	/* our ring was freed, and its address is another's now, whose end is told */
	if (ctx->args[1] == learn_ring)
		learn_ring = 0;
	out = fact_reserve(sizeof(*out), FACT_RING_CREATE, ctx->args[1], 0);
	if (!out)
		return 0;
	/* the address of a ring that is shown may be this one's now */
	if (!task_wanted())
		out->h.flags = FACT_F_OTHERS;
	read_ring(ctx->args[1], out);
	out->fd = ctx->args[0];
	out->sq_entries = ctx->args[2];
	out->cq_entries = ctx->args[3];
	out->setup_flags = ctx->args[4];
	out->ns_pid = current_ns_tgid();
	fact_submit(out);
	return 0;
}

static __always_inline __u64 ring_of_work(__u64 work)
{
	return work - bpf_core_field_offset(struct io_ring_ctx, exit_work);
}

/*
 * The arguments are (req_cpu, pwq, work). A ring's exit_work is queued when the last reference
 * to its file is gone.
 */
SEC("?raw_tp/workqueue_queue_work")
int ring_close(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 work = ctx->args[2];
	__u64 func = (__u64)BPF_CORE_READ((struct work_struct *)work, func);
	struct fact_ring *out;

	if (func != exit_func) {
		if (!exit_func && learn_ring && ring_of_work(work) == learn_ring)
			exit_func = func;
		return 0;
	}
	/* not by the task: a walk of ours may have the last reference to anybody's ring */
	if (ring_of_work(work) == learn_ring)
		return 0;
	out = fact_reserve(sizeof(*out), FACT_RING_CLOSE, ring_of_work(work), 0);
	if (!out)
		return 0;
	read_ring(ring_of_work(work), out);
	out->fd = -1;
	out->ns_pid = current_ns_tgid();
	fact_submit(out);
	return 0;
}

/*
 * The arguments are (work, func); "workqueue: add worker function to workqueue_execute_end
 * tracepoint" added the latter in 5.6. The ring is freed: only its address may be used.
 */
SEC("?raw_tp/workqueue_execute_end")
int ring_gone(struct bpf_raw_tracepoint_args *ctx)
{
	struct fact *out;

	if (ctx->args[1] != exit_func)
		return 0;
	out = fact_reserve(sizeof(*out), FACT_RING_GONE, ring_of_work(ctx->args[0]), 0);
	if (out)
		fact_submit(out);
	return 0;
}
