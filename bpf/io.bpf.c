// SPDX-License-Identifier: GPL-2.0
/*
 * I/O of selected rings by process and opcode: counted when it completes, timed
 * from its submission. A cell is one CPU's, so nothing is locked or atomic; what
 * could not be measured is counted in io_losses. User side: capture/io_maps.c.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/request.h"
#include "kernel/ring.h"
#include "abi/io_cell.h"
#include "io_count.h"
#include "io_start.h"
#include "io_enter.h"
#include "io_failure.h"
#include "io_fact.h"
#include "io_notice.h"
#include "io_overflow.h"
#include "io_identity.h"
#include "io_overlap.h"
#include "io_peek.h"
#include "io_calls.h"
#include "io_named.h"

/*
 * Looked up before anything is read of a request: what is not selected is to cost least.
 * .some: not everyone is selected.
 */
static __always_inline int known_of(__u64 ring, bool some)
{
	return some ? ring_decided(ring) : 1;
}

/* .known: of its ring. */
static __always_inline bool req_selected(int known, enum io_access access, __u64 ring,
					 struct io_kiocb *k)
{
	return known >= 0 ? known :
	       decide_ring(ring, io_owner_task(PROBE, io_owner(access, k)));
}

/* Raw tracepoints give numbers; typed ones pointers, which the verifier lets no one hash. */
static __always_inline int on_submit(__u64 req, enum io_access access, bool some)
{
	__u64 ring = io_ring_of(access, req);
	int known = known_of(ring, some);
	struct io_kiocb *k;
	__u8 op, kind;
	__u32 flags;
	__u64 now;

	if (!known)
		return 0;
	k = IO_AS(access, req, struct io_kiocb);
	op = IO_GET(access, k, opcode);
	kind = op_kind[op];
	flags = IO_GET(access, k, flags);
	if (io_by_enter && req_selected(known, access, ring, k))
		note_enter(ring, req);
	if (!(kind || (io_by_overlap && flags & SQE_DRAIN)) || !req_selected(known, access, ring, k))
		return 0;
	if (io_by_overlap)
		flight_begins(ring, req, request_user_data(req), false);
	if (!kind)
		return 0;
	if (flags & REQ_F_CQE_SKIP) {
		/* the end of who had its memory before was not seen */
		if (io_latency)
			take_start(req);
		count_muted(is_fixed(access, req, op));
		return 0;
	}
	if (io_by_address && (op == OP_READV || op == OP_WRITEV))
		note_vector(ring, req);
	if (io_by_stale && is_queued_op(op) && takes_buffers_late())
		note_queued(ring, req, op);
	if (!io_latency)
		return 0;
	now = start_time(access, ring);
	put_start(req, IO_START_TIME(now));
	if (kind & OP_NOTICE)
		put_notice(req, op, now);
	return 0;
}

/*
 * A program for who wants all, and one for who selects: that one leaves what is not selected, which
 * it is run for, too, before it makes room for what the rest needs.
 */
#define SELECTING(tracepoint, name, ring, run)				\
SEC("?raw_tp/" tracepoint)						\
int name(struct bpf_raw_tracepoint_args *ctx)				\
{									\
	const bool some = false;					\
									\
	return run;							\
}									\
									\
static __noinline int name##_rest(struct bpf_raw_tracepoint_args *ctx)	\
{									\
	const bool some = true;						\
									\
	return run;							\
}									\
									\
SEC("?raw_tp/" tracepoint)						\
int name##_some(struct bpf_raw_tracepoint_args *ctx)			\
{									\
	return passed_over(ring) ? 0 : name##_rest(ctx);		\
}

/* from 6.4 (2ad57931db64) */
SELECTING("io_uring_submit_req", io_submit_req, io_ring_of(EITHER, ctx->args[0]),
	  on_submit(ctx->args[0], EITHER, some))
/* with io_*_cqe() below */
SELECTING("io_uring_submit_req", io_submit_cast, io_ring_of(CAST, ctx->args[0]),
	  on_submit(ctx->args[0], CAST, some))
/* 6.0 to 6.3 */
SELECTING("io_uring_submit_sqe", io_submit_sqe, io_ring_of(EITHER, ctx->args[0]),
	  on_submit(ctx->args[0], EITHER, some))

/* (sqe, request, error): refused at submission, it completes without having been submitted. */
SEC("?raw_tp/io_uring_req_failed")
int io_req_failed(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 req = ctx->args[1], ring = io_ring_of(EITHER, req);

	if (!req_selected(known_of(ring, select_by), EITHER, ring, IO_AS(EITHER, req, struct io_kiocb)))
		return 0;
	if (io_by_enter)
		note_enter(ring, req);
	if (io_latency && op_kind[IO_READ(EITHER, req, struct io_kiocb, opcode)])
		put_start(req, IO_START_REFUSED);
	return note_refused(ring, req, ctx->args[0], ctx->args[2]);
}

