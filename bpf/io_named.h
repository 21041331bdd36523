/* SPDX-License-Identifier: GPL-2.0 */
/* Before 5.18 an end does not tell its request: requests are told apart by their ring and user_data. */
#ifndef FIXBUF_BPF_IO_NAMED_H
#define FIXBUF_BPF_IO_NAMED_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "kernel/request.h"
#include "io_count.h"
#include "io_failure.h"
#include "io_overlap.h"
#include "io_start.h"

/* to 5.17: (ring, req, opcode, user_data, flags, ...) */
SEC("?raw_tp/io_uring_submit_sqe")
int io_submit_ud(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ring = ctx->args[0], user_data = ctx->args[3], who;
	struct io_ud_start *s = ud_start(ring, user_data);
	__u8 op = ctx->args[2];

	if (!s || !ring_selected(ring, bpf_get_current_task()))
		return 0;
	/* their ends are not traced */
	if (BPF_CORE_READ((struct io_ring_ctx *)ring, flags) & SETUP_IOPOLL) {
		COUNT_LOSS(unpolled);
		if (io_by_overlap && op_kind[op] & OP_FIXED)
			flight_unseen();
		return 0;
	}
	if (io_by_overlap)
		flight_begins(ring, ctx->args[1], user_data, true);
	if (!s->pending || s->check != ud_check(s)) {
		fill_ud_start(s, ring, ctx->args[1], op, user_data);
		return 0;
	}
	if (s->ring != ring || s->user_data != user_data) {
		COUNT_LOSS(evicted);
		fill_ud_start(s, ring, ctx->args[1], op, user_data);
		return 0;
	}
	who = s->who;
	if (IO_WHO_OP(who) != op)
		s->who = IO_WHO(IO_WHO_TGID(who), IO_OP_UNKNOWN, false);
	s->t_ns = 0;
	s->check = ud_check(s);
	__sync_fetch_and_add(&s->pending, 1);
	return 0;
}

static __noinline int end_ud(struct io_ud_start *s, __s32 res)
{
	struct io_what w = started_as(s);
	__u8 op;

	if (!io_latency)
		w.t_ns = 0;
	if (!s->t_ns)
		COUNT_LOSS(ambiguous);
	__sync_fetch_and_add(&s->pending, -1U);
	op = IO_WHO_OP(w.who);
	/* all are kept, so that an end without a start means something */
	if (op != IO_OP_UNKNOWN && !(op_kind[op] & ~OP_FLAG))
		return 0;
	count_end(find_cell(w.ring, w.who, w.task), &w, NULL, op_kind[op], res, DETAIL, PROBE);
	return res < 0 ? note_failure_ud(s, res) : 0;
}

/* to 5.17: (ring, user_data, res, cflags) */
SEC("?raw_tp/io_uring_complete")
int io_complete_ud(struct bpf_raw_tracepoint_args *ctx)
{
	struct io_ud_start *s;

	/* a multishot poll goes on */
	if (ctx->args[3] & CQE_F_MORE || !ring_selected(ctx->args[0], bpf_get_current_task()))
		return 0;
	if (io_by_overlap)
		flight_ended(ctx->args[0], ctx->args[1], ctx->args[2]);
	s = ud_ended(ctx->args[0], ctx->args[1]);
	return s ? end_ud(s, ctx->args[2]) : 0;
}

#endif
