/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A completion that finds its ring full is traced without its request (6.1 and
 * later). The kernel is going through the list of completions of that flush then,
 * so the request is in it: the one after that which was seen last, or another of
 * that user_data and result.
 */
#ifndef FIXBUF_BPF_IO_OVERFLOW_H
#define FIXBUF_BPF_IO_OVERFLOW_H

#include "kernel/io_failed.h"
#include "io_count.h"
#include "io_failure.h"

#define IO_FLUSH_MAX	64	/* completions of a flush that are looked at */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_wq_work_list {
	struct io_wq_work_node *first;
};

struct io_submit_state {
	struct io_wq_work_list compl_reqs;
};

struct io_ring_ctx___submit {
	struct io_submit_state submit_state;
};

#pragma clang attribute pop

/* Global, as slot_holds() is. */
__noinline int is_end_of(__u64 req, __u64 ring, __u64 user_data, __s32 res)
{
	struct io_kiocb___cqe *k = (void *)req;

	return (__u64)BPF_CORE_READ((struct io_kiocb *)req, ctx) == ring &&
	       BPF_CORE_READ(k, cqe.user_data) == user_data && BPF_CORE_READ(k, cqe.res) == res;
}

static __always_inline __u64 next_in_flush(__u64 req)
{
	return (__u64)BPF_CORE_READ((struct io_kiocb___list *)req, comp_list.next);
}

/* 0 when it is not known. */
static __noinline __u64 overflowed_request(__u64 ring, __u64 user_data, __s32 res)
{
	struct io_ring_ctx___submit *ctx = (void *)ring;
	struct io_cpu *cpu = this_cpu();
	__u64 node, at, req;

	if (!cpu || !bpf_core_field_exists(((struct io_kiocb___list *)0)->comp_list) ||
	    !bpf_core_field_exists(ctx->submit_state.compl_reqs) ||
	    !bpf_core_field_exists(((struct io_kiocb___cqe *)0)->cqe))
		return 0;
	at = bpf_core_field_offset(struct io_kiocb___list, comp_list);
	if (cpu->last_req) {
		node = next_in_flush(cpu->last_req);
		req = node - at;
		if (node && is_end_of(req, ring, user_data, res)) {
			cpu->last_req = req;
			return req;
		}
	}
	node = (__u64)BPF_CORE_READ(ctx, submit_state.compl_reqs.first);
	for (int i = 0; i < IO_FLUSH_MAX && node; i++) {
		req = node - at;
		if (is_end_of(req, ring, user_data, res)) {
			cpu->last_req = req;
			return req;
		}
		node = next_in_flush(req);
	}
	return 0;
}

/*
 * A multishot request names itself only when it ends: its completions before are posted beside it,
 * with user_data alone, which others may bear, too. .known: as of req_selected().
 */
static __always_inline int on_nameless(__u64 ring, __u32 flags, int known)
{
	if (flags & CQE_F_MORE && (known > 0 || decide_ring(ring, bpf_get_current_task())))
		COUNT_LOSS(multishot);
	return 0;
}

/* Of a ring that is selected; what it was is not known. */
static __always_inline void count_unknown(__u64 ring, __s32 res)
{
	__u64 task = ring_owner(ring), who;
	struct io_cell *c;

	COUNT_LOSS(overflowed);
	if (!task)
		task = bpf_get_current_task();
	who = IO_WHO(io_tgid(PROBE, task), IO_OP_UNKNOWN, false);
	note_late(ring, who);
	c = find_cell(ring, who, task);
	if (!c)
		return;
	c->ops++;
	if (res < 0)
		c->errors++;
}

#endif