/* It ends without a completion: its start is not left to who has its memory next. */
static __noinline int link_muted(__u64 link, bool fixed)
{
	if (io_latency && IO_START_IS_IO(take_start(link)))
		count_muted(fixed);
	return 0;
}

/* (request, its link): the link is cancelled, since the request failed or was short. */
SEC("?raw_tp/io_uring_fail_link")
int io_fail_link(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 link = ctx->args[1];
	__u8 op = IO_READ(PROBE, link, struct io_kiocb, opcode);

	/* the end of others is not looked at, and would leave its mark to who comes after */
	if (!op_kind[op] || ((plain_is_left_out() || op == OP_NOP) && !is_fixed(PROBE, link, op)))
		return 0;
	if (!known_of((__u64)IO_READ(PROBE, link, struct io_kiocb, ctx), select_by))
		return 0;
	if (IO_READ(PROBE, ctx->args[0], struct io_kiocb, flags) & io_mutes_links)
		return link_muted(link, is_fixed(PROBE, link, op));
	mark_link(ctx->args[0], link);
	return 0;
}

/* 0 when there is none. */
static __always_inline __u64 start_of(__u64 req, enum io_access access)
{
	__u64 t = take_start(req);

	if (IO_START_IS_IO(t))
		return IO_START_TIME(t);
	if (t == IO_START_REFUSED)
		COUNT_LOSS(refused);
	else if (!(IO_READ(access, req, struct io_kiocb, flags) & REQ_F_CQE_SKIP))
		COUNT_LOSS(no_start);
	return 0;
}

/* How the tracepoint tells an end. */
enum io_form {
	CQE,	/* from 6.13: (ring, request, cqe) */
	RES,	/* 5.18 to 6.12: (ring, request, user_data, res, cflags, ...) */
	FULL,	/* the ring was: (ring, user_data, res, cflags, ...) */
};

#define CQE_OF(member) IO_READ(CAST, ctx->args[2], struct io_uring_cqe, member)

static __always_inline __s32 end_res(struct bpf_raw_tracepoint_args *ctx, struct io_kiocb *k,
				     enum io_form form)
{
	return form == CQE ? IO_GET(CAST, (struct io_kiocb___cqe *)k, cqe.res) :
	       form == RES ? (__s32)ctx->args[3] : (__s32)ctx->args[2];
}

static __always_inline __u32 end_flags(struct bpf_raw_tracepoint_args *ctx, struct io_kiocb *k,
				       enum io_form form)
{
	return form == CQE ? IO_GET(CAST, (struct io_kiocb___cqe *)k, cqe.flags) :
	       form == RES ? (__u32)ctx->args[4] : (__u32)ctx->args[3];
}

static __always_inline int complete(__u64 ring, __u64 req, struct bpf_raw_tracepoint_args *ctx,
				    enum io_form form, enum io_mode mode, bool some)
{
	const enum io_access access = form == CQE ? CAST : EITHER;
	bool times = mode == TIME || (mode == DETAIL && io_latency), fixed;
	struct io_what w = { .ring = ring, .req = req };
	int known = known_of(ring, some);
	struct io_kiocb *k;
	struct io_cell *c;
	__u8 op, kind;
	__s32 res;

	if (!known)
		return 0;
	if (!w.req)
		return on_nameless(ring, form == CQE ? CQE_OF(flags) : (__u32)ctx->args[4], known);
	k = IO_AS(access, w.req, struct io_kiocb);
	op = IO_GET(access, k, opcode);
	kind = op_kind[op];
	if (!kind)
		return 0;
	if (!req_selected(known, access, w.ring, k))
		return 0;
	/* a notification of SEND_ZC bears this opcode and is no request's end */
	if (op == OP_NOP && end_flags(ctx, k, form) & CQE_F_NOTIF) {
		if (io_by_overlap && form != FULL)
			flight_ended(ring, req, 0);
		return on_notice(ring, req, end_res(ctx, k, form), mode != COUNT && io_latency);
	}
	if (times)
		w.t_ns = start_of(w.req, access);
	fixed = kind & OP_FLAG ? io_flag_says_fixed(access, w.req, op) : kind & OP_FIXED;
	res = end_res(ctx, k, form);
	if (io_by_overlap && form != FULL && kind & OP_NOTICE && end_flags(ctx, k, form) & CQE_F_MORE)
		flight_goes_on(ring, req);
	else if (io_by_overlap && form != FULL)
		flight_ended(ring, req, res);
	/* what transferred nothing gives its place back here, the others where their buffer is looked at */
	if (io_by_stale && res < 0 && is_queued_op(op) && takes_buffers_late())
		queued_ended(ring, req, 0, 0);
	if (kind & OP_FLAG && res < 0 && !fixed)
		fixed = was_refused_fixed(w.ring, w.req);
	if (op == OP_NOP && !fixed)
		return 0;
	w.who = IO_WHAT(op, fixed);
	c = owned_cell(w.ring, access, k, w.who);
	count_end(c, &w, k, kind, res, mode, access);
	/* the cell knows the process; .who may not */
	if (res < 0 && c)
		note_failure(w.ring, w.req, c->who, res);
	return 0;
}

static __always_inline int on_complete(struct bpf_raw_tracepoint_args *ctx, enum io_form form,
				       enum io_mode mode, bool some)
{
	return complete(ctx->args[0], ctx->args[1], ctx, form, mode, some);
}

SELECTING("io_uring_complete", io_count_cqe, ctx->args[0], on_complete(ctx, CQE, COUNT, some))
SELECTING("io_uring_complete", io_time_cqe, ctx->args[0], on_complete(ctx, CQE, TIME, some))
SELECTING("io_uring_complete", io_detail_cqe, ctx->args[0], on_complete(ctx, CQE, DETAIL, some))
SELECTING("io_uring_complete", io_count_res, ctx->args[0], on_complete(ctx, RES, COUNT, some))
SELECTING("io_uring_complete", io_time_res, ctx->args[0], on_complete(ctx, RES, TIME, some))
SELECTING("io_uring_complete", io_detail_res, ctx->args[0], on_complete(ctx, RES, DETAIL, some))

/* ---- what else happens to a request ---------------------------------------------- */

static __always_inline int on_punt(__u64 ring, __u64 req)
{
	__u8 op = IO_READ(PROBE, req, struct io_kiocb, opcode), kind = op_kind[op];
	bool fixed = kind & OP_FIXED;
	__u64 task, who;

	if (!(kind & (OP_FIXED | OP_PLAIN))) {
		if (!(kind & OP_FLAG) || op == OP_NOP)
			return 0;
		fixed = io_flag_says_fixed(PROBE, req, op);
	}
	task = io_task(PROBE, req);
	who = IO_WHO(io_tgid(PROBE, task), op, fixed);
	return count_punt(ring, task, who) ? note_punt(ring, req, who) : 0;
}

SEC("?raw_tp/io_uring_queue_async_work")
int io_punt(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 req = ctx->args[0];

	if (io_by_overlap)
		flight_punted((__u64)IO_READ(PROBE, req, struct io_kiocb, ctx), req);
	/* a request may be handed over more than once */
	if (mark_punted(req) || request_was_punted(req))
		return 0;
	return on_punt((__u64)IO_READ(PROBE, req, struct io_kiocb, ctx), req);
}

/* to 5.17: (ring, rw, req, work, flags) */
SEC("?raw_tp/io_uring_queue_async_work")
int io_punt_ud(struct bpf_raw_tracepoint_args *ctx)
{
	if (io_by_overlap)
		flight_punted(ctx->args[0], IO_READ(PROBE, ctx->args[2], struct io_kiocb___name, user_data));
	if (mark_punted_ud(ctx->args[0], ctx->args[2]))
		return 0;
	return on_punt(ctx->args[0], ctx->args[2]);
}

/*
 * Of a completion that found the ring full: not in complete(), as the stack of both is more than there is.
 * How the call went on is not asked: nothing is under way for sure where completions overflow.
 */
static __noinline int flight_overflowed(__u64 ring, __u64 req, __u8 op, __u32 flags)
{
	if (op_kind[op] & OP_NOTICE && flags & CQE_F_MORE)
		return flight_goes_on(ring, req);
	return end_flight(ring, req);
}

/* Each with a frame of its own, for the same reason. */
static __noinline int overflow_told(struct bpf_raw_tracepoint_args *ctx, __u64 req)
{
	return on_fact_end(ctx->args[0], req, ctx->args[2], ctx->args[3], EITHER);
}

static __noinline int overflow_counted(struct bpf_raw_tracepoint_args *ctx, __u64 req)
{
	return complete(ctx->args[0], req, ctx, FULL, DETAIL, select_by);
}

static __noinline int overflow_noted(__u64 ring, __u64 req, __u8 op)
{
	bool fixed = is_fixed(EITHER, req, op);

	COUNT_LOSS(late);
	if (fixed || !plain_is_left_out())
		note_late(ring, IO_WHO(io_tgid(PROBE, io_task(PROBE, req)), op, fixed));
	return 0;
}

/* It is not known which one it was of. */
static __noinline int overflow_nameless(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ring = ctx->args[0];
	__u32 flags = ctx->args[3];

	/* a notification is no request's end */
	if (flags & CQE_F_MORE)
		return plain_is_left_out() ? 0 : on_nameless(ring, flags, 1);
	if (!(flags & CQE_F_NOTIF))
		count_unknown(ring, ctx->args[2]);
	return 0;
}

/* (ring, user_data, res, cflags, ...): a completion that is not traced as one (6.1 and later). */
SEC("?raw_tp/io_uring_cqe_overflow")
int io_overflow(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ring = ctx->args[0], req;
	__u32 flags = ctx->args[3];
	__u8 op;

	if (!ring_selected(ring, bpf_get_current_task()))
		return 0;
	req = overflowed_request(ring, ctx->args[1], ctx->args[2]);
	if (!req)
		return overflow_nameless(ctx);
	op = IO_READ(EITHER, req, struct io_kiocb, opcode);
	/* a zero-copy send has ended: what goes on is its notification */
	if (flags & CQE_F_MORE && !(op_kind[op] & OP_NOTICE))
		return 0;
	if (io_by_overlap && op_kind[op])
		flight_overflowed(ring, req, op, flags);
	if (op_kind[op] && op != OP_NOP)
		overflow_noted(ring, req, op);
	if (io_sample && (plain_is_left_out() || is_told(EITHER, ring, req, ctx->args[2])))
		return overflow_told(ctx, req);
	return overflow_counted(ctx, req);
}

SEC("?raw_tp/io_uring_register")
int io_calls(struct bpf_raw_tracepoint_args *ctx)
{
	return on_call(ctx, false);
}

/* The other one where it is asked for what registering costs. */
SEC("?raw_tp/io_uring_register")
int io_calls_cost(struct bpf_raw_tracepoint_args *ctx)
{
	return on_call(ctx, true);
}

/* ---- trace --io, record --io: the same points, told as facts ------------------------------------- */

SEC("?raw_tp/io_uring_submit_req")
int io_fact_submit_req(struct bpf_raw_tracepoint_args *ctx)
{
	return on_fact_start(ctx->args[0], EITHER);
}

SEC("?raw_tp/io_uring_submit_sqe")
int io_fact_submit_sqe(struct bpf_raw_tracepoint_args *ctx)
{
	return on_fact_start(ctx->args[0], EITHER);
}

SEC("?raw_tp/io_uring_req_failed")
int io_fact_failed(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 req = ctx->args[1];

	return on_fact_refused(io_ring_of(EITHER, req), req, ctx->args[0], ctx->args[2]);
}

SEC("?raw_tp/io_uring_queue_async_work")
int io_fact_punt(struct bpf_raw_tracepoint_args *ctx)
{
	mark_punted(ctx->args[0]);
	return 0;
}

SEC("?raw_tp/io_uring_queue_async_work")
int io_fact_punt_ud(struct bpf_raw_tracepoint_args *ctx)
{
	mark_punted_ud(ctx->args[0], ctx->args[2]);
	return 0;
}

/* Each way has a frame of its own: what both would take together is more than there is. */
#define TELLING(name, access, form, res, flags)						\
static __noinline int name##_told(struct bpf_raw_tracepoint_args *ctx)			\
{											\
	return on_fact_end(ctx->args[0], ctx->args[1], res, flags, access);		\
}											\
											\
static __noinline int name##_counted(struct bpf_raw_tracepoint_args *ctx)		\
{											\
	return on_complete(ctx, form, DETAIL, select_by);				\
}											\
											\
SEC("?raw_tp/io_uring_complete")							\
int name(struct bpf_raw_tracepoint_args *ctx)						\
{											\
	return plain_is_left_out() || is_told(access, ctx->args[0], ctx->args[1], res) ?	\
	       name##_told(ctx) : name##_counted(ctx);					\
}

TELLING(io_fact_cqe, CAST, CQE, CQE_OF(res), CQE_OF(flags))
TELLING(io_fact_res, EITHER, RES, ctx->args[3], ctx->args[4])

static __noinline int fact_end_ud(struct io_ud_start *s, __s32 res)
{
	return on_fact_end_ud(s, res);
}

SEC("?raw_tp/io_uring_complete")
int io_fact_ud(struct bpf_raw_tracepoint_args *ctx)
{
	struct io_ud_start *s;

	if (ctx->args[3] & CQE_F_MORE ||
	    !ring_selected(ctx->args[0], bpf_get_current_task()))
		return 0;
	s = ud_ended(ctx->args[0], ctx->args[1]);
	if (!s)
		return 0;
	return plain_is_left_out() || IO_WHO_FIXED(s->who) ? fact_end_ud(s, ctx->args[2]) :
	       end_ud(s, ctx->args[2]);
}
